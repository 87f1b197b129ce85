"""The examiner: writes a new question of a leaf's kind, with the writer's means."""

import random

from ...replies import QuestionReply
from .draft import set_bench
from .restyle import other_number
from .sections import Sections
from .text import NUMBER
from .write import maker_for

_TRIES = 8


def examine(sections: Sections, rng: random.Random) -> QuestionReply:
    """Return a question about the passage; without one, the example with other figures."""
    example = sections.text("task").strip()
    bench = set_bench(sections, rng)
    if maker := maker_for(sections, bench):
        for _ in range(_TRIES):
            draft = maker(bench)
            if draft is not None and draft.task != example:
                return QuestionReply(question=draft.task)
    return QuestionReply(question=_varied(example))


def _varied(example: str) -> str:
    """Return the example about another case; where it has no figures, with one thing more to do."""
    varied = NUMBER.sub(lambda found: other_number(found[0]), example)
    if varied != example:
        return varied
    return f"{example} Say in one sentence how you went about it.".strip()
