"""A provider that reads existing outputs from a file, so that published answers can battle."""

import gzip
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from .call import Call, Reply
from .provider import AttemptFailed
from .settings import RecordedSettings


def _digest(text: str) -> bytes:
    return blake2b(text.strip().encode("utf-8", "surrogatepass"), digest_size=16).digest()


class RecordedProvider:
    """Answers the first user turn with the recorded output of the same prompt and model.

    The file is JSONL (also `.gz`), a row each with `prompt`, `model` and `output`; rows of other
    models are skipped. What is asked but not recorded is a final failure, never a guess.
    """

    def __init__(self, settings: RecordedSettings) -> None:
        self.endpoint = settings.endpoint
        self.model = settings.model
        self.params: dict[str, Any] = {}
        self._outputs = dict(_rows(Path(settings.file), settings.model))
        if not self._outputs:
            raise ValueError(
                f"file: {settings.file} holds no row with model {settings.model!r}; "
                "each row needs prompt, model and output"
            )

    async def complete(self, call: Call) -> Reply:
        """Answer one call."""
        prompt = next((turn.content for turn in call.turns if turn.role == "user"), "")
        output = self._outputs.get(_digest(prompt))
        if output is None:
            raise AttemptFailed(
                f"{self.endpoint} has no output of {self.model} for the prompt {prompt[:80]!r}",
                final=True,
            )
        return Reply(text=output, model=f"recorded/{self.model}")

    async def aclose(self) -> None:
        """Hold nothing."""


def _rows(path: Path, model: str) -> Iterator[tuple[bytes, str]]:
    if not path.is_file():
        raise ValueError(f"file: {path} does not exist; give a JSONL with prompt, model and output")
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = orjson.loads(line)
                if row["model"] == model:
                    yield _digest(row["prompt"]), row["output"]
            except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
                raise ValueError(
                    f"{path}:{number}: needs an object with the texts prompt, model and output ({error})"
                ) from error
