"""A causal language model of transformers in memory, and how it writes.

What a row becomes depends on the row, its seed and the size of a batch, and never on who else is in it:
every pass has as many rows, each padded to the width of its bucket, so the same numbers are added in the
same order. Sampling draws from a generator of the row's own.
"""

import gc
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...tools.optional import optional
from .base_settings import Dtype
from .chat import EXTRA, LOADING, tokenizer_of

_LEAST = 16
"""Narrowest bucket, in tokens."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is written on from: token ids, how freely, and how far."""

    ids: tuple[int, ...]
    temperature: float
    """0 takes the likeliest token each time."""
    seed: int
    max_tokens: int

    @property
    def bucket(self) -> tuple[int, int]:
        """Those of one bucket can be written on together."""
        return width(len(self.ids)), self.max_tokens


@dataclass(frozen=True, slots=True)
class Written:
    """What came of a prompt."""

    text: str
    ids: tuple[int, ...]
    """Its tokens, the one that ends it among them."""
    ended: bool
    """Whether the model ended it by itself."""


def width(tokens: int) -> int:
    """Return the width of the bucket that so many tokens are padded to: a quarter more at most."""
    step = max(_LEAST, 1 << max(0, tokens.bit_length() - 3))
    return -(-tokens // step) * step


def device_of(asked: str) -> str:
    """Return the device that a model runs on: as asked, or the best there is.

    Raises:
        ValueError: torch is absent, or has no such device here.
    """
    torch = optional("torch", EXTRA)
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if asked == "auto":
        return next((name for name, found in there.items() if found), "cpu")
    if not there.get(asked, asked == "cpu"):
        raise ValueError(f"device: torch sees no {asked} on this machine; set device: auto")
    return asked


def dtype_of(device: str, asked: Dtype = "auto") -> Any:
    """Return the numbers to count in: as asked, or those sound on a device, bf16 where CUDA bears it."""
    torch = optional("torch", EXTRA)
    bf16 = device == "cuda" and torch.cuda.is_bf16_supported()
    numbers = {"float32": torch.float32, "bfloat16": torch.bfloat16}
    return numbers.get(asked, torch.bfloat16 if bf16 else torch.float32)


def out_of_memory(error: BaseException) -> bool:
    """Whether an error tells of too little memory; on a CPU only its words do."""
    words = f"{type(error).__name__} {error}".lower()
    told = ("out of memory", "outofmemory", "can't allocate memory")
    return isinstance(error, MemoryError) or any(one in words for one in told)


class Causal:
    """A model on its device, its tokenizer, and how many rows a pass has."""

    def __init__(self, model: Any, tokenizer: Any, device: str, batch: int) -> None:
        self._torch = optional("torch", EXTRA)
        self.tokenizer, self.device, self.batch = tokenizer, device, batch
        self._model = model
        self._ends = _ends(model, tokenizer)
        pad = tokenizer.pad_token_id
        self._pad = next(iter(self._ends), 0) if pad is None else pad

    @classmethod
    def opened(cls, name: str, device: str, batch: int, dtype: Dtype = "auto") -> "Causal":
        """Load a model from a folder, or by its name on the hub.

        Raises:
            ValueError: there is no such model, or no such device.
        """
        transformers = optional("transformers", EXTRA)
        device = device_of(device)
        tokenizer = tokenizer_of(name)
        try:
            with LOADING:
                model = transformers.AutoModelForCausalLM.from_pretrained(
                    name, dtype=dtype_of(device, dtype)
                )
        except (OSError, ValueError) as error:
            raise ValueError(f"model: {name!r} is no causal language model: {error}") from error
        return cls(model.eval().to(device), tokenizer, device, batch)

    def write(self, prompts: Sequence[Prompt]) -> list[Written]:
        """Write on from prompts of one bucket, a batch at most."""
        try:
            return self._write(prompts)
        except RuntimeError as error:
            if self.batch == 1 or not out_of_memory(error):
                raise
        # Outside of the handler: it would hold on to what the failed pass allocated.
        self.batch = -(-self.batch // 2)
        self._collect()
        parts = (prompts[n : n + self.batch] for n in range(0, len(prompts), self.batch))
        return [written for part in parts for written in self.write(part)]

    def free(self) -> None:
        """Give the weights' memory back; it writes no more."""
        del self._model
        self._collect()

    def _collect(self) -> None:
        gc.collect()
        if self.device == "cuda":
            self._torch.cuda.empty_cache()

    def _write(self, prompts: Sequence[Prompt]) -> list[Written]:
        torch, (wide, longest) = self._torch, prompts[0].bucket
        rows = [*prompts, *[prompts[0]] * (self.batch - len(prompts))]
        ids = torch.full((len(rows), wide), self._pad, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, prompt in enumerate(rows):
            ids[row, wide - len(prompt.ids) :] = torch.tensor(prompt.ids)
            mask[row, wide - len(prompt.ids) :] = 1
        with torch.inference_mode():
            out = self._model.generate(
                input_ids=ids.to(self.device),
                attention_mask=mask.to(self.device),
                generation_config=self._settings(longest),
                logits_processor=[self._drawn(rows, wide)],
            )
        return [self._read(out[row, wide:].tolist()) for row in range(len(prompts))]

    def _settings(self, longest: int) -> Any:
        transformers = optional("transformers", EXTRA)
        return transformers.GenerationConfig(
            do_sample=False,
            max_new_tokens=longest,
            eos_token_id=sorted(self._ends) or None,
            pad_token_id=self._pad,
        )

    def _drawn(self, rows: Sequence[Prompt], wide: int) -> Any:
        """Return what draws each row's next token, as a processor of its scores."""
        torch = self._torch
        exact = torch.float32 if self.device == "mps" else torch.float64
        draws = [
            torch.rand(
                row.max_tokens,
                generator=torch.Generator().manual_seed(row.seed),
                dtype=torch.float64,
            )
            if row.temperature
            else None
            for row in rows
        ]

        def choose(ids: Any, scores: Any) -> Any:
            step = ids.shape[1] - wide
            for number, (row, draw) in enumerate(zip(rows, draws, strict=True)):
                if draw is None:
                    continue
                chances = (scores[number].to(exact) / row.temperature).softmax(-1).cumsum(-1)
                at = torch.searchsorted(chances, draw[step].to(chances) * chances[-1])
                scores[number] = -torch.inf
                scores[number, at.clamp(max=len(chances) - 1)] = 0.0
            return scores

        return choose

    def _read(self, ids: list[int]) -> Written:
        end = next((n for n, id in enumerate(ids) if id in self._ends), None)
        text = self.tokenizer.decode(ids[:end], skip_special_tokens=True)
        whole = ids if end is None else ids[: end + 1]
        return Written(str(text), tuple(whole), end is not None)


def _ends(model: Any, tokenizer: Any) -> frozenset[int]:
    """Return the tokens that end a reply, as the model and its tokenizer say."""
    told = [tokenizer.eos_token_id, model.config.eos_token_id]
    if model.generation_config is not None:
        told.append(model.generation_config.eos_token_id)
    flat = (id for one in told for id in (one if isinstance(one, list) else [one]))
    return frozenset(id for id in flat if id is not None)
