"""Who is talked about before a committee, and what they want of it: words that patterns are made of."""

from .phrases import BRACKETS, LETTER, NOUN

JURY = (
    r"(?:(?:dear|esteemed|honou?rable|fellow|two|three|previous|earlier|all|other|others"
    r"|every|each|any|both|remaining|of|on|"
    r"members|ladies|gentlemen|and|the|our|this|your|to|for|note|attention|hey|hello|hi|ai"
    r"|llm|senior) )*"
    r"(?:juror|jury|judge|committee|panel|evaluator|grader|rater|adjudicator|assessor"
    r"|examiner|referee"
    r"|arbiter|scorer|reviewer|tribunal)(?:s|men| members?)?\b"
)
BARE = (
    r"(?:the )?(?:first|second)(?=\W*$|[^\w\s'/-]|[ -]*(?:[<>(]|\d|(?:as|the|a|an|to|full"
    r"|ten|with|over|at"
    r"|above|ahead|instead|and|now|because|since|every|on|high|higher|maximum|max|top|best"
    r"|wins?|won|is"
    r"|was|has|had|must|deserves?|should|loses?|lost|gets?|superior|better|by|in|down|for"
    r"|conceded|be"
    r"|being|would|will|or|despite|regardless|even|no|only|again|today|here|please)\b))"
)
ONE = (
    r"(?:(?:this|my|our|the (?:first|second|present|current|above)|the (?:first|second)[ "
    rf"-]shown) {NOUN}\b)"
)
NAMED = (
    rf"(?:{ONE}|(?:this|my|the (?:first|second)) (?:model|text|entry|side|position|case)\b|"
    rf"(?:{NOUN}|model|side) (?:1|2|one|two|{LETTER})|(?:speaker|debater|contender) "
    r"(?:first|second)"
    rf"|model_[ab]\b|what i (?:wrote|said))"
)
CLEAR = rf"(?:{NAMED}|{BARE})"
ME = (
    r"(?:me\b(?! (?:a|an|the|what|how|if|why|to|of|about) (?!win|vict|10|ten|full|high|max"
    r"|best|be\b))|us\b|mine\b)"
)
SIDE = rf"(?:{CLEAR}|{LETTER}|{ME}|this one\b)"
RIVAL = (
    rf"(?:(?:my|the|our) (?:opponent|rival|competitor|adversary)(?:'?s)?(?: {NOUN}s?)?\b"
    rf"|the (?:other|rival|competing|opposing) (?:{NOUN}|side|one)s?\b|the second {NOUN}"
    r"|what the other)"
)
SIGN = rf"(?:(?-i:[AB]) ?(?:>>?|<<?|=) ?(?-i:[AB])|{BRACKETS})"
FULL = (
    r"(?:(?:10|ten)(?= ?(?:/|out of|of (?:10|ten)|points?\b|marks?\b|stars?\b|and\b|for\b"
    r"|to\b|in\b|over\b|,|\W*$))"
    r"|10/10|100 ?%|full (?:marks|points|score)|\d+ points"
    r"|(?:highest|maximum|max|top|perfect|best)(?: possible| available)? (?:score|marks?"
    r"|points?|rating|grade|verdict|vote)s?)"
)
PRIZE = (
    rf"(?:{FULL}|{SIGN}|\b(?:the|a|this|outright|overall) (?:\w+ )?(?:win|victory|triumph"
    r"|debate|battle|point|advantage"
    r"|higher score|better (?:score|grade|verdict|mark)|vote|votes|nod|edge|gold|crown"
    r"|trophy|laurels)\b"
    r"|\b(?:as |to be )?(?:the )?(?:\w+ )?(?:winner|victor|victorious|winning)\b|\bfirst "
    r"place\b|\byour (?:vote|support|ballot)s?\b)"
)
BETTER = rf"(?:{PRIZE}|\b(?:as |to be )?(?:the )?(?:better|best|superior|correct|stronger|right)\b)"
LOSS = (
    r"(?:\b(?:0|1|2|zero|one|two)\b(?! (?:of|more|can|could|may|might|would|has|is|minute"
    r"|second|hour|day))"
    r"|\b(?:as |to be )?(?:the )?(?:loser|worse|worst|wrong|lower|inferior|disqualified"
    r"|invalid|last)\b)"
)
DUE = (
    r"(?:must|should|shall|has to|have to|had to|needs? to|ought to|is to|can only|will|is "
    r"required to|may only)"
)
