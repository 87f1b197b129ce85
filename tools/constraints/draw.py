"""Draws constraints for a task: of its leaf's family first, of others as it is to be harder."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from .casing import CASING
from .constraint import Constraint, Material
from .content import CONTENT
from .frame import FRAME, RepeatedRequest
from .keywords import KEYWORDS
from .layout import LAYOUT
from .lengths import LENGTHS

COMBINATION = "combination"
"""The family of all the others together."""
_MANY = {1: 1, 2: 1, 3: 2, 4: 2, 5: 3}
"""Constraints of a task by the level asked for; a combination has one more."""
_ALL: tuple[type[Constraint], ...] = (*LENGTHS, *KEYWORDS, *CASING, *LAYOUT, *FRAME, *CONTENT)
FAMILIES: Mapping[str, tuple[type[Constraint], ...]] = {
    family: tuple(kind for kind in _ALL if kind.FAMILY == family)
    for family in dict.fromkeys(kind.FAMILY for kind in _ALL)
} | {
    COMBINATION: _ALL,
    # A text stands above the task: what is to be repeated would not be plain.
    "of_a_text": tuple(kind for kind in _ALL if kind is not RepeatedRequest),
}
"""Kinds by the leaf that asks for them."""
_SINGLE = frozenset(kind.FAMILY for kind in _ALL)
_WORD = re.compile(r"[^\W\d_]{4,14}")
_EVERYDAY = frozenset(
    "about above after again also although among another around because been before being below between "
    "both cannot could does doing down during each even every from further have having here hers into "
    "itself just like made make many might more most much must myself never only other ours over same "
    "shall should since some such than that their theirs them then there these they this those through "
    "under until upon very were what when where which while whom whose will with within without would "
    "your yours text passage write says said asked".split()
)


@dataclass(frozen=True, slots=True)
class Constrained:
    """A task with its constraints said in it."""

    task: str
    constraints: tuple[Constraint, ...]


def telling_words(text: str, most: int = 40) -> tuple[str, ...]:
    """Return words that a text is about, small letters, the most frequent first; never none."""
    words = Counter(word for word in _WORD.findall(text.lower()) if word not in _EVERYDAY)
    return tuple(word for word, _ in words.most_common(most)) or ("example",)


def drawn(
    family: str, material: Material, random: Random, kept: Sequence[Constraint] = ()
) -> Constrained:
    """Return a task with constraints of a family; `kept` are those it has already.

    As its level rises, there are more of them, of other families too. None decides what another does.
    """
    wanted = _MANY[material.level] + (family == COMBINATION) if not kept else len(kept) + 1
    constraints = list(kept)
    task = material.task
    first = [] if kept else _shuffled(FAMILIES[family], random)
    others = _shuffled(FAMILIES[COMBINATION if family in _SINGLE else family], random)
    for kind in (*first, *others):
        if len(constraints) == wanted:
            break
        if not constraints or _goes_with(kind, constraints):
            constraint = kind.draw(random, Material(task, material.words, material.level))
            constraints.append(constraint)
            task = f"{task}{_joint(random)}{constraint.say(random)}"
    return Constrained(task, tuple(constraints))


def _goes_with(kind: type[Constraint], constraints: Sequence[Constraint]) -> bool:
    return not any(kind.TOUCHES & one.TOUCHES or kind.KIND == one.KIND for one in constraints)


def _shuffled(kinds: Sequence[type[Constraint]], random: Random) -> list[type[Constraint]]:
    return random.sample(kinds, len(kinds))


def _joint(random: Random) -> str:
    """Return what stands between a task and what it is asked besides."""
    return random.choice((" ", " ", "\n", "\n\n"))
