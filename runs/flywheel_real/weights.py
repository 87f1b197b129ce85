"""A GGUF file's weights as a folder in Hugging Face form, which can be trained."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...agents.errors import UserError
from ...agents.models.local import bundled
from ...tools.optional import optional

EXTRA = "arenainstruct[train]"
_DONE = "config.json"
_WIDTHS = (
    *("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"),
    *("num_key_value_heads", "max_position_embeddings", "rms_norm_eps", "rope_theta"),
    *("tie_word_embeddings", "bos_token_id", "eos_token_id", "pad_token_id", "head_dim"),
)


def gguf_file(parts: Sequence[Path], scratch: Path) -> Path:
    """Return one GGUF file: the one given, several joined in their order, or that of `make local`.

    Raises:
        UserError: there is none.
    """
    if not parts:
        try:
            return bundled("smollm2")
        except ValueError as error:
            raise UserError(f"--gguf: {error}") from error
    if absent := next((part for part in parts if not part.is_file()), None):
        raise UserError(f"--gguf: no file {absent}")
    if len(parts) == 1:
        return parts[0]
    whole = scratch / "whole.gguf"
    with whole.open("wb") as out:
        for part in parts:
            with part.open("rb") as piece:
                shutil.copyfileobj(piece, out)
    return whole


def hugging_face_folder(gguf: Path, folder: Path) -> Path:
    """De-quantise a Llama's GGUF file into a folder; one that is whole already is kept.

    Raises:
        ValueError: torch, transformers or gguf is absent.
    """
    if (folder / _DONE).is_file():
        return folder
    torch, transformers = optional("torch", EXTRA), optional("transformers", EXTRA)
    optional("gguf", "gguf")
    where = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    read = transformers.AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
    # What was read as GGUF refuses to be saved: the same weights in a fresh model do not.
    fresh = transformers.LlamaForCausalLM(_config(transformers, read.config))
    fresh.load_state_dict(read.state_dict())
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = folder.with_name(f"{folder.name}.part")
    fresh.save_pretrained(made)
    transformers.AutoTokenizer.from_pretrained(**where).save_pretrained(made)
    made.rename(folder)
    return folder


def _config(transformers: Any, read: Any) -> Any:
    given = {name: value for name in _WIDTHS if (value := getattr(read, name, None)) is not None}
    if (rope := getattr(read, "rope_parameters", None)) is not None:
        given["rope_parameters"] = rope
    return transformers.LlamaConfig(**given)
