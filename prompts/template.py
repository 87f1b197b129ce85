"""Prompt files: YAML front matter (role, slot, reply, tools, variables) over a Jinja template.

A prompt file has two blocks, `system` and `user`:

    ---
    role: juror
    slot: jury
    reply: ScoreReply
    tools: []
    variables: [instruction, first, second]
    ---
    {% block system %}You compare two answers …{% endblock %}
    {% block user %}
    <instruction>{{ instruction | inside("instruction") }}</instruction>
    …
    {% endblock %}

A third block, `example`, may hold a short request of the same kind: models that are small are shown it,
with its answer, before the real one.

What comes from outside stands between tags, through the filter `inside`, which breaks any closing
tag of that name in it, so that a document or an answer cannot end its own section; or, for models that
tags lead astray, behind a `> ` on every line, through the filter `quoted`. What stands in a tag's
quotes goes through `attribute`. A prompt in which texts contend with each other fences them
instead: its tags end in `{{ mark }}`, a number that none of the texts holds, and every text keeps
every byte:

    <first-{{ mark }}>
    {{ first }}
    </first-{{ mark }}>
"""

import re
import reprlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import Any, Self

import jinja2
import jinja2.meta
import yaml

from .sandbox import MOST_SOURCE, MOST_WORK, Sandbox, line_of, render_block

FOLDER = Path(__file__).parent
_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")
_FIELDS = {"role", "slot", "reply", "tools", "variables"}
_MARK = "mark"
MARK_DIGITS = 10


def inside(text: object, tag: str, *others: str) -> str:
    """Return the text with every closing `</tag` in it broken by a backslash.

    Tags named in `others` are broken whether they open or close: an answer that forges the section
    of another answer has to be stopped too.
    """
    names = [rf"/\s*{re.escape(tag)}\b", *(rf"/?\s*{re.escape(other)}\b" for other in others)]
    return re.sub(rf"<(?=\s*(?:{'|'.join(names)}))", r"<\\", str(text), flags=re.IGNORECASE)


def quoted(text: object) -> str:
    """Return the text with `> ` before each of its lines: none of them can pass for one of the prompt's."""
    return "\n".join(f"> {line}" for line in str(text).splitlines() or [""])


def attribute(text: object) -> str:
    """Return the text on one line, fit to stand between a tag's double quotes."""
    line = " ".join(str(text).split())
    return (
        line.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
    )


def mark_of(told: str) -> str:
    """Return a number that the text does not hold; the same text always gets the same.

    It hangs on every letter, so that no text can foresee the mark of the prompt it will stand in.
    """
    return next(
        mark for mark in _marks(told.encode("utf-8", "backslashreplace")) if mark not in told
    )


def _marks(told: bytes) -> Iterator[str]:
    for attempt in count():
        digest = blake2b(told, digest_size=8, salt=attempt.to_bytes(8)).digest()
        yield f"{int.from_bytes(digest) % 10**MARK_DIGITS:0{MARK_DIGITS}}"


def _join(items: Sequence[Any], between: str = "") -> str:
    texts = [str(item) for item in items]
    if len(between) * len(texts) > MOST_WORK:
        raise ValueError(f"the template handles more than {MOST_WORK:,} characters in a join")
    return between.join(texts)


_SANDBOX = Sandbox(
    {"inside": inside, "quoted": quoted, "attribute": attribute, "join": _join, "length": len}
)


