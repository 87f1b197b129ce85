"""Models of transformers in this process: what waits is written together, in a thread.

Aliases of one folder share its weights and its batches. The weights are loaded by the first call, and
given back when no alias needs them any more; a later call would load them again.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from ...tools.optional import optional
from .call import Call, Reply, Usage
from .causal import Causal, Prompt, Written
from .chat import EXTRA, calls_in, plain, rendered, spec_json
from .form import told, told_small
from .provider import AttemptFailed, NoText
from .settings import TransformersSettings

_Waiting = tuple[Prompt, asyncio.Future[Written]]


class TransformersProvider:
    """Serves one model.

    Raises:
        ValueError: torch or transformers is absent, or there is no such folder.
    """

    def __init__(self, settings: TransformersSettings, seed: int, *, asked: bool = True) -> None:
        """Open it; a model that is not `asked` is never loaded, and need not be there."""
        if asked:
            _refuse_absent(settings.model)
        self.endpoint = settings.endpoint
        self.model = settings.name
        self.params: dict[str, Any] = {"max_tokens": settings.max_tokens}
        if settings.temperature:
            self.params |= {"temperature": settings.temperature, "seed": seed}
        if settings.dtype != "auto":
            self.params["dtype"] = settings.dtype
        self._settings = settings
        self._seed = seed
        self._bench: _Bench | None = None

    async def complete(self, call: Call) -> Reply:
        """Write the reply to one call.

        Raises:
            AttemptFailed: the model does not load, reads less than this, or wrote nothing.
        """
        started = time.perf_counter()
        bench = self._bench = self._bench or _Bench.taken(self._settings)
        causal = await bench.loaded()
        prompt = self._prompt(call, causal)
        written = await bench.write(prompt)
        text, tool_calls = calls_in(written.text) if call.tools else (written.text, ())
        price = self._settings.price
        usd = (len(prompt.ids) * price.input + len(written.ids) * price.output) / 1e6
        label = f"transformers/{self.model}"
        if not text.strip() and not tool_calls:
            # The same again would give the same.
            used = Usage(label, len(prompt.ids), len(written.ids), usd)
            raise NoText(f"{self.model}: empty reply", final=True, usage=used)
        return Reply(
            text=text,
            model=label,
            tool_calls=tool_calls,
            tokens_in=len(prompt.ids),
            tokens_out=len(written.ids),
            usd=usd,
            finish="tool_calls" if tool_calls else "stop" if written.ended else "length",
            seconds=time.perf_counter() - started,
        )

    async def rest(self) -> None:
        """Give the weights back, unless another alias needs them; a call would load them again."""
        bench, self._bench = self._bench, None
        if bench is not None:
            await bench.left()

    async def aclose(self) -> None:
        """Give the weights back."""
        await self.rest()

    def _prompt(self, call: Call, causal: Causal) -> Prompt:
        settings, turns = self._settings, call.turns
        if call.reply_type is not None:
            in_words = told_small if settings.small else told
            turns = in_words(turns, call.reply_type, "prompt")
        messages = plain(turns, [spec_json(spec) for spec in call.tools])
        try:
            text = rendered(causal.tokenizer, messages, reply=True)
        except ValueError as error:
            raise AttemptFailed(f"{self.model}: {error}", final=True) from error
        ids = tuple(causal.tokenizer(text, add_special_tokens=False)["input_ids"])
        window = settings.context_window
        if window and len(ids) + settings.max_tokens > window:
            asked = len(ids) + settings.max_tokens
            raise AttemptFailed(
                f"{self.model}: too long for the model's context window ({asked} tokens, {window} fit); "
                "lower seeds.max_chars or max_tokens",
                final=True,
            )
        drawn = orjson.dumps([self._seed, call.sample, ids])
        return Prompt(
            ids,
            settings.temperature or 0.0,
            int.from_bytes(blake2b(drawn, digest_size=7).digest(), "big"),
            settings.max_tokens,
        )


@dataclass(slots=True)
class _Bench:
    """One folder's weights, who waits for them to write, and how many aliases need them."""

    settings: TransformersSettings
    place: tuple[Any, ...]
    waiting: list[_Waiting]
    users: int = 0
    loading: asyncio.Task[Causal] | None = None
    work: asyncio.Task[None] | None = None

    @classmethod
    def taken(cls, settings: TransformersSettings) -> "_Bench":
        """Return the bench of a model in this event loop, with one user more."""
        loop = asyncio.get_running_loop()
        place = (loop, settings.model, settings.device, settings.dtype, settings.batch)
        bench = _BENCHES.setdefault(place, cls(settings, place, []))
        bench.users += 1
        return bench

    async def loaded(self) -> Causal:
        """Return the model; who waits for it first loads it."""
        if self.loading is None:
            one = self.settings
            self.loading = asyncio.create_task(
                asyncio.to_thread(Causal.opened, one.model, one.device, one.batch, one.dtype)
            )
        try:
            return await asyncio.shield(self.loading)
        except Exception as error:  # a boundary: torch and transformers raise what they like
            raise AttemptFailed(f"{self.settings.model}: {error}", refused=True) from error

    async def write(self, prompt: Prompt) -> Written:
        """Write on from a prompt, together with whoever waits in its bucket."""
        future: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
        self.waiting.append((prompt, future))
        if self.work is None or self.work.done():
            self.work = asyncio.create_task(self._drain())
        return await future

    async def left(self) -> None:
        """Let one user go; the last one frees the weights, once the thread is done with them."""
        self.users -= 1
        if self.users:
            return
        _BENCHES.pop(self.place, None)
        self.waiting.clear()
        tasks: list[asyncio.Task[Any]] = [t for t in (self.work, self.loading) if t is not None]
        found = await asyncio.gather(*tasks, return_exceptions=True)
        self.work = self.loading = None
        for causal in found:
            if isinstance(causal, Causal):
                causal.free()

    async def _drain(self) -> None:
        """Write what waits until nothing does, a bucket at a time."""
        await asyncio.sleep(0)  # siblings of the first one come in the same tick
        causal = await self.loaded()
        while self.waiting:
            batch = self._next(causal.batch)
            try:
                written = await asyncio.to_thread(causal.write, [prompt for prompt, _ in batch])
            except Exception as error:  # a boundary: who waits must hear of whatever torch raises
                failure = f"{self.settings.model}: {type(error).__name__}: {error}"
                for _, future in batch:
                    if not future.done():
                        future.set_exception(AttemptFailed(failure))
                continue
            for (_, future), one in zip(batch, written, strict=True):
                if not future.done():  # its caller may have been cancelled
                    future.set_result(one)

    def _next(self, most: int) -> list[_Waiting]:
        """Take those out that are written next: of the fullest bucket, since every pass is a whole one."""
        waits = Counter(prompt.bucket for prompt, _ in self.waiting)
        fullest = max(waits, key=lambda bucket: min(waits[bucket], most))
        batch, others = list[_Waiting](), list[_Waiting]()
        for one in self.waiting:
            fits = one[0].bucket == fullest and len(batch) < most
            (batch if fits else others).append(one)
        self.waiting = others
        return batch


_BENCHES: dict[tuple[Any, ...], _Bench] = {}


def _refuse_absent(model: str) -> None:
    """Refuse a model that no call could load.

    Raises:
        ValueError: a package is absent, or the folder is, or it is no model's.
    """
    optional("torch", EXTRA)
    optional("transformers", EXTRA)
    path = Path(model)
    if path.is_absolute() and not (path / "config.json").is_file():
        raise ValueError(f"model: {model!r} is no folder of a model: it has no config.json")
