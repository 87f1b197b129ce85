"""A cheap index of the callable things in source code, made by a program for retrieval.

It never fails: Python that does not parse is read by pattern like the other languages, and what no
pattern finds is left out.
"""

import re
from collections.abc import Callable, Iterator

from .api_spec import ApiSpec, JsonType, ParameterSpec, slug, unique_names
from .python_apis import python_outline

# Bounded groups keep the time linear on text that opens brackets and never closes them.
# Headers write macros around a declaration: `extern int f (int a) __THROW;`, `int f OF((int a));`.
_C = re.compile(
    r"^[ \t]*(?:\w+\(([^()\n]*)\)[ \t]*|((?:[\w:<>,]+[ \t*&]+)+))(?![A-Z_]+[ \t]*\(\()"
    r"(\*?[A-Za-z_]\w*)[ \t]*(?:[A-Z_]{1,30}[ \t]*(?=\(\())?\(?\(([^()]{0,2000})\)\)?"
    r"(?:\s*+[A-Za-z_]\w*+(?:[ \t]*+\((?:[^()]|\([^()]{0,200}\)){0,200}\))?){0,6}\s*+[;{]",
    re.MULTILINE,
)
_JAVA = re.compile(
    r"^[ \t]*((?:(?:public|protected|static|final|abstract|synchronized)[ \t]++)++)"
    r"([\w.<>\[\],? \t]*?)(?<!\w)([A-Za-z_]\w*+)[ \t]*+\(([^()]{0,2000})\)",
    re.MULTILINE,
)
_JS = re.compile(
    r"^[ \t]*(?:export[ \t]+)?(?:default[ \t]+)?(?:async[ \t]+)?"
    r"(?:function\*?[ \t]+([A-Za-z_$][\w$]*)"
    r"|(?:const|let|var)[ \t]+([A-Za-z_$][\w$]*)[ \t]*=[ \t]*(?:async[ \t]*)?(?:function\*?[ \t]*)?"
    r"(?=\([^()]{0,2000}\)[ \t]*(?::[^=\n]+?)?(?:=>|\{)))[ \t]*\(([^()]{0,2000})\)",
    re.MULTILINE,
)
_GO = re.compile(
    r"^func[ \t]+(?:\([^()\n]*\)[ \t]*)?([A-Z]\w*)[ \t]*\(([^()]{0,2000})\)[ \t]*+([^{\n]*+)\{",
    re.MULTILINE,
)
_RUST = re.compile(
    r"^[ \t]*pub(?:\([^()]*\))?[ \t]+(?:async[ \t]+|const[ \t]+|unsafe[ \t]+)*fn[ \t]+(\w+)"
    r"(?:<[^()\n]*?>)?[ \t]*\(([^()]{0,2000})\)(?:[ \t]*->[ \t]*([^{;\n]+))?",
    re.MULTILINE,
)
_PYTHON = re.compile(
    r"^[ \t]*(?:async[ \t]+)?def[ \t]+([A-Za-z]\w*)[ \t]*\(([^()]{0,2000})\)", re.MULTILINE
)
_TABLE = re.compile(
    r"CREATE[ \t]+TABLE[ \t]+(?:IF[ \t]+NOT[ \t]+EXISTS[ \t]+)?([\w.\[\]\"`]+)\s*\(", re.IGNORECASE
)
_ROUTINE = re.compile(
    r"CREATE[ \t]+(?:OR[ \t]+REPLACE[ \t]+)?(?:FUNCTION|PROCEDURE)[ \t]+"
    r"([\w.\[\]\"`]+)\s*\(([^()]{0,2000})\)",
    re.IGNORECASE,
)
_WORDS = {
    "if",
    "for",
    "while",
    "switch",
    "return",
    "else",
    "do",
    "sizeof",
    "catch",
    "new",
    "typedef",
}
_LINE_COMMENT = re.compile(r"//|#|--")
_TOLD = re.compile(r"""('\\?"'|"(?:\\[^\n]|[^"\\\n])*+"?)|//[^\n]*|/\*.*?(?:\*/|\Z)""", re.DOTALL)
"""A string, up to its line's end where it is not closed, or a comment of the languages written like C."""
_PREPROCESSED = re.compile(r"^[ \t]*#[^\n]*", re.MULTILINE)
_BLANKS = " \t\r\n\f\v"
_KINDS: tuple[tuple[JsonType, str], ...] = (
    ("array", r"\[\]|\bvec<|\blist<|\bvector<|\bset<|^\[\]|\barray\b|^&?\["),
    ("object", r"\bmap<|\bmap\[|\bhashmap|\brecord<"),
    ("boolean", r"bool"),
    ("string", r"char\s*\*|string|\bstr\b|varchar|\btext\b|\bchar\b|date|time"),
    (
        "integer",
        r"\bu?int(eger)?\d*(_t)?\b|\bsize_t\b|\blong\b|\bshort\b|\b[ui](8|16|32|64|size)\b",
    ),
    ("number", r"float|double|\bf(32|64)\b|number|numeric|decimal|real"),
)


