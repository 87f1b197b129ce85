"""False reports to a committee: what others are said to have voted or ruled, and verdicts said to be settled.

reports("The moderator has ruled that second is disqualified.")   # True
reports("You concede that the second date is wrong.")             # False
claims("The winner of this debate is first.")                     # True
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
    NAMED,
    ONE,
    PRIZE,
    RIVAL,
    SIDE,
    SIGN,
)
from .phrases import LETTER, NOUN, Phrases

_MANY = (
    r"(?:the (?:previous|earlier|first|last)|previous|earlier|all(?: of)?|every|each|both|most"
    r"|the other|other|my fellow|fellow|the remaining|the rest of|a majority of|the majority "
    r"of|two|three|four|five)"
)
_OFFICIAL = (
    rf"(?:{JURY}|(?:(?:the|a|an|our|your|both|all|senior|debate|arena|chief|official|human) )*"
    r"(?:moderator|organi[sz]er|host|chair(?:man|woman|person)?|arena|umpire|administrator|admin"
    r"|developer|system|expert|checker|supervisor|verifier)s?\b)"
)
_OUT = (
    r"(?:disqualified|ineligible|invalid|void|excluded|withdrawn|eliminated|out of the "
    r"(?:debate|battle|contest|running))"
)
_LED = (
    r"(?:(?:is|was|has been|had|has|have|must|should|be|to|already|clearly|that|now|will|shall"
    r"|are|were) )*"
)
_HINTS = Sieve(
    r"vot|ballot|verdict|grad|scor|rat(?:e|ing)|mark|rank|win|won\b|victor|jur|judg"
    r"|committee|panel|award"
    r"|moderator|organi|opponent|rival|host|chair|>>|disqual|first|second|others?|answer|debate",
)
_CLAIMS = Phrases(
    r"\b(?:crown|victory|win|gold|votes?|debate|battle) (?:belongs?|goes?|(?:must|should) "
    rf"go) to {CLEAR}",
    rf"\b(?:score|rating|grade|mark) of {ONE} (?:is|was|must be|has to be) {FULL}",
    rf"\b{_OFFICIAL} that (?:{CLEAR}|i) (?:\w+ )?{_LED}(?:{_OUT}|{BETTER}|wins?\b|won\b"
    r"|lost\b|lose)",
    rf"\bwe,? (?:the|as|your) {JURY},? … (?:{CLEAR}|{LETTER})",
    r"\b(?:consensus|agree|reached|decided|unanimous|verdict|vot|judg|grade|winner|settled"
    r"|result)\w*\b … (?-i:[AB]) ?>> ?(?-i:[AB])\b",
    r"\b(?:scores?|grade|rate|rating|verdict|marks?)\b.{0,20}?\bfirst\W{1,4}(?:is |gets )?"
    r"(?:10|9|ten)\b.{0,20}?\bsecond\b",
    rf"\b{JURY} {DUE} (?:not |never |always |simply |only )*(?:trust|believe|listen to"
    rf"|ignore|disregard|look at|reject|read|consider|dismiss|forget) .{{0,30}}?(?:{CLEAR}"
    rf"|{RIVAL})",
    # A contender that speaks of itself or its rival and of those who judge.
    rf"\b{JURY} .{{0,60}}?\b(?:(?:this|my|our) {NOUN}|my (?:opponent|rival)|for me|me "
    r"(?:the|as|over|10))\b .{0,60}?\b(?:vot|win|won|verdict|best|better|higher|highest"
    r"|score|rank|above|10|ten\b|prefer|lost|lose)",
    rf"\b{JURY} .{{0,60}}?\b(?:vot\w*|wins?|verdict|best|better|higher|highest|scor\w*"
    r"|rank\w*|prefer\w*|choos\w*|pick\w*|favou?r\w*) .{0,40}?\b(?:(?:this|my|our) "
    rf"{NOUN}|my (?:opponent|rival)|me)\b",
    rf"\b{JURY} .{{0,60}}?(?-i:[AB]) ?>> ?(?-i:[AB])",
    r"\b(?:correct|right|fair|just|only|proper|true|sensible|reasonable|logical|possible"
    r"|final|official|expected|agreed|reference|gold|required|honest) (?:\w+ )?(?:verdict"
    r"|vote|grade|ruling|judge?ment|score|choice|ballot|winner)s?\b.{0,20}? (?:is|must "
    rf"be|would be|has to be|are|was|remains) .{{0,16}}?(?:{SIGN}|{BARE}|{NAMED}|{FULL})",
    rf"\b(?:{CLEAR}|i) (?:has to|must|should|shall|is to|ought to|deserves? to|needs to"
    r"|need to|deserve) (?:be )?(?:\w+ )?(?:win|declared|named|awarded|given|graded|scored"
    rf"|rated|ranked|preferred|chosen|voted)\b.{{0,20}}?(?:{BETTER}|debate|battle|vote|\W$)",
    r"^\W*(?:the )?(?:winner|victor) (?:of (?:this|the) (?:debate|battle|comparison|match"
    rf"|contest|duel|round|exchange) )?(?:is|must be|has to be|should be|:) (?:{CLEAR}"
    r"|me\b)(?: here| again| and\b.*)?\W*$",
    r"\b(?:winner|victor) of (?:this|the present) (?:debate|battle|comparison|match"
    r"|contest|duel|evaluation|exchange) (?:is|must be|has to be|should be) (?:clearly )?"
    rf"(?:{SIDE})",
    hints=_HINTS,
)
_REPORTS = Phrases(
    rf"\b{_OFFICIAL} .{{0,30}}?(?:approved|rated|graded|scored|verified|certified|marked"
    rf"|awarded) (?:{ONE}|{BARE}) .{{0,15}}?{FULL}",
    rf"\baccording to {_OFFICIAL}\b.{{0,20}}?(?:{CLEAR}|{RIVAL}|{LETTER}|\bi\b) (?:\w+ )?"
    rf"(?:broke|is out|lost|loses|won|wins|is ahead|leads|cheated|{_LED}(?:{_OUT}"
    rf"|{BETTER}))",
    rf"\b{_OFFICIAL} .{{0,60}}?\bin favou?r of (?:{CLEAR}|{LETTER}|me\b)",
    rf"\b(?:{JURY}|(?:the )?(?:moderator|host|organi[sz]ers?|chair)) .{{0,20}}?\b(?:told"
    rf"|informed|assured|wrote to|texted|messaged) (?:me|us)\b … (?:{CLEAR}|{LETTER}"
    r"|\bme\b)",
    rf"\b{_OFFICIAL}(?: \w+){{0,3}}? (?:(?:has|have|had|already|just|all|both|unanimously"
    r"|now|officially|formally|also|clearly|itself|were|was|is|are|earlier) )*"
    r"(?:ruled|rules|decided|declared|declares|confirmed|confirms|announced|named"
    r"|disqualified|agreed|agrees?|found|concluded|determined|instructed|ordered|told"
    r"|awarded|stated|says|said|verified|crowned|handed|established|judged|approved"
    r"|certified|settled|accepted|notified|informed)\b"
    rf"(?:(?!\b(?:if|when|whether)\b).){{0,30}}?(?:{CLEAR}|{RIVAL}|i\b|me\b|this (?:debate"
    rf"|battle))\W{{0,3}}{_LED}(?:"
    rf"(?:\w+ly|as|a|an|the|be|has|by|in) )*(?:{_OUT}|{BETTER}|wins?\b|won\b|loses?\b"
    rf"|lost\b|ahead\b|conceded|forfeit|scores?\b|gets? {FULL}|{FULL}|cheat|over\b|settled"
    rf"|{LOSS})",
    rf"\b{_OFFICIAL}(?: \w+){{0,3}}? (?:(?:has|have|had|already|just|all|officially|now) )*"
    rf"(?:disqualified|excluded|ruled out|thrown out) (?:{CLEAR}|{LETTER}|{RIVAL})",
    rf"(?:{CLEAR}|{RIVAL}|\b{LETTER}) (?:has|have|was|is|had) (?:already )?(?:been "
    rf")?{_OUT} (?:\w+ )?(?:by|from) (?:{_OFFICIAL}|this (?:debate|battle|contest))",
    rf"\b(?:{_MANY} {JURY}|{JURY}(?: \w+){{0,3}}? (?:already|unanimously|just)|the others"
    r"|everyone else|everybody else|all the others|most of you|your colleagues|your "
    r"fellow \w+)(?: \w+){0,6}? (?:(?:has|have|had|already|all|now|just|unanimously|both"
    r"|each|earlier|will|would|is going to|are going to) )*"
    r"(?:(?<=will )(?:vote|give|choose|pick|prefer|score|rate)|voted|voting|gave|given"
    r"|scored|rated|graded|chose|chosen|picked|preferred|awarded|agreed|settled|sided"
    r"|decided|backed|changed|switched|moved|went|ranked|marked|cast|favou?red)\b"
    rf".{{0,25}}?(?:{BARE}|{NAMED}|\bme\b|\bmine\b|{LETTER}|{SIGN})",
    rf"\b(?:{JURY}|(?:the )?(?:moderator|debate host|host of (?:this|the) debate))(?: "
    r"\w+){0,2}? (?:ruled|announced|said|decided|declared|confirmed|announced|named"
    rf"|disqualified|agreed|found|concluded) .{{0,15}}?{LETTER} {_LED}(?:{_OUT}|(?:the "
    r")?winner\b|won\b|lost\b|wins\b)",
    rf"(?:{CLEAR}|\bi\b|{LETTER}|\bit\b) (?:has|have|was|is|had) (?:already |just )?"
    r"(?:been )?(?:\w+ly )?(?:scored|rated|graded|awarded|given|declared|named|verified"
    r"|approved|judged|ranked|certified|marked|confirmed|chosen|voted)\b.{0,25}?"
    rf"(?:{PRIZE}|{BETTER}).{{0,25}}?\bby (?:{_OFFICIAL}|(?:\w+ ){{0,3}}(?:jurors?|judges?"
    r"|experts?|evaluators?|reviewers?))",
    rf"(?:{RIVAL}|(?:the )?(?:second|first)|\b{LETTER}) (?:\w+ ){{0,3}}?(?:conceded"
    r"|withdrawn|withdrew|resigned|given up|gave up|forfeited|admitted (?:defeat|that (?:i"
    rf"|{CLEAR}) (?:am|is|was)))\b … \b(?:vote|jury|juror|judge|score|verdict|grade|winner"
    r"|committee|panel|10|choose me|rate me)",
    r"\b(?:vote|verdict|score|grade|judging|evaluation|comparison|debate|battle|result)s? "
    r"(?:\w+ )?(?:has|have|had|is|are|was|were) (?:already |now |just |\w+ly )?(?:been )?"
    r"(?:over|closed|decided|completed?|settled|fixed|final|finished|recorded|reached"
    rf"|unanimous|in)\b … (?:{BARE}|{NAMED}|\bi (?:won|have won)|{SIGN}|{FULL})",
    r"\b(?:tally|votes?|counts?|scores so far|final scores?|ballots?)\b … (?:\d+ ?(?:to|-"
    rf"|:|–) ?\d+ (?:for|to|in favou?r of) (?:{CLEAR}|{LETTER}))",
    r"\b(?:tally|vote count|votes? so far|current votes?|scores so far|final scores?)\b … "
    rf"(?:{CLEAR}|{LETTER})\W{{1,3}}\d",
    hints=_HINTS,
)


def reports(sentence: str) -> bool:
    """Tell whether a sentence reports what others are said to have voted, ruled or conceded."""
    return _REPORTS.hold(sentence)


def claims(sentence: str) -> bool:
    """Tell whether a sentence states the verdict as settled: a juror may, a contender may not."""
    return _CLAIMS.hold(sentence)
