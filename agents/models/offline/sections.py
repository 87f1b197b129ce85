"""Reads the tagged sections of a prompt: `<passage>…</passage>`, `<leaf name="…">…</leaf>`.

The prompts' filter breaks a section's own closing tag inside its content, so the first closing tag
after an opening one is the real end; tags of other names inside a section are its text. Where tags
end in a mark, `<first-1234567890>`, nothing is broken: the closing tag of the same mark is the end.
"""

import re
from dataclasses import dataclass, field

_TAGS = (
    "seed|transformation|"
    "passage|apis|"
    "leaf|check_terms|"
    "check_replacements|"
    "count|complexity|"
    "task|options"
    "|goals|goal|direction|expected_behaviour|instruction|rubric|first|second"
    "|objective|debate|statement|speaker|actions|own_verdict|verdict"
)
_OPEN = re.compile(rf'<({_TAGS})((?:-\d+)?)((?:\s+[\w-]+="[^"]*")*|\s[^>\n]*)\s*>')
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its attributes and its text."""

    text: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


_NOTHING = Section()


@dataclass(frozen=True, slots=True)
class Sections:
    """All sections of one prompt, in order; a name may occur several times."""

    items: tuple[tuple[str, Section], ...]

    def get(self, name: str) -> Section:
        """Return the first section of that name, or an empty one."""
        return next((section for tag, section in self.items if tag == name), _NOTHING)

    def text(self, name: str) -> str:
        """Return the text of the first section of that name, or the empty string."""
        return self.get(name).text

    def number(self, name: str, default: int) -> int:
        """Return a section's text as a whole number."""
        found = re.search(r"\d+", self.text(name))
        return int(found[0]) if found else default

    def lines(self, name: str) -> list[str]:
        """Return a section's non-empty lines, without the letters or dashes before options."""
        rows = (
            re.sub(r"^\s*(?:[-*•]|[A-Z][.)])\s+", "", row).strip()
            for row in self.text(name).splitlines()
        )
        return [row for row in rows if row]


def read_sections(prompt: str) -> Sections:
    """Read the sections that stand one after another in a prompt."""
    items: list[tuple[str, Section]] = []
    at = 0
    while match := _OPEN.search(prompt, at):
        tag, mark = match[1], match[2]
        end = prompt.find(f"</{tag}{mark}>", match.end())
        if end < 0:
            at = match.end()
            continue
        text = prompt[match.end() : end].strip("\n")
        if not mark:
            text = text.replace(f"<\\/{tag}", f"</{tag}")
        items.append((tag, Section(text, dict(_ATTRIBUTE.findall(match[3])))))
        at = end + len(tag + mark) + 3
    return Sections(tuple(items))
