"""Citations: the answer cites lines of its files by their marks, such as [notes.txt:12], and they are there.

The term is the least number of different lines cited, 1 where none is given. A cited line has to share a
telling word with the sentence that cites it.
"""

import re

from .task import CheckTask, Rule

_MARK = re.compile(r"\[([^\[\]:\n]{1,120}):(\d{1,7})\]")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?![\[(])|\n+")


def _problem(task: CheckTask) -> str:
    if not task.files:
        return "there are no files to cite"
    least = _least(task)
    lines = sum(bool(line.strip()) for _, text in task.files for line in text.splitlines())
    if not 1 <= least <= lines:
        return f"{task.terms} is no number of lines between 1 and {lines}"
    return ""


def _least(task: CheckTask) -> int:
    text = next(iter(task.terms), "1")
    return int(text) if text.isdecimal() else 0


def _fault(answer: str, task: CheckTask) -> str:
    files = {name: text.splitlines() for name, text in task.files}
    cited: set[tuple[str, int]] = set()
    for sentence in _SENTENCE.split(answer):
        for found in _MARK.finditer(sentence):
            name, line = found[1], int(found[2])
            if name not in files:
                return f"{found[0]}: there is no such file"
            if not 1 <= line <= len(files[name]) or not files[name][line - 1].strip():
                return f"{found[0]}: there is no such line"
            said = _MARK.sub(" ", sentence)
            if said.strip(" .;,") and not _words(said) & _words(files[name][line - 1]):
                return f"{found[0]}: that line has no word of what cites it"
            cited.add((name, line))
    if len(cited) < _least(task):
        return f"cites {len(cited)} lines, not {_least(task)}"
    return ""


def _words(text: str) -> set[str]:
    """Return the beginnings of a text's longer words, and its numbers: `rises` and `rising` agree."""
    return {w.lower()[:5] for w in re.findall(r"[^\W\d_]{4,}", text)} | set(
        re.findall(r"\d+", text)
    )


RULE = Rule(_problem, _fault, literal=True)
