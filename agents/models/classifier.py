"""Reward models on this machine: a sequence classifier that scores in a thread of its own.

What waits while it is at work is scored next, together. A text is scored with others only where that
pays, on a GPU: there the padding may move the last digits. On a CPU each text has its own pass, so that
a reward never depends on what else was asked.
"""

import asyncio
import time
from collections.abc import Collection, Sequence
from math import isfinite
from typing import Any

from jinja2 import TemplateError

from ...tools.optional import optional
from ..records import Turn
from .call import Call, Reply
from .chat import LOADING
from .provider import AttemptFailed
from .settings import ClassifierSettings

EXTRA = "arenainstruct[reward]"
_ENDLESS = 10**9
"""Tokenizers that know no limit name a number beyond this."""


class ClassifierProvider:
    """Serves one model; it is loaded when the run opens, before any call is paid.

    Raises:
        ValueError: torch or transformers is absent, or there is no such model, or it is none that
            gives a reward.
    """

    def __init__(self, settings: ClassifierSettings) -> None:
        self.endpoint = settings.endpoint
        self.model = settings.model
        self.params: dict[str, Any] = {"reward": "classifier"}
        self._settings = settings
        self._classifier = Classifier(settings.model)
        self._waiting: list[tuple[str, asyncio.Future[float]]] = []
        self._work: asyncio.Task[None] | None = None

    async def complete(self, call: Call) -> Reply:
        """Score the answer that closes the call's turns.

        Raises:
            AttemptFailed: the text is longer than the model reads, or no finite number came of it.
        """
        started = time.perf_counter()
        text = self._classifier.text(call.turns)
        tokens = self._classifier.count(text)
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting.append((text, future))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._drain())
        reward = await future
        if not isfinite(reward):
            failure = f"{self.model}: the reward is {reward}, no finite number"
            raise AttemptFailed(failure, final=True)  # it would be the same again
        return Reply(
            text=repr(reward),
            model=f"classifier/{self.model}",
            tokens_in=tokens,
            usd=tokens * self._settings.price.input / 1e6,
            seconds=time.perf_counter() - started,
        )

    async def aclose(self) -> None:
        """Wait for the thread: it cannot be stopped inside a pass."""
        self._waiting.clear()
        if self._work is not None:
            await asyncio.gather(self._work, return_exceptions=True)

    async def _drain(self) -> None:
        """Score what waits until nothing does."""
        while self._waiting:
            batch = self._waiting[: self._settings.batch]
            del self._waiting[: len(batch)]
            try:
                rewards = await asyncio.to_thread(self._classifier.score, [t for t, _ in batch])
            except Exception as error:  # a boundary: who waits must hear of whatever torch raises
                failure = AttemptFailed(f"{self.model}: {type(error).__name__}: {error}")
                self._settle(batch, [failure] * len(batch))
            else:
                self._settle(batch, rewards)

    @staticmethod
    def _settle(
        batch: Sequence[tuple[str, asyncio.Future[float]]],
        outcomes: Sequence[float | AttemptFailed],
    ) -> None:
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if future.done():
                continue  # its caller was cancelled
            if isinstance(outcome, AttemptFailed):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)


class Classifier:
    """The model and its tokenizer."""

    def __init__(self, name: str) -> None:
        self._torch = optional("torch", EXTRA)
        transformers = optional("transformers", EXTRA)
        gpu = bool(self._torch.cuda.is_available())
        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(name)
            with LOADING:
                model, told = transformers.AutoModelForSequenceClassification.from_pretrained(
                    name, dtype="auto" if gpu else self._torch.float32, output_loading_info=True
                )
        except (OSError, ValueError) as error:
            raise ValueError(f"model: {name!r} is no sequence classifier: {error}") from error
        _check(name, model.config.num_labels, told["missing_keys"])
        pad = self._tokenizer.pad_token_id
        self._together = gpu and pad is not None and pad == model.config.pad_token_id
        self._model = model.eval().to("cuda" if gpu else "cpu")
        self._longest = _longest(self._tokenizer, model.config)

    def text(self, turns: Sequence[Turn]) -> str:
        """Return what the model reads: the chat template's text, or prompt and answer set apart.

        Raises:
            AttemptFailed: the template refuses the conversation.
        """
        if not self._tokenizer.chat_template:
            return "\n\n".join(turn.content for turn in turns)
        messages = [{"role": turn.role, "content": turn.content} for turn in turns]
        try:
            return str(self._tokenizer.apply_chat_template(messages, tokenize=False))
        except TemplateError as error:
            raise AttemptFailed(f"the chat template: {error}", final=True) from error

    def count(self, text: str) -> int:
        """Return the number of tokens of a text.

        Raises:
            AttemptFailed: the model does not read so many; a part of an answer is never judged.
        """
        count = len(self._encode([text])["input_ids"][0])
        if self._longest is not None and count > self._longest:
            raise AttemptFailed(
                f"the text has {count} tokens, the model reads {self._longest}", final=True
            )
        return count

    def score(self, texts: list[str]) -> list[float]:
        """Return the rewards of some texts."""
        batches = [texts] if self._together else [[text] for text in texts]
        return [reward for batch in batches for reward in self._pass(batch)]

    def _pass(self, texts: list[str]) -> list[float]:
        how = {"padding": True, "padding_side": "right"} if len(texts) > 1 else {}
        encoded = self._encode(texts, return_tensors="pt", **how)
        with self._torch.inference_mode():
            logits = self._model(**encoded.to(self._model.device)).logits.float()
        ahead = logits[:, -1] - (logits[:, 0] if logits.shape[1] == 2 else 0.0)
        return [float(reward) for reward in ahead.cpu()]

    def _encode(self, texts: list[str], **how: Any) -> Any:
        # A template writes the special tokens itself.
        special = not self._tokenizer.chat_template
        return self._tokenizer(texts, add_special_tokens=special, **how)


def _check(name: str, labels: int, missing: Collection[str]) -> None:
    if labels > 2:
        raise ValueError(
            f"model: {name!r} has {labels} labels; a reward model has one, or two of which the second "
            "is the good one"
        )
    if missing:
        # transformers fills such layers with random numbers, and only warns.
        raise ValueError(f"model: {name!r} lacks trained weights: {', '.join(sorted(missing)[:3])}")


def _longest(tokenizer: Any, config: Any) -> int | None:
    """Return how many tokens the model reads, None where nobody says."""
    said = (tokenizer.model_max_length, getattr(config, "max_position_embeddings", None))
    known = [int(n) for n in said if n and n < _ENDLESS]
    return min(known) if known else None
