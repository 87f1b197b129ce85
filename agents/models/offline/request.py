"""What the engine is asked: the turns and the character of the model, and the prompt's sections.

A section is whatever a prompt sets between tags, `<name attribute="…">text</name>`; no name is known
here. The prompts' filter breaks a section's own closing tag inside its text, so the first closing tag
after an opening one is the real end, and tags of other names inside a section are its text.
"""

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from html import unescape
from typing import Any, Literal

from ...records import ToolCall, Turn
from ..call import ToolSpec

Strength = Literal["weak", "medium", "strong", "judge"]

_OPEN = re.compile(r'<([a-z][a-z_]*)((?:-\d+)?)((?:\s+[\w-]+="[^"]*")*)\s*>')
_ATTRIBUTE = re.compile(r'(?<![\w-])([\w-]+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class OfflineRequest:
    """One request: the turns and the character of the model that answers them."""

    turns: tuple[Turn, ...]
    schema: Mapping[str, Any] | None = None
    """The JSON schema of the reply; None for free text."""
    tools: tuple[ToolSpec, ...] = ()
    strength: Strength = "strong"
    seed: int = 0
    salt: int = 0
    position_bias: float = 0.0
    noise: float = 0.0
    sample: int = 0

    @property
    def user_turns(self) -> list[str]:
        """What the user said; the first turn is where the prompt and its sections stand."""
        return [turn.content for turn in self.turns if turn.role == "user"] or [""]

    @property
    def calls(self) -> list[ToolCall]:
        """The calls made so far."""
        return [call for turn in self.turns for call in turn.tool_calls]

    @property
    def results(self) -> list[str]:
        """What the tools said, in the order of the calls."""
        return [turn.content for turn in self.turns if turn.role == "tool"]

    def call(self, name: str, arguments: Mapping[str, Any]) -> "OfflineReply":
        """Return one call as a reply; its id is its place in the conversation."""
        text = json.dumps(arguments, ensure_ascii=False)
        return OfflineReply(
            "", (ToolCall(id=f"call_{len(self.calls) + 1}", name=name, arguments=text),)
        )

    def dice(self) -> random.Random:
        """Return the request's own random numbers: the same turns and character, the same numbers."""
        digest = blake2b(digest_size=8)
        digest.update(repr((self.seed, self.salt, self.strength, self.sample)).encode())
        for turn in self.turns:
            digest.update(f"\x1e{turn.role}\x1f{turn.content}".encode("utf-8", "surrogatepass"))
            for call in turn.tool_calls:
                said = f"\x1f{call.name}\x1f{call.arguments}"
                digest.update(said.encode("utf-8", "surrogatepass"))
        return random.Random(int.from_bytes(digest.digest(), "big"))


@dataclass(frozen=True, slots=True)
class OfflineReply:
    """What the engine says: text, or calls of tools."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its name, its text and its attributes."""

    name: str = ""
    text: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sections:
    """All sections of one prompt, in order; a name may occur several times."""

    items: tuple[Section, ...]

    def get(self, name: str) -> Section:
        """Return the first section of that name, or an empty one."""
        return next((s for s in self.items if s.name == name), Section())

    def __contains__(self, name: str) -> bool:
        return any(s.name == name for s in self.items)

    def text(self, name: str, otherwise: str = "") -> str:
        """Return the text of the first section of that name."""
        return self.get(name).text.strip("\n") or otherwise

    def number(self, name: str, default: int) -> int:
        """Return a section's text as a whole number."""
        found = re.search(r"\d+", self.text(name))
        return int(found[0]) if found else default

    def lines(self, name: str) -> tuple[str, ...]:
        """Return a section's non-empty lines, without the letters or dashes before options."""
        rows = self.text(name).splitlines()
        plain = (re.sub(r"^\s*(?:[-*•]|[A-Z][.)])\s+", "", row).strip() for row in rows)
        return tuple(row for row in plain if row)


@lru_cache(maxsize=256)
def read_sections(prompt: str) -> Sections:
    """Read the sections that stand one after another in a prompt."""
    items: list[Section] = []
    at = 0
    while match := _OPEN.search(prompt, at):
        name, mark = match[1], match[2]
        end = prompt.find(f"</{name}{mark}>", match.end())
        if end < 0:
            at = match.end()
            continue
        text = prompt[match.end() : end]
        # Where tags end in a mark, nothing in the text was broken.
        text = text if mark else text.replace(f"<\\/{name}", f"</{name}")
        attributes = {key: unescape(value) for key, value in _ATTRIBUTE.findall(match[3])}
        items.append(Section(name, text.strip("\n"), attributes))
        at = end + len(name + mark) + 3
    return Sections(tuple(items))
