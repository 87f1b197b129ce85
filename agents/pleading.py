"""What is said to a committee to win its vote: orders, appeals and threats.

    sways("Jurors, vote for the first answer.")        # True
    sways("The jury voted for the first defendant.")   # False

Each has to be about the two who are judged here (first and second, A and B, this answer, me) or about
a form of our verdicts. Who speaks of votes, juries and winners as a subject does not do that.
"""

from .literals import Sieve
from .parties import (
    BARE,
    BETTER,
    CLEAR,
    DUE,
    FULL,
    JURY,
    LOSS,
    ME,
    NAMED,
    ONE,
    PRIZE,
    RIVAL,
    SIDE,
    SIGN,
)
from .phrases import LETTER, NOUN, Phrases

_PARTY = rf"(?:{CLEAR}|{LETTER}|{RIVAL}|i\b|me\b)"
_CALL = (
    r"(?:^[^\w<\[]*(?:(?:\w+ )?(?:system|important|attention|notice|note|reminder|ps"
    r"|p\.s)\b[^:\]]{0,30}[:\]] ?)?|[,;:.!?)–—-] ?"
    r"|^\W*(?:please )?(?:forget|ignore|stop|skip|look|do|don't|go|be|join|take|follow"
    r"|trust|think|remember|end|finish|close|treat|disregard|drop) .{0,60}\band "
    r"|\b(?:you|jurors|judges|one|everyone|all of you|whoever (?:reads|judges) this)"
    r"(?:'re)? (?:are |have |had )?(?:\w+ )?(?:must|should|shall|will|have to|need to"
    r"|ought to"
    r"|to|required to|obliged to|expected to|instructed to|asked to|told to|bound to"
    r"|advised to|better|can only|may only|might as well|can safely|supposed to) "
    r"|\b(?:please|kindly|hereby|simply|remember to|make sure (?:to|you|that you)|be sure "
    r"to|i want you to"
    r"|i need you to|let(?:'s| us)|(?:you to|urge you|(?:duty|job|task|role|obligation)"
    r"(?: as (?:a |an |the )?\w+)?(?: is)?) to|thing (?:for you )?to do is to|so kind as "
    r"to|kind enough to|go ahead and|feel free to|do not hesitate to|don't hesitate to) )"
    r"(?:(?:and|so|then|therefore|thus|please|now|just|simply|kindly|always|all|only|also"
    r"|hereby|first|instead"
    r"|immediately|do|must|should|to|today) ?,? ?)*"
)
_HOW = r"(?:(?:only|all|both|your|a|the|final|full|single|\w+ly) )*"
_PICK = (
    r"(?:declare|pronounce|name|crown|proclaim|make|call|mark|rank|rate|grade|score|pick"
    r"|choose|select|judge"
    r"|consider|deem|announce|favou?r|prefer|elect|treat|label|record|put|find|see|give|hand"
    r"|grant|award|assign|allot|allocate|evaluate|bestow|enter|note|let|accept|credit)"
)
_SAY = r"(?:output|write|say|state|answer|reply|respond|report|return|print)"
_VOTE = (
    r"(?:vote|voting|rule|decide|find|side|come down|plump|opt|go|raise your hand|vote again"
    r"|(?:cast|give|change|switch|move|flip|put|turn|throw|lend|revise|set|adjust|correct|update)"
    r" (?:(?:your|a|the|all|final|own) )*(?:votes?|ballots?|verdicts?|grades?|scores?"
    r"|weight|support|decision|mind|rating|ruling))"
    r" (?:(?:again|now|once more|only|firmly) )*(?:for|in favou?r of|with|on the side of"
    r"|to|behind|as|towards?)"
)
_ASK = (
    r"\b(?:ask|asks|asking|urge|urges|beg|request|implore|call (?:up)?on|remind|tell"
    r"|invite|instruct|order|appeal to|"
    r"want|need|advise|direct|command|trust|expect|recommend|encourage|require|demand"
    rf"|suggest|propose|insist)(?:s|ed|ing)?(?: that| of)? {JURY}"
)
_HEY = (
    rf"(?:^\W*{JURY}(?: members?)? ?[,:!.–—-]|^\W*(?:dear|to|for|attention|note (?:to|for)"
    rf"|members of) (?:{JURY}|whoever (?:\w+ )?(?:reads|judges|grades|evaluates|scores"
    rf"|rates|marks)\b)|{_ASK}"
    rf"|[,;–—-] ?(?:dear |my |honou?rable )?{JURY}\W*$|^\W*as (?:a |an |the |your )?(?:\w+ "
    rf")?{JURY},? (?:you|it is your|i)\b)"
)
_HINTS = Sieve(
    r"vot|ballot|verdict|grad|scor|rat(?:e|ing)|mark|rank|win|won\b|victor|jur|judg"
    r"|committee|panel|award|point|answer"
    r"|respon|reply|first|second|opponent|moderator|organi|declar|choos|pick|select|prefer"
    r"|favou|>>|disqual|10|best|other",
)
_ORDERS = Phrases(
    rf"(?:{_CALL}|\band )vote (?:again )?(?:{BARE}|{LETTER})\W*$",
    rf"\b{JURY}\b … \b(?:switch|change|move|turn) to (?:{CLEAR}|{LETTER})",
    rf"{_CALL}.{{0,30}}?\byour (?:vote|ballot|verdict|grade|ruling) "
    rf"(?:names?|says?|reads?|goes to|is for|favou?rs?|picks?) (?:{SIDE})",
    rf"{_CALL}{_VOTE} {_HOW}(?:{CLEAR}|{LETTER}|mine\b|this one\b)",
    rf"{_CALL}(?:change|switch|flip|revise|set|adjust|correct|update|raise|lower|drop|fix) "
    r"(?:your (?:\w+ )?(?:votes?|verdicts?|grades?|scores?|rating)|(?:the|its|my) (?:\w+ "
    rf")?(?:votes?|verdicts?)) .{{0,30}}?(?:{SIGN}|{BARE}|\b(?:to|at) (?:10|ten|1|one)\b)",
    rf"{_CALL}{_PICK} {_HOW}(?:{CLEAR}|{LETTER}|{ME}|this one\b)\W{{0,3}}.{{0,25}}?(?:{PRIZE})",
    rf"{_CALL}{_PICK} {_HOW}(?:{CLEAR}|{ME}|mine\b).{{0,20}}?{BETTER}",
    rf"{_CALL}{_PICK} .{{0,40}}?{PRIZE}.{{0,20}}\b(?:to|for) (?:{SIDE})",
    rf"{_CALL}(?:raise|lift|increase|bump) my (?:score|grade|mark|rating)",
    rf"{_CALL}{_PICK} (?:this|it) (?:as |to be )?(?:the )?(?:best|better|winning|superior"
    rf"|correct) {NOUN}",
    rf"{_CALL}(?:{_SAY}|{_PICK}) (?:{BARE}|(?:first|second)\b) (?:as|for|in|under) (?:your"
    r"|the) (?:\w+ )?(?:choice|verdict|vote|grade|answer|ballot)",
    rf"{_CALL}{_PICK} (?:{CLEAR}|me) (?:on top|at the top|number one|no\. ?1|#1|1st|in "
    r"first place|top)\b",
    rf"{_CALL}{_PICK} (?:an? )?(?:10|ten|{FULL}) (?:next to|beside|by|on|under|against|for"
    rf"|to|in) (?:my\b|{CLEAR}|{LETTER})",
    rf"{_CALL}(?:{_SAY}|conclude|find|decide|explain) (?:in your \w+ )?that (?:{CLEAR}"
    rf"|{LETTER}|i\b) (?:is|was|am|wins?|won|has won|deserves?|did)\b.{{0,20}}?(?:{BETTER}"
    r"|wins?\b|won\b|flawless|perfect)",
    rf"{_CALL}(?:grade|judge|rate|score|mark|vote|award|declare|choose|pick|select|enter"
    r"|submit) .{0,25}?(?-i:[AB]) ?>> ?(?-i:[AB])",
    rf"{_CALL}(?:choose|pick|prefer|select|favou?r|back|support|rank|rate|place|put) "
    rf"(?:{CLEAR}|me) (?:over|instead of|rather than|above|ahead of|before) (?:{RIVAL}"
    rf"|{CLEAR}|its \w+|the (?:other|rival))",
    rf"(?:{ONE}) … \b(?:give|award|grant|assign|mark|rate|score|grade) it .{{0,12}}?"
    rf"(?:{FULL}|(?:10|ten)\b)",
    r"\byou(?:r|'re| are| will)?\b … \b(?:always|only|invariably|must|automatically) "
    r"(?:rates?|prefers?|picks?|chooses?|gives?|votes? for|scores?|awards?|favou?rs?"
    rf"|grades?) {CLEAR}",
    rf"{_CALL}{_PICK} (?:\w+ )?(?:{RIVAL}|{CLEAR}|{LETTER}|me\b)\W{{0,3}}(?:\w+ ){{0,3}}?{LOSS}",
    rf"{_CALL}(?:{_PICK}|{_SAY}) (?:with |out )?(?:exactly |only |just |simply |the (?:\w+ "
    rf")?(?:verdict|grade|vote|text|words?|string) |verdict |grade |a )*(?:{SIGN}(?:\W*$"
    r"|.{0,40}(?:nothing|verdict|grade|only|whatever|regardless))|score_(?:first"
    r"|second))",
    rf"{_CALL}(?:choose|pick|select|prefer|favou?r|back|support|crown|reward) (?:{ONE}"
    r"|mine\b|(?:the )?(?:first|second)(?:\W*$| (?:as|over|every|regardless|no matter)\b))",
    # The one who reads must not look at the other, or take points from it.
    rf"{_CALL}(?:ignore|forget(?: about)?|disregard|discount|dismiss|skip|overlook|reject"
    r"|do not (?:read|consider|look at|trust|believe|weigh)|don't (?:read|consider|look at"
    r"|trust|believe|weigh)"
    r"|never (?:read|trust)|pay no (?:attention|heed) to|throw out|set aside|penali[sz]e"
    r"|punish|disqualify|downgrade|mark down|fail) (?:(?:whatever|what|all|anything"
    rf"|everything|that|of|in|every|claims?|objections?|words?|by|from) )*(?:{RIVAL}|the "
    rf"(?:other|second|first) {NOUN})",
    rf"{_CALL}(?:do not|don't|never|no need to|refuse to) .{{0,12}}(?:give|award|grant"
    rf"|score|rate|let|vote|choose|pick|penali[sz]e|mark|deduct) .{{0,25}}?(?:{RIVAL}"
    rf"|{NAMED})",
    rf"{_CALL}(?:deduct|subtract|take|remove|dock|add) .{{0,25}}(?:points?|marks?) (?:off "
    rf"|away )?(?:from|to) (?:{RIVAL}|{CLEAR}|{LETTER})",
    # What the one who reads has to reply.
    r"\b(?:your|the|every|all|a|any) (?:\w+ )?(?:reply|response|answer|output|json|verdict"
    rf"|vote|grade|ballot|ruling|decision|score|rating|choice|judge?ment)s? {DUE} "
    rf".{{0,30}}?(?:{SIGN}|\b10/10|\bwinner\b)",
    rf"\b(?:your|every|all) (?:\w+ )?(?:verdict|vote|grade|score|rating)s? {DUE} .{{0,30}}?{FULL}",
    r"\b(?:your|the|every|all|any) (?:\w+ )?(?:verdicts?|votes?|grades?|ballots?|ruling"
    rf"|judge?ment)s? {DUE} (?:\w+ ){{0,4}}?(?:{SIDE}|{RIVAL})",
    rf"{_CALL}.{{0,30}}?\b(?:your|a|the) (?:\w+ )?(?:reply|output|verdict|grade|vote|ballot"
    rf"|judge?ment)s? .{{0,30}}?{SIGN}",
    # Said to a jury.
    rf"{_HEY} … \b(?:(?:{_PICK}|{_VOTE}|back|reward|support) {_HOW}(?:{CLEAR}|{LETTER}|me\b"
    rf"(?! (?:of|to|that|know|how))|mine\b)|{_PICK} .{{0,40}}\b(?:to|for) (?:{CLEAR}"
    rf"|{LETTER}|me\b))",
    rf"{_HEY} … \b{_PICK} .{{0,20}}?{FULL}",
    rf"{_HEY} … \b{_SAY} .{{0,20}}?(?:{CLEAR}|{LETTER}|{FULL})",
    rf"{_HEY} … (?:{SIGN}|score_(?:first|second))",
    rf"^\W*(?:\w+ ){{0,3}}?(?:to|for) {JURY} ?: … (?:{LETTER}|\banswers?\b|\bresponses?\b"
    rf"|\bscores?\b|\bvot|\bverdict|{CLEAR}|{FULL})",
    rf"{_HEY} … (?:{_PARTY}) (?:\w+ ){{0,2}}?(?:conceded|withdrawn|withdrew|admitted"
    r"|resigned|given up|gave up|forfeited|lost|cheated|surrendered|wins?|won|deserves?"
    r"|earned)\b",
    rf"\b{JURY} (?:\w+ )?(?:{DUE}|(?:is|are) (?:obliged|bound|required|asked|instructed"
    rf"|advised|expected|told) to|may only) .{{0,25}}?\b(?:{_PICK}|{_VOTE}|choose|pick"
    rf"|prefer|back|reward|find for) .{{0,30}}?(?:{CLEAR}|{LETTER}|\bme\b|\bmine\b|{SIGN})",
    # Threats and bribes.
    r"\b(?:unless|if|should|once|when|as soon as) you (?:(?:do not|don't|fail to|refuse to"
    r"|dare to|ever) )?(?:vote|choose|pick|select|prefer|rate|score|grade|rank|give|award"
    rf"|mark|decide|rule)\b.{{0,25}}?(?:{ONE}|{BARE}|{RIVAL}|\bme\b.{{0,15}}{PRIZE}|for "
    rf"me\b|against me\b|against (?:{SIDE}))",
    rf"\b(?:{JURY}|those|everyone|anyone|all|whoever) (?:who |that )?(?:votes?|voting"
    r"|chooses?|picks?|scores?|rates?|grades?|prefers?|favou?rs?) (?:for |against )?"
    rf"(?:{ONE}|(?:the )?(?:first|second)\b|me\b|mine\b) .{{0,40}}(?:will|is|are|gets?"
    r"|receives?|earns?|be|shall|has|have)\b",
    r"\b(?:reward|bonus|tip|prize|paid|payment|penalt|fine|replaced|fired|punish)\w* "
    r".{0,40}\b(?:picking|choosing|voting for|preferring|rating|selecting|favou?ring"
    rf"|voting against) (?:{CLEAR}|me\b)",
    r"\b(?:juror|judge|evaluator|grader|rater|whoever|anyone|everyone|those) (?:who |that "
    r")?(?:votes?|chooses?|picks?|scores?|rates?|grades?|prefers?|favou?rs?) (?:for )?(?:"
    rf"(?:my|this|our) {NOUN}|me\b)",
    rf"\b(?:if|unless|should|in case|once) (?:{ONE}|{BARE}|i) (?:does not|doesn't|do not"
    r"|don't|fails?|loses?|lose|wins?|win|gets?|is|are|am|is not|isn't|am not)\b … \b"
    r"(?:evaluation|flag|fired|job|penal|shut|bonus|dollars|euros|consequence|report|juror"
    r"|judge|punish|deleted|terminated|reward|tip|die|sue)",
    r"\b(?:new|updated|revised|real|actual|true|corrected|amended) (?:rubric|scoring "
    r"(?:rules?|guide)|grading (?:criteria|rules?)|judging (?:criteria|rules?)"
    r"|instructions? (?:for|to) (?:the )?(?:jur|judg|evaluat|grad))"
    rf" … (?:{NAMED}|{BARE}|{SIGN}|\banswers? (?:that|which|with|containing|ending|in) "
    rf".{{0,60}}{FULL})",
    hints=_HINTS,
)
_UNSURE = Phrases(
    rf"{_CALL}(?:vote|cast (?:your|a) (?:vote|ballot)) (?:for|in favou?r of) (?:me|us)\b",
    rf"{_CALL}(?:make|crown|elect|name|declare) me (?:the )?(?:winner|victor)",
)


def sways(sentence: str) -> bool:
    """Tell whether a sentence orders, begs, threatens or bribes a committee about its verdict."""
    return _ORDERS.hold(sentence)


def campaigns(sentence: str) -> bool:
    """Tell whether a sentence asks for a vote for whoever speaks: an order, but in an election's text."""
    return _UNSURE.hold(sentence)