@dataclass(frozen=True)
class Prompt:
    """One prompt file, compiled."""

    name: str
    """Path below `prompts/` without the suffix: `arena/judge`."""
    role: str
    slot: str
    """Which entry of the cast speaks it: `default`, `contender`, `jury`."""
    reply: str
    """Name of the reply type in `agents.replies`; empty for free text."""
    tools: tuple[str, ...]
    variables: tuple[str, ...]
    version: str
    """`name@hash` of the file's bytes: provenance of every row."""
    path: Path
    template: jinja2.Template
    fenced: bool
    """Its tags carry a mark."""

    @classmethod
    def parse(cls, name: str, text: str, path: Path) -> Self:
        """Read one prompt file.

        Raises:
            ValueError: naming the file and the line or field that is wrong.
        """
        match = _FRONT.match(text)
        if match is None:
            raise ValueError(f"{path}:1: a prompt starts with front matter between two '---' lines")
        front = _front_matter(match[1], path)
        # Blank lines stand in for the front matter, so that Jinja counts the file's own lines.
        source = "\n" * match[0].count("\n") + text[match.end() :]
        template, fenced = _compile(source, set(front["variables"]), path)
        digest = blake2b(text.encode(), digest_size=4).hexdigest()
        return cls(
            name=name,
            role=front["role"],
            slot=front["slot"],
            reply=front["reply"],
            tools=tuple(front["tools"]),
            variables=tuple(front["variables"]),
            version=f"{name}@{digest}",
            path=path,
            template=template,
            fenced=fenced,
        )

    def render(self, variables: dict[str, Any]) -> tuple[str, str]:
        """Return the system and user texts.

        Raises:
            KeyError: when the variables given are not exactly the declared ones.
            ValueError: when the template fails on them; names file and line.
        """
        system, user = self._blocks(("system", "user"), variables)
        return system, user

    def example(self, variables: dict[str, Any]) -> str:
        """Return the short request that is shown before the real one; empty where there is none."""
        blocks = ("example",) if "example" in self.template.blocks else ()
        return "".join(self._blocks(blocks, variables))

    def _blocks(self, blocks: tuple[str, ...], variables: dict[str, Any]) -> list[str]:
        if variables.keys() != set(self.variables):
            odd = sorted(variables.keys() ^ set(self.variables))
            raise KeyError(f"prompt {self.name}: variables differ from the declared ones: {odd}")
        if self.fenced:
            variables = variables | {_MARK: mark_of(repr(variables))}
        try:
            return [render_block(self.template, block, variables).strip() for block in blocks]
        except (jinja2.TemplateError, TypeError, ValueError, IndexError) as error:
            line = line_of(self.template, error)
            raise ValueError(f"{self.path}:{line}: {error}") from error


@cache
def load_prompt(name: str, folder: Path = FOLDER) -> Prompt:
    """Return the prompt `name` from a folder (this one, or a skill pack's), compiled once.

    Raises:
        ValueError: when there is no such file, or it is wrong; names file, line and what was found.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"prompt {name!r}: a prompt's name is words of letters, digits, '_' and '-', parted by "
            "'/', as in 'arena/judge'; it cannot lead out of its folder"
        )
    path = folder / f"{name}.j2"
    if not path.is_file():
        known = ", ".join(prompt_names(folder)) or "none"
        raise ValueError(f"prompt {name!r}: no file {path}; prompts here: {known}")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"prompt {name!r}: {path} is a link that leads out of {folder}")
    if path.stat().st_size > 4 * MOST_SOURCE:
        raise ValueError(f"prompt {name!r}: {path} is larger than any prompt")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: not UTF-8 text ({error.reason} at byte {error.start})"
        ) from error
    return Prompt.parse(name, text, path)


def prompt_names(folder: Path = FOLDER) -> list[str]:
    """Return the names of all prompt files of a folder, sorted."""
    return sorted(str(p.relative_to(folder).with_suffix("")) for p in folder.rglob("*.j2"))


def _front_matter(text: str, path: Path) -> dict[str, Any]:
    """Read the front matter: three texts and two lists of texts, and nothing else."""
    try:
        front = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        # The marks count from the line after the opening '---'.
        line = error.problem_mark.line + 2 if error.problem_mark else 2
        raise ValueError(f"{path}:{line}: {error.problem}") from error
    except (yaml.YAMLError, RecursionError, ValueError, LookupError, AttributeError) as error:
        raise ValueError(f"{path}:2: the front matter is no YAML that can be read") from error
    if not isinstance(front, dict) or set(front) != _FIELDS:
        found = sorted(map(str, front)) if isinstance(front, dict) else reprlib.repr(front)
        raise ValueError(f"{path}:2: front matter has {found}; it needs exactly {sorted(_FIELDS)}")
    front["reply"] = front["reply"] or ""
    for field, value in front.items():
        listed = field in {"tools", "variables"}
        texts = value if listed and isinstance(value, list) else [value]
        if isinstance(value, list) != listed or not all(isinstance(item, str) for item in texts):
            wanted = "a list of names" if listed else "one name"
            raise ValueError(f"{path}:2: {field} must be {wanted}, found {reprlib.repr(value)}")
    return front


def _compile(source: str, declared: set[str], path: Path) -> tuple[jinja2.Template, bool]:
    """Compile a template that has both blocks and uses no variable that is not declared.

    The second value tells whether it uses the mark.
    """
    template = _SANDBOX.load(source, path, declared | {_MARK})
    if missing := {"system", "user"} - set(template.blocks):
        raise ValueError(f"{path}: needs the blocks system and user; missing {sorted(missing)}")
    return template, _MARK in jinja2.meta.find_undeclared_variables(_SANDBOX.parse(source))
