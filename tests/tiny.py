"""A tiny causal model with random weights, written to a folder: what trains in seconds on a CPU."""

from pathlib import Path
from typing import Any

import pytest


def tiny(
    where: Path,
    *,
    template: str | None = None,
    seed: int = 3,
    hidden: int = 32,
    kind: str = "llama",
    **fields: Any,
) -> Path:
    """Write the model and a tokenizer of characters; skip where torch is not installed.

    `kind` is the architecture, by its name in transformers; `fields` are of its config.
    """
    why = "the extra `train` is not installed: make test-train"
    torch: Any = pytest.importorskip("torch", reason=why)
    transformers: Any = pytest.importorskip("transformers", reason=why)
    tokenizers: Any = pytest.importorskip("tokenizers", reason=why)
    signs = ["<pad>", "</s>", "<unk>", *map(chr, range(32, 127)), "\n"]
    known = {sign: n for n, sign in enumerate(signs)}
    raw = tokenizers.Tokenizer(tokenizers.models.WordLevel(known, unk_token="<unk>"))
    raw.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex("."), "isolated")
    raw.decoder = tokenizers.decoders.Fuse()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )
    tokenizer.chat_template = template
    torch.manual_seed(seed)
    shape = {
        "hidden_size": hidden, "intermediate_size": 2 * hidden, "num_hidden_layers": 2,
        "num_attention_heads": 2, "num_key_value_heads": 2, "max_position_embeddings": 512,
    }  # fmt: skip
    ends = {"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": None}
    config = transformers.AutoConfig.for_model(
        kind, vocab_size=len(signs), **ends, **shape | fields
    )
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(where)
    tokenizer.save_pretrained(where)
    return where
