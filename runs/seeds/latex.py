"""A light clean-up of LaTeX: headings and emphasis as markdown, mathematics untouched."""

import re
import unicodedata

_MATHS_NAMES = "equation|align|gather|multline|eqnarray|displaymath|math|verbatim|lstlisting"
_MATHS = re.compile(
    rf"\\begin\{{({_MATHS_NAMES})(\*?)\}}.*?\\end\{{\1\2\}}"
    r"|\\\[.*?\\\]|\\\(.*?\\\)|\$\$.*?\$\$|(?<!\\)\$(?:\\.|[^$\\])+\$",
    re.DOTALL,
)
_ARGUMENT = r"\s*\{((?:[^{}\\]|\\.)*)\}"
_HEADING = re.compile(
    r"\\(part|chapter|section|subsection|subsubsection|paragraph)\*?(?:\[[^\]]*\])?"
    rf"(?:\s*\{{[IVXLC\d]*\}})?{_ARGUMENT}[ \t]*",
    re.IGNORECASE,
)
_LEVELS = {"part": 1, "chapter": 1, "section": 2, "subsection": 3}
_DROPPED = re.compile(
    r"\\(?:label|ref|eqref|pageref|autoref|cite\w*|index|bibliography\w*|usepackage|documentclass"
    r"|input|include\w*|[vh]space\*?|pagestyle|thispagestyle|setcounter|addtocounter|begin|end"
    rf"|PageSep|Pagelabel)(?:\[[^\]]*\])*{_ARGUMENT}(?:\s*\{{[^{{}}]*\}})?",
    re.IGNORECASE,
)
_DROPPED_LINE = re.compile(rf"^[ \t]*(?:{_DROPPED.pattern})[ \t]*\n", re.I | re.MULTILINE)
_EMPHASIS = re.compile(rf"\\(textbf|textit|emph|texttt|textsl){_ARGUMENT}")
_MARKS = {"textbf": "**", "texttt": "`"}
_NOTE = re.compile(rf"\\footnote(?:\[[^\]]*\])?{_ARGUMENT}")
_COMMAND = re.compile(rf"\\[A-Za-z]+\*?(?:\[[^\]]*\])*{_ARGUMENT}")
_ACCENT = re.compile(r"\\([`'^\"~=.]|[cvuH](?=\{))\{?\\?([A-Za-z])\}?")
_COMBINING = dict(
    zip(
        "`'^\"~=.cvuH",
        "\u0300\u0301\u0302\u0308\u0303\u0304\u0307\u0327\u030c\u0306\u030b",
        strict=True,
    )
)


def latex_to_markdown(text: str) -> str:
    """Return the body of a LaTeX document as markdown, its formulas byte for byte."""
    text = _body(re.sub(r"(?<!\\)%[^\n]*(?:\n[ \t]*(?=\S))?", "", text))
    formulas: list[str] = []

    def keep(found: re.Match[str]) -> str:
        formulas.append(found[0])
        return f"\x02{len(formulas) - 1}\x03"

    text = _prose(_MATHS.sub(keep, text))
    return re.sub("\x02(\\d+)\x03", lambda found: formulas[int(found[1])], text)


def _body(text: str) -> str:
    """Return what stands between begin and end of the document, or all of it."""
    text = text.split(r"\begin{document}", 1)[-1]
    return text.split(r"\end{document}", 1)[0]


def _prose(text: str) -> str:
    """Rewrite commands, innermost first, until none with an argument is left."""
    text = _ACCENT.sub(lambda f: unicodedata.normalize("NFC", f[2] + _COMBINING[f[1]]), text)
    text = re.sub(r"\\item(?:\[([^\]]*)\])?\s*", r"- \1", text)
    before = ""
    while before != text:
        before = text
        text = _known(text)
        # Commands that nobody knows give their argument, once the known ones are through.
        text = _COMMAND.sub(r"\1", text) if text == before else text
    return _signs(text)


def _known(text: str) -> str:
    text = _DROPPED.sub("", _DROPPED_LINE.sub("", text))
    text = _EMPHASIS.sub(_emphasis, text)
    text = _HEADING.sub(_heading, text)
    return _NOTE.sub(r" (\1)", text)


def _heading(found: re.Match[str]) -> str:
    level = _LEVELS.get(found[1].lower(), 4)
    return f"\n\n{'#' * level} {' '.join(found[2].split())}\n\n"


def _emphasis(found: re.Match[str]) -> str:
    mark = _MARKS.get(found[1], "*")
    return f"{mark}{found[2].strip()}{mark}" if found[2].strip() else ""


def _signs(text: str) -> str:
    """Rewrite quotes, dashes, spaces and escaped signs; drop commands without an argument."""
    text = re.sub(r"\\\\(?:\[[^\]]*\])?", "\n", text)
    text = re.sub(r"\\[,;:!/@ ]", lambda f: " " if f[0] == "\\ " else "", text)
    text = re.sub(r"\\(?:ldots|dots)\b ?", "…", text)
    text = re.sub(r"\\[A-Za-z]+\*? ?", "", text)
    text = text.replace("---", "—").replace("--", "–").replace("``", "“").replace("''", "”")
    text = re.sub(r"(?<!\\)~", " ", text).replace("`", "‘")
    text = re.sub(r"(?<!\\)[{}]", "", text)
    return re.sub(r"\\([%&$#_{}~])", r"\1", text)
