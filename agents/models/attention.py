"""How a token attends to what stands before it, on a CPU: plain products, over a cache of one size.

The fused kernel of torch is made for many queries at once, and a cache that grows is copied whole for
every token: together they took most of the time of a long answer.
"""

from typing import Any

from ...tools.optional import optional
from .chat import EXTRA

_NAME = "one_query"


def eased(model: Any) -> bool:
    """Let a model attend this way, where it leaves attention to torch; return whether it does."""
    sdpa = optional("transformers.integrations.sdpa_attention", EXTRA)
    modeling = optional("transformers.modeling_utils", EXTRA)
    masking = optional("transformers.masking_utils", EXTRA)
    takes = model.is_backend_compatible() and model._can_compile_fullgraph
    if not takes or model.config._attn_implementation != "sdpa":
        return False

    def attend(
        module: Any, query: Any, key: Any, value: Any, attention_mask: Any, **more: Any
    ) -> Any:
        """Return rows × 1 × heads × width for one query a row; more of them are left to torch."""
        rows, heads, queries, width = query.shape
        if queries > 1 or attention_mask is None or more.get("position_bias") is not None:
            return sdpa.sdpa_attention_forward(module, query, key, value, attention_mask, **more)
        # Heads of a group read the same keys: they stand where queries would.
        grouped = query.reshape(rows, key.shape[1], -1, width)
        scores = grouped @ key.transpose(2, 3) * (more.get("scaling") or width**-0.5)
        scores = scores.masked_fill(~attention_mask, float("-inf"))
        return (scores.softmax(-1) @ value).reshape(rows, 1, heads, -1), None

    modeling.AttentionInterface.register(_NAME, attend)
    masking.AttentionMaskInterface.register(_NAME, masking.sdpa_mask)
    model.set_attn_implementation(_NAME)
    return True


def cache(model: Any, tokens: int) -> Any:
    """Return a cache for so many tokens a row, of which none is copied when one is added."""
    transformers = optional("transformers", EXTRA)
    return transformers.StaticCache(model.config, max_cache_len=tokens)
