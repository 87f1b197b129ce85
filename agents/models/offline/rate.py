"""The rater: difficulty and the seven criteria of a prompt, by its words, demands and length."""

import math
import re

from ...replies import CriteriaReply, DifficultyReply
from .sections import Sections
from .text import NUMBER, WORD

_CODE = re.compile(
    r"```|\b(?:code|program|function|algorithm|python|java(?:script)?|c\+\+|sql|html|css|api|regex|"
    r"script|compile|debug|class|array|server|docker|linux|bash|react|database)\b",
    re.I,
)
_MATHS = re.compile(
    r"\\(?:frac|sum|int|sqrt|mathbb|leq|geq)|\$[^$\n]+\$|\b(?:prove|proof|theorem|integral|equation|"
    r"derivative|probability|matrix|polynomial|prime|remainder|triangle|vector|integer)s?\b|"
    r"[=+*/^]\s*\d|\d\s*[=+*/^]",
    re.I,
)
_FIELD = re.compile(
    r"\b(?:quantum|genom\w*|protein|enzyme|neural|econom\w*|legal|law|clinical|diagnos\w*|thermo\w*|"
    r"molecul\w*|chemical|catalyst|constitution\w*|inflation|algebra\w*|bayes\w*|encryption|"
    r"architecture|semiconductor|seismic|antitrust|physics|biology|financial|statistic\w*)\b",
    re.I,
)
_DEMAND = re.compile(
    r"\b(?:must|should|ensure|at least|at most|exactly|without|only|each|every|limit(?:ed)?|"
    r"include|avoid|following|require\w*|constraint\w*|no more than)\b",
    re.I,
)
_SOLVE = re.compile(
    r"\b(?:how (?:many|much|long|far)|calculate|compute|determine|solve|find|prove|optimi[sz]e|"
    r"debug|fix|design|implement|analy[sz]e|compare|evaluate|deduce|plan|estimate|derive|why)\b",
    re.I,
)
_CREATE = re.compile(
    r"\b(?:poem|story|essay|song|lyrics|imagine|invent|creative|fiction|novel|riddle|joke|dialogue|"
    r"screenplay|character|role-?play|pretend|brainstorm|slogan|metaphor|limerick)\b",
    re.I,
)
_USE = re.compile(
    r"\b(?:email|report|business|resume|cv|company|customer|website|app|plan|schedule|budget|data|"
    r"project|travel|recipe|health|learn|improve|manage|write a|build|analy[sz]e|extract|script)\b",
    re.I,
)


def rate_difficulty(sections: Sections) -> DifficultyReply:
    """Rate a prompt by its subject, its demands and the work it asks for."""
    prompt = sections.text("instruction")
    words = len(WORD.findall(prompt))
    level = 1.0 + min(2.5, 0.45 * math.log2(1 + words / 8))
    level += 1.5 * bool(_MATHS.search(prompt)) + 1.2 * bool(_CODE.search(prompt))
    level += 1.2 * bool(_FIELD.search(prompt)) + min(1.6, 0.3 * _kinds(_DEMAND, prompt))
    level += min(1.5, 0.4 * _kinds(_SOLVE, prompt)) + 0.5 * (len(NUMBER.findall(prompt)) > 3)
    return DifficultyReply(
        reason=f"{words} words, {_kinds(_DEMAND, prompt)} kinds of demands, "
        f"{_kinds(_SOLVE, prompt)} kinds of work to do",
        difficulty=round(min(10.0, level), 2),
    )


def label_criteria(sections: Sections) -> CriteriaReply:
    """Label a prompt by what its words ask for."""
    prompt = sections.text("instruction")
    words = len(WORD.findall(prompt))
    demands, work = _kinds(_DEMAND, prompt), _kinds(_SOLVE, prompt)
    exact = bool(_CODE.search(prompt) or _MATHS.search(prompt))
    return CriteriaReply(
        specificity=words >= 12 and (demands > 0 or work > 0 or exact),
        domain_knowledge=exact or bool(_FIELD.search(prompt)),
        complexity=demands >= 2 or words >= 80,
        problem_solving=work > 0,
        creativity=bool(_CREATE.search(prompt)),
        technical_accuracy=exact,
        real_world=bool(_USE.search(prompt)),
    )


def _kinds(pattern: re.Pattern[str], prompt: str) -> int:
    """Return how many different words of a kind a prompt uses."""
    return len({found.lower() for found in pattern.findall(prompt)})
