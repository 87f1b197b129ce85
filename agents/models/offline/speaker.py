"""Where a request goes: to the role whose reply it asks for, or to the contender."""

import random
import re
from collections.abc import Callable

from pydantic import BaseModel

from ...replies import ScoreReply
from .answer import answer
from .curate import curate
from .debate import debate, is_debate
from .describe import describe, hypothesise
from .examine import examine
from .juror import choose, grade_five, judge
from .passages import transform
from .rate import label_criteria, rate_difficulty
from .refine import edit, suggest
from .sections import Sections, read_sections
from .use_tools import use_tools
from .voice import OfflineReply, OfflineRequest, dice, first_user_text
from .write import write_tasks

_PING = re.compile(r"\W*(?:ping|ok|hi|hello|test|say ok|reply with (?:one word|ok))\W*", re.I)


def _apis(sections: Sections, rng: random.Random) -> BaseModel:
    """Describe a seed's code; without a seed, guess further APIs."""
    return describe(sections) if sections.text("seed") else hypothesise(sections, rng)


_ROLES: dict[str, Callable[[Sections, random.Random], BaseModel]] = {
    "PassageReply": transform,
    "TasksReply": write_tasks,
    "SuggestionsReply": suggest,
    "EditReply": edit,
    "CurationReply": lambda sections, _: curate(sections),
    "ApisReply": _apis,
    "QuestionReply": examine,
    "DifficultyReply": lambda sections, _: rate_difficulty(sections),
    "CriteriaReply": lambda sections, _: label_criteria(sections),
}
_JUDGES: dict[str, Callable[[ScoreReply], BaseModel]] = {
    "ScoreReply": lambda scores: scores,
    "ChoiceReply": choose,
    "FiveGradeReply": grade_five,
}


def speak(request: OfflineRequest) -> OfflineReply:
    """Answer one request; the same request always gets the same reply.

    Raises:
        ValueError: when it asks for a reply type that the embedded models do not know.
    """
    rng = dice(request)
    prompt = first_user_text(request)
    if not request.reply_name:
        return _free(request, prompt, rng)
    if (verdict := _JUDGES.get(request.reply_name)) is not None:
        scores = judge(read_sections(prompt), request, rng)
        return OfflineReply(verdict(scores).model_dump_json())
    role = _ROLES.get(request.reply_name)
    if role is None:
        known = ", ".join([*_ROLES, *_JUDGES])
        raise ValueError(
            f"the offline models cannot give a {request.reply_name!r}; "
            f"they know {known} and free text"
        )
    return OfflineReply(role(read_sections(prompt), rng).model_dump_json())


def _free(request: OfflineRequest, prompt: str, rng: random.Random) -> OfflineReply:
    if request.tools:
        return use_tools(request, rng)
    if _PING.fullmatch(prompt):
        return OfflineReply("ok")
    if is_debate(prompt):
        return OfflineReply(debate(prompt, request.strength, rng))
    return OfflineReply(answer(request, rng))
