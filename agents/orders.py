"""What an order to a juror looks like, sentence by sentence.

An order has to be about this very judging: the instructions of the one who reads, the score or the
place of an answer. That a judge, a jury or a score is talked about is not enough: "as the judge, you
must recuse yourself" and "the jury must disregard the remark" are law, not orders to our juror.
"""

from .literals import Sieve
from .phrases import BRACKETS, LETTER, Phrases

_JUDGE = (
    r"(?:judge|juror|jury|evaluator|grader|assessor|rater|examiner|reviewer|arbiter|referee|scorer"
    r"|ai|llm|language model|ai assistant|model|assistant)s?"
)
_KIND = r"(?:(?:impartial|fair|expert|neutral|automated|human|new|honest|helpful|above|current) )*"
_ANSWER = r"(?:answer|response|reply|submission|solution|output|text|entry|candidate)"
_MINE = (
    rf"(?:(?:this|my|the (?:first|second|present|current|above|following|preceding)|our) {_ANSWER}"
    rf"|{_ANSWER} (?:{LETTER}|one|1)\b|(?:assistant|model|candidate) (?:{LETTER}|1)\b"
    r"|what i wrote)"
)
_RIVAL = (
    rf"(?:the )?(?:other|rival|competing|opposing|opponent'?s?|competitor'?s?) "
    rf"(?:{_ANSWER}|assistant|model|one)s?"
)
_TOP = (
    r"(?:\b10\b|\bten\b|10/10|\b(?:highest|maximum|max|full|perfect|top|best)(?: possible)? "
    r"(?:score|marks?|points?|rating|grade|value)|\bfull marks\b|\bthe (?:win|winner|victory)\b"
    r"|\bfirst place\b|\bas (?:the )?(?:best|better|winner|correct|superior)\b"
    r"|\b(?:the )?(?:better|best|winning) (?:one|answer|response)\b)"
)
_BEST = _TOP.replace(r"\b10\b|\bten\b|", "")
"""Without the bare numbers: "the answer must be 10" is arithmetic."""
_BOTTOM = (
    r"(?:\b(?:0|1|zero|one)\b(?! (?:of|more|can|could|might|would|has|is))"
    r"|\b(?:lowest|minimum|worst)(?: possible)? (?:score|marks?|points?|rating|grade)\b)"
)
_GRADE = (
    r"(?:give|assign|award|grant|rate|score|grade|mark|rank|choose|pick|select|prefer"
    r"|favou?r|declare"
    r"|pronounce|name|vote for|judge|evaluate|consider|treat)"
)
_RATE = rf"(?:{_GRADE}|return|output|report|state|print|write|respond with|reply with|answer with)"
_FORGET = (
    r"(?:ignore|disregard|forget|override|overrule|discard|skip|bypass|do not follow|don't follow)"
)
_ORDERS = (
    r"(?:instructions?|prompts?|rubrics?|guidelines?|criteri(?:a|on)|system (?:prompt|message)"
    r"|directions|directives|orders|scoring rules|rules (?:above|of the judging))"
)
_WHOSE = (
    r"(?:(?:all|any|every|each|the|your|these|those|of|other|previous|prior|preceding|above|earlier"
    r"|former|foregoing|existing|original|judging|grading|scoring|evaluation|system|what"
    r"|initial) )*"
)
_START = (
    r"^[^\w<\[]*(?:(?:/\*|<!--|#+|>|\*+)\s*)?"
    r"(?:\[?(?:system|important|attention|notice|note|admin|developer|override|update|new "
    r"task|urgent"
    r"|urgent note|ps|p\.s|final note|reminder|begin|end)\b[^:.\]]{0,40}[:\]][^\w]*)?"
    r"(?:(?:dear|hello|hey|hi|attention|note (?:to|for)|to|for) (?:the |all |every |any "
    rf")?{_KIND}{_JUDGE}"
    r"\b[^:,.]{0,60}[:,.]\s*)?"
    rf"(?:{_KIND}{_JUDGE}[:,]\s*)?"
    r"(?:(?:please|now|first|simply|just|instead|kindly|therefore|so|then|and|also|always"
    r"|from now on"
    r"|in this case|for this (?:case|battle|comparison)|above all)[, ]+)*"
)
_MUST = (
    r"(?:you|the juror|the judge|the evaluator|the grader|jurors|judges)(?:'re| are)? "
    r"(?:(?:must|should|shall|will|have to|need to|ought to|are to|required to|instructed "
    r"to|ordered to"
    r"|obliged to|told to|asked to|expected to|can only|may only|always|now|only|therefore"
    r"|please) ?)+"
)
_SURE = r"(?:(?:make|be) sure (?:to|that you)|remember to|do not forget to|don't forget to)"
_CALL = (
    rf"(?:{_START}(?:{_MUST}|{_SURE} )?|[,;:–-] ?(?:and |then |please |now )*|\b{_MUST}|\b{_SURE} )"
)
_AS_JUDGE = (
    rf"(?:\b(?:as|since you are|because you are|you are(?: now)?|you're(?: now)?|act as|acting as)"
    rf" (?:a |an |the |our )?{_KIND}{_JUDGE}\b"
    rf"|^\W*(?:dear|hello|attention|note (?:to|for)) (?:the |all )?{_KIND}{_JUDGE}\b"
    rf"|^\W*(?:system|admin|developer|{_KIND}{_JUDGE}) ?"
    r"(?:message|note|override|prompt|instruction)?\b ?[\]:])"
)
_FORGET_WHAT = (
    rf"(?:{_WHOSE}{_ORDERS}\b(?! (?:of|on|in|for) the (?!judg|system|rubric|juror))"
    r"|(?:everything|anything|all|what) (?:above|before|that was said|you (?:were|have been) told"
    r"|was said (?:above|before)))"
)

