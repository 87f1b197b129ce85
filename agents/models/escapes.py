r"""Backslashes in the JSON that models write: what they meant by them, where JSON reads another thing.

A model that writes LaTeX into a JSON string with one backslash breaks the JSON (`\alpha`, `\(`) or,
worse, does not: `\frac`, `\beta`, `\nu` and `\theta` begin with legal escapes. Form feeds and
backspaces are never meant, so those are LaTeX (or a regular expression's `\b`). A newline or a tab
before letters mostly is one, so it is only read as LaTeX where the letters are a command and the
place speaks for it: within mathematics, beside `{`, `^` or another command, or in a string whose
other commands have one backslash too.
"""

import re

# Letters after `\n`, `\t`, `\r` that make a command. What is left of a rare one without its first
# letter ("abla", "heta") begins no line; what is left of a common one ("eq", "u", "an") may.
_RARE = frozenset(
    "nabla nearrow not notin newline newcommand nonumber noindent nolimits normalsize "
    "theta times triangle triangleq triangleleft triangleright therefore tilde textbf textit textrm "
    "texttt textsf textsc textup textstyle textwidth thinspace thickapprox tiny twoheadrightarrow "
    "rho right rightarrow rightleftharpoons rightharpoonup rangle rceil rfloor rVert rvert rm ref "
    "renewcommand rlap rule rtimes".split()
)
_COMMON = frozenset(
    "nu ne neq neg ni nless nleq ngeq nmid nsim ncong nprec nsucc nexists nparallel nsubseteq nwarrow "
    "nrightarrow nleftarrow natural tau text tan tanh top to tfrac tbinom tag re".split()
)
# Commands that tell of their writer: one backslash here, one everywhere.
_TELLING = re.compile(
    r"(?<!\\)\\(?:[\[\](){},;:!|%&#_$*-]|[acdeghijklmopqsvwxyzA-Z][A-Za-z]+|u(?![0-9a-fA-F]{4})[a-z]+"
    r"|f(?:rac|orall|lat|box|box)|b(?:eta|egin|ar|oldsymbol|ig|igg|mod|inom|ullet|ot|ox)(?![a-z]))"
)
_DOUBLED = re.compile(r"(?<!\\)\\\\(?:[A-Za-z]{2,}|[()\[\]])")
# A string that does not end is found too, so that none is looked for inside of it.
_STRING = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)("|\\?\Z)', re.DOTALL)
_PAIR = r"u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPE = re.compile(rf"\\({_PAIR}|u[0-9a-fA-F]{{4}}|[^a-zA-Z]|[a-zA-Z]+)", re.DOTALL)
_HEX = re.compile(r"u[0-9a-fA-F]{4}")
_ROW_END = re.compile(r"\s|\\n|\[|\\h")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Control characters that no text needs."""


def mend(text: str) -> str:
    """Return JSON text with its strings' escapes as they were meant; outside of strings as it was."""
    if "\\" not in text:
        return text
    return _STRING.sub(_mended, text)


def _mended(found: re.Match[str]) -> str:
    return f'"{_mend_string(found[1])}"' if found[2] == '"' else found[0]


def _mend_string(raw: str) -> str:
    if "\\" not in raw:
        return raw
    return _String(raw).mended()


class _String:
    """The inside of one JSON string, as it was written."""

    def __init__(self, raw: str) -> None:
        self._raw = raw
        self._single = _TELLING.search(raw) is not None
        self._doubled = not self._single and _DOUBLED.search(raw) is not None
        self._environment = re.search(r"(?<!\\)\\(begin|end)\{", raw) is not None

    def mended(self) -> str:
        return _ESCAPE.sub(self._read, self._raw)

    def _read(self, found: re.Match[str]) -> str:
        """Return one escape as JSON that says what was meant."""
        after = found[1]
        first = after[0]
        if first == "\\":
            # A single backslash everywhere: then two end a row of a matrix.
            row = self._environment and _ROW_END.match(self._raw, found.end())
            return r"\\\\" if row else found[0]
        if first == "u" and _HEX.match(after):
            return _character(found[0])
        if first in '"/' or (first in "nrt" and not self._is_command(found)):
            return found[0]
        return after if first == "'" else rf"\\{after}"

    def _is_command(self, found: re.Match[str]) -> bool:
        """Return whether a newline, tab or carriage return with letters behind it is LaTeX."""
        name = found[1]
        before, after = self._raw[: found.start()], self._raw[found.end() :]
        if not (name in _RARE or name in _COMMON) or self._doubled or _in_code(before):
            return False
        if name in _RARE or after[:1] in {"{", "^"} or _in_maths(before, after):
            return True
        if name == "ni" or before.endswith((r"\n", r"\t", "  ")):
            return False
        # Before a newline or a tab there seldom is a space; before a word of a sentence there is.
        return self._single or before[-1:] in {" ", "{", "^", "_"}


def _character(escape: str) -> str:
    """Return the escape of one character: nothing for a control, a mark for half an emoji."""
    code = int(escape[2:6], 16)
    if len(escape) == 6 and 0xD800 <= code < 0xE000:
        return r"\ufffd"
    return "" if CONTROL.match(chr(code)) else escape


def _in_code(before: str) -> bool:
    """Return whether a code block is open that is not LaTeX itself."""
    fences = before.split("```")
    return len(fences) % 2 == 0 and not re.match(r"\s*(la)?tex|\s*math", fences[-1])


def _in_maths(before: str, after: str) -> bool:
    """Return whether `$` or `$$` is open before a place and closed after it, in one paragraph.

    What closes mathematics is followed by no word: `$HOME` and `$(date)` are a shell's.
    """
    paragraph, rest = before.rsplit(r"\n\n", 1)[-1], after.split(r"\n\n", 1)[0]
    opened = re.sub(r"\\\$", "", paragraph)
    closed = re.search(r"(?<!\\)\$+", rest)
    return (
        opened.replace("$$", "$").count("$") % 2 == 1
        and closed is not None
        and not re.match(r"[\w({]", rest[closed.end() :])
    )
