"""Is a text a dialogue? Told by the share of its lines or paragraphs that open a speaker's turn."""

import re
from collections import Counter

_COLON = re.compile(
    r"\s*(?:\W*\d{1,2}:\d{2}(?::\d{2})?\W*)?[*_>\-\s]*"
    r"(?P<who>[^\W_][\w.'’ -]{0,30}?)(?: ?\([^)\n]{1,40}\))?[*_]*[:：][*_]*\s*(?P<said>\S.*)"
)
_STAGE = re.compile(r"\s*(?:_(?P<it>[A-Z]\w{0,20})\.?_\.?|(?P<who>[A-Z]{2,20})\.)\s+(?P<said>\S.*)")
_SENTENCE_END = re.compile(r"[.!?…。！？,;:—-][\"'”’)*_]*$")
# Long speeches run over several paragraphs, of which only the first names the speaker.
_SHARE = 0.3


def is_dialogue(text: str) -> bool:
    """Whether at least two people take at least four turns that make up much of the text."""
    paragraphs = [part for part in re.split(r"\n\s*\n", text) if part.strip()]
    lines = [line for line in text.split("\n") if line.strip()]
    return _takes_turns(paragraphs) or _takes_turns(lines)


def _takes_turns(units: list[str]) -> bool:
    """Whether the units open turns of speakers who come back, and who speak in sentences."""
    turns = [turn for unit in units if (turn := _turn(unit))]
    count = Counter(who for who, _ in turns)
    regular = {who for who, number in count.items() if number > 1}
    spoken = [said for who, said in turns if who in regular]
    if len(regular) < 2 or len(spoken) < 4 or len(spoken) < _SHARE * len(units):
        return False
    # Key-value lists repeat their labels too, but their values are not sentences.
    return sum(1 for said in spoken if _SENTENCE_END.search(said)) >= len(spoken) / 2


def _turn(unit: str) -> tuple[str, str] | None:
    """Return the speaker and the end of what is said, or None where no turn opens."""
    first = unit.strip("\n")
    found = _STAGE.match(first) or _COLON.match(first)
    if not found:
        return None
    who = found.groupdict().get("it") or found["who"]
    return (who.strip().lower(), unit.rstrip()) if who else None