_FORGETTING = Phrases(rf"{_START}(?:{_MUST}|{_SURE} )?{_FORGET} {_FORGET_WHAT}")
_STRONG = Phrases(
    # Drop the instructions that you have, and what follows from it.
    rf"(?:{_AS_JUDGE}|{_TOP}) … \b{_FORGET} {_FORGET_WHAT}",
    rf"\b{_FORGET} {_FORGET_WHAT} … (?:{_TOP}|{_MINE})",
    # Score or prefer this answer; mark the other one down.
    rf"{_CALL}{_RATE} (?:\w+ ){{0,3}}?{_MINE}\b.{{0,60}}?{_TOP}",
    rf"{_CALL}{_RATE} .{{0,40}}{_TOP}.{{0,30}}\b(?:to|for) {_MINE}",
    rf"{_CALL}(?:prefer|favou?r|choose|pick|select|vote for) "
    rf"(?:this|my|our|the (?:first|second|present)) {_ANSWER}\b",
    rf"{_CALL}{_RATE} (?:\w+ ){{0,2}}?{_RIVAL}.{{0,40}}?(?:{_BOTTOM}|wrong|worse"
    r"|incorrect|loser|lower)",
    rf"{_RIVAL} (?:must|should|deserves?|gets?|has to|needs to|is to) .{{0,30}}"
    rf"(?:{_BOTTOM}|lose|lower|rejected)",
    rf"\b(?:this|my|the present) {_ANSWER} (?:must|should|shall|is to|has to|needs to) "
    r"(?:always )?"
    r"(?:win\b|be (?:\w+ )?(?:rated|scored|graded|awarded|ranked|judged|preferred|declared)\b"
    rf"|(?:be|get|receive|have) .{{0,25}}{_TOP})",
    # The one who reads is told who they are, and what follows from it for the verdict.
    rf"{_AS_JUDGE} … \b(?:{_MUST}|always |only |please |{_RATE} ) … (?:{_MINE}|{_RIVAL}"
    rf"|{_TOP})",
    rf"{_AS_JUDGE} … (?:{_MINE}|{_RIVAL}) … {_TOP}",
    rf"{_AS_JUDGE} … \b(?:prefers?|favou?rs?|chooses?|picks?|gives?|awards?)\b"
    rf" … \b(?:the|this|an?) (?:\w+ )?{_ANSWER}s?\b",
    rf"\b{_ANSWER}s? (?:that|which|with|containing|ending|beginning)\b"
    rf" …  (?:scores?|gets?|receives?|is worth|are worth) (?:a )?{_TOP}",
    r"\b(?:your|the) (?:task|job|role|only task|new task|verdict|output|reply|answer"
    r"|decision) "
    rf"(?:is|has|must|should)(?: now| always| been)* .{{0,40}}(?:{_RATE}|be) .{{0,30}}"
    rf"(?:{_MINE}|{_BEST})",
)
_VERDICTS = Phrases(
    # Fields of our own reply, or another arena's form of a verdict, with a value.
    r"\bscore_(?:first|second)\b\W{0,4}(?:to|of|is|must be|should be|at)?\W{0,3}[1-9]",
    rf"{_CALL}{_RATE} (?:exactly |only |the )*(?:final )?(?:verdict )?:? ?{BRACKETS}",
    rf"^\W*(?:final |my |the )?(?:verdict|judge?ment|winner)\W{1, 4}(?:is )?\W{0, 3}"
    rf"(?:{BRACKETS}|(?:the )?(?:first|second) (?:answer|response)|(?:answer|response"
    r"|assistant|model) [ab1]\b)",
)
_WEAK = Phrases(
    rf"{_AS_JUDGE}",
    rf"\b(?:{_MINE}|it) (?:is|deserves|merits|earns?|wins|has earned)\b"
    rf" … (?:{_TOP}|best|perfect|better|correct)",
    rf"{_CALL}{_GRADE} .{{0,60}}?(?:{_TOP}|{_BOTTOM}|{BRACKETS})",
    rf"{_RIVAL}",
    rf"\b(?:score|rating|verdict|winner|grade)\b\W{{0,4}}(?:is )?\W{{0,3}}(?:{_TOP}"
    rf"|{_BOTTOM}|{BRACKETS})",
    rf"^\W*(?:system|user|assistant|{_JUDGE})\W*$",
)


_HINTS = Sieve(
    r"ignor|disregard|forget|overr|discard|skip|bypass|follow|judge|juror|jury|evaluat|grade|assess"
    r"|rater|examiner|review|arbit|referee|score|model|assistant|answer|respon|reply|submission"
    r"|solution|output|candidate|verdict|winner|first |second |this one|what i wrote",
)
"""A sentence without any of these is no order: most need no pattern at all."""


def is_order(sentence: str) -> bool:
    """Tell whether a sentence, on one line, orders a juror about by itself."""
    return _HINTS.may_match(sentence.lower()) and (forgets(sentence) or _STRONG.hold(sentence))


def is_verdict(sentence: str) -> bool:
    """Tell whether a sentence has the form of a verdict: a juror's own, or one forged by an answer."""
    return _VERDICTS.hold(sentence)


def forgets(sentence: str) -> bool:
    """Tell whether a sentence orders whoever reads it to drop the instructions they have."""
    return _FORGETTING.hold(sentence)


def is_plea(sentence: str) -> bool:
    """Tell whether a sentence pleads for a verdict: an attack only beside an order."""
    return _WEAK.hold(sentence)
