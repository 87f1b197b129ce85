"""Contenders of known strength: each reads the task and solves it, or fails, by a hash of the text."""

import re
from collections.abc import Callable, Mapping
from hashlib import blake2b


class Solver:
    """Solves a share of the tasks of each leaf: the same ones whenever it is asked."""

    def __init__(self, strength: Mapping[str, float], salt: int = 0) -> None:
        """Take the share of tasks solved by leaf; `other` is that of all leaves not named."""
        self._strength = strength
        self._key = str(salt).encode()

    def __call__(self, prompt: str) -> str:
        """Return the answer to a task; what cannot be read is answered with a dash."""
        task = prompt.strip()
        right = solve(task)
        if right is None:
            return "-"
        strength = self._strength
        share = strength.get(task.partition(" ")[0], strength.get("other", 1.0))
        digest = blake2b(task.encode(), digest_size=6, key=self._key).digest()
        chance = int.from_bytes(digest) / 2**48
        return right if chance < share else _slip(right, digest[0])


def _slip(right: str, how: int) -> str:
    """Return a wrong answer that looks like the right one."""
    if right.isdigit():
        return str(int(right) + 1 + how % 3)
    turned = right[1:] + right[:1]
    return turned if turned != right else right + right[-1]


def solve(task: str) -> str | None:
    """Return the right answer to a task as it is worded; None where the words make no task."""
    for pattern, answer in _READERS:
        if found := pattern.fullmatch(task):
            return answer(found)
    return None


def _found(match: re.Match[str]) -> str:
    values = dict(re.findall(r"([a-h])(\d)", match[2]))
    return str(values.get(match[1], "-"))


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"copy ([a-h]+)"), lambda m: m[1]),
    (re.compile(r"upper ([a-h]+)"), lambda m: m[1].upper()),
    (re.compile(r"reverse ([a-h]+)"), lambda m: m[1][::-1]),
    (re.compile(r"sort ([a-h]+)"), lambda m: "".join(sorted(m[1]))),
    (re.compile(r"count ([a-h]) in ([a-h]+)"), lambda m: str(m[2].count(m[1]))),
    (re.compile(r"lower ([A-H]+)"), lambda m: m[1].lower()),
    (re.compile(r"double ([a-h]+)"), lambda m: m[1] * 2),
    (re.compile(r"last of ([a-h]+)"), lambda m: m[1][-1]),
    (
        re.compile(r"replace ([a-h]) by ([a-h]) in ([a-h]+)"),
        lambda m: m[3].replace(m[1], m[2]),
    ),
    (re.compile(r"find ([a-h]) in ((?:[a-h]\d ?)+)"), _found),
    (re.compile(r"larger (\d+(?: \d+)+)"), lambda m: str(max(map(int, m[1].split())))),
    (re.compile(r"add (\d+) (\d+)"), lambda m: str(int(m[1]) + int(m[2]))),
)