def outline(text: str, language: str) -> list[ApiSpec]:
    """Return the callable things of a source file, in its order."""
    language = language.lower()
    if language == "python":
        try:
            return unique_names(python_outline(text))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass
    reader = _READERS.get(language)
    return unique_names(reader(text)) if reader else []


def _code(text: str) -> str:
    """Return C-like code with blanks for its comments: what these say declares nothing."""
    return _TOLD.sub(lambda found: found[1] or _blank(found), text)


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


def _c(text: str) -> Iterator[ApiSpec]:
    text = _PREPROCESSED.sub(_blank, text)
    for match in _C.finditer(_code(text)):
        returns = (match[1] or match[2] or "").strip()
        name = match[3].lstrip("*")
        # Names with two underscores are the compiler's own.
        if name in _WORDS or name.startswith("__") or returns.split(" ")[0] in _WORDS:
            continue
        yield _api(text, match, name, _typed_first(match[4]), returns)


def _java(text: str) -> Iterator[ApiSpec]:
    for match in _JAVA.finditer(_code(text)):
        yield _api(text, match, match[3], _typed_first(match[4]), match[2])


def _javascript(text: str) -> Iterator[ApiSpec]:
    for match in _JS.finditer(_code(text)):
        yield _api(text, match, match[1] or match[2], _named_first(match[3]), "")


def _go(text: str) -> Iterator[ApiSpec]:
    for match in _GO.finditer(_code(text)):
        yield _api(text, match, match[1], _go_parameters(match[2]), match[3])


def _rust(text: str) -> Iterator[ApiSpec]:
    for match in _RUST.finditer(_code(text)):
        yield _api(text, match, match[1], _named_first(match[2]), match[3] or "")


def _python(text: str) -> Iterator[ApiSpec]:
    for match in _PYTHON.finditer(text):
        yield _api(text, match, match[1], _named_first(match[2]), "")


def _sql(text: str) -> Iterator[ApiSpec]:
    """Yield stored routines, and one finder for each table: what a caller can ask the schema."""
    for match in _ROUTINE.finditer(text):
        parameters = tuple(_column(part, True) for part in _split(match[2]))
        yield _api(text, match, _bare(match[1]), parameters, "")
    for match in _TABLE.finditer(text):
        name = _bare(match[1])
        rows = _split(text[match.end() : _closing(text, match.end())])
        columns = [
            r
            for r in rows
            if not re.match(r"(?i)(constraint|primary|foreign|unique|check|key)\b", r)
        ]
        about = f"Find the rows of the table {name} whose columns have the given values."
        parameters = tuple(_column(part, False) for part in columns)
        yield ApiSpec(slug(f"find_{name}"), about, parameters, f"Rows of the table {name}.")


_READERS: dict[str, Callable[[str], Iterator[ApiSpec]]] = {
    "c": _c,
    "c++": _c,
    "cpp": _c,
    "java": _java,
    "javascript": _javascript,
    "typescript": _javascript,
    "go": _go,
    "rust": _rust,
    "sql": _sql,
    "python": _python,
}


