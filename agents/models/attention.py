"""How a token attends to what stands before it, on a CPU: plain products, over a cache of one size.

The fused kernel of torch is made for many queries at once, and a cache that grows is copied whole for
every token: together they took most of the time of a long answer.
"""

from typing import Any

from ...tools.optional import optional
from .chat import EXTRA

_LARGEST = 2 << 30
"""Bytes of a cache of one size, at most; a larger one grows as it is needed."""


def eased(model: Any) -> bool:
    """Let models on a CPU attend this way; return whether this one takes a cache of one size too."""
    sdpa = optional("transformers.integrations.sdpa_attention", EXTRA)
    modeling = optional("transformers.modeling_utils", EXTRA)

    def attend(
        module: Any, query: Any, key: Any, value: Any, attention_mask: Any, **more: Any
    ) -> Any:
        """Return rows × 1 × heads × width for one query a row; all else is left to torch."""
        rows, heads, queries, width = query.shape
        if queries > 1 or key.device.type != "cpu" or not _plain(attention_mask, **more):
            return sdpa.sdpa_attention_forward(module, query, key, value, attention_mask, **more)
        # Heads of a group read the same keys: they stand where queries would.
        grouped = query.reshape(rows, key.shape[1], -1, width)
        scores = grouped @ key.transpose(2, 3) * (more.get("scaling") or width**-0.5)
        scores = scores.masked_fill(~attention_mask, float("-inf"))
        return (scores.softmax(-1) @ value).reshape(rows, 1, heads, -1), None

    # Under its own name, by which models ask whether torch attends for them.
    modeling.AttentionInterface.register("sdpa", attend)
    takes = model.is_backend_compatible() and model._can_compile_fullgraph
    return bool(takes and model.config._attn_implementation == "sdpa")


def _plain(mask: Any, **more: Any) -> bool:
    """Whether a mask only hides, the same for all heads, and nothing else is added to the scores."""
    torch = optional("torch", EXTRA)
    hides = mask is not None and mask.dtype == torch.bool and mask.shape[1] == 1
    return hides and more.get("position_bias") is None


def cache(model: Any, rows: int, tokens: int) -> dict[str, Any]:
    """Return a cache of which nothing is copied when a token is added, as `generate` takes it.

    Of more memory than is sound it returns none: that of `generate` grows.
    """
    transformers = optional("transformers", EXTRA)
    config = model.config.get_text_config(decoder=True)
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    row = 2 * config.num_hidden_layers * heads * width * model.dtype.itemsize
    if rows * tokens * row > _LARGEST:
        return {}
    return {"cache": transformers.StaticCache(config, max_cache_len=tokens)}