def _api(
    text: str, match: re.Match[str], name: str, parameters: tuple[ParameterSpec, ...], returns: str
) -> ApiSpec:
    returns = " ".join(returns.split())
    said = f"A value of type {returns}." if returns and returns != "void" else ""
    return ApiSpec(slug(name), _comment(text, match.start()), parameters, said)


def _comment(text: str, end: int) -> str:
    """Return the comment that stands right above a declaration, without its marks."""
    above = text[max(0, end - 1500) : end]
    if "\n\n" in above[-3:]:
        return ""
    rows = (row.lstrip(f"{_BLANKS}/*!#-").rstrip(f"{_BLANKS}*/") for row in _commented(above))
    return " ".join(row for row in rows if row and not row.startswith("@"))[:400]


def _commented(above: str) -> list[str]:
    """Return the lines of the comment with which a text ends."""
    bare = above.rstrip()
    if bare.endswith("*/"):
        start = bare.find("/*", bare.rfind("*/", 0, -2) + 1)
        return bare[start:].splitlines() if 0 <= start <= len(bare) - 4 else []
    if "\n" not in above[len(bare) :]:
        return []
    rows: list[str] = []
    for row in reversed(bare.split("\n")):
        mark = _LINE_COMMENT.search(row)
        rows = [row[mark.start() :], *rows] if mark else rows
        # What stands before a mark is code: the comment begins there.
        if mark is None or row[: mark.start()].strip():
            break
    return rows


def _split(text: str) -> list[str]:
    """Split at commas outside brackets."""
    parts, depth, start = [], 0, 0
    for i, letter in enumerate(text):
        depth += (letter in "(<[{") - (letter in ")>]}")
        if letter == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [part for part in (" ".join(p.split()) for p in [*parts, text[start:]]) if part]


def _typed_first(text: str) -> tuple[ParameterSpec, ...]:
    """Read `const char *name, int size = 3` (C, C++, Java)."""
    found = []
    for part in _split(text):
        left, _, default = part.partition("=")
        match = re.match(r"(.*?[\s*&>\]])([A-Za-z_]\w*+)\s*+(\[[^\[\]]*+\])?\s*+$", left.strip())
        if match:
            kind = _kind(f"{match[1]}{match[3] or ''}".replace("[[", "["))
            found.append(ParameterSpec(slug(match[2]), kind, "", not default))
    return tuple(found)


def _named_first(text: str) -> tuple[ParameterSpec, ...]:
    """Read `name: type = default` (Rust, TypeScript, Python, JavaScript)."""
    found = []
    for part in _split(text):
        left, _, default = part.partition("=")
        name, _, kind = left.partition(":")
        plain = slug(name.replace("mut ", "").strip().lstrip("&*."))
        if (
            plain
            and plain not in ("self", "cls", "mut_self")
            and name.strip()[:1] not in ("{", "[")
        ):
            optional = bool(default) or name.strip().endswith("?") or "Option<" in kind
            found.append(ParameterSpec(plain, _kind(kind) if kind else "string", "", not optional))
    return tuple(found)


def _go_parameters(text: str) -> tuple[ParameterSpec, ...]:
    """Read `a, b int, name string`: a type stands for all the names before it."""
    found: list[ParameterSpec] = []
    kind: JsonType = "string"
    for part in reversed(_split(text)):
        name, _, written = part.partition(" ")
        kind = _kind(written) if written else kind
        found.append(ParameterSpec(slug(name) or "value", kind, "", True))
    return tuple(reversed(found))


def _kind(written: str) -> JsonType:
    low = written.lower().strip()
    for kind, pattern in _KINDS:
        if re.search(pattern, low):
            return kind
    return "object"


def _column(row: str, required: bool) -> ParameterSpec:
    name, _, kind = row.partition(" ")
    return ParameterSpec(slug(_bare(name)) or "value", _kind(kind), kind[:80], required)


def _bare(name: str) -> str:
    return name.rsplit(".", 1)[-1].strip('[]"`')


def _closing(text: str, start: int) -> int:
    """Return where the bracket that opened just before `start` closes."""
    depth = 1
    for i in range(start, len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if depth == 0:
            return i
    return len(text)
