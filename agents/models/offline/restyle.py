"""Looser rewritings of a text: paraphrase, simplify, expand, translate, and so on.

Each is a small classical procedure. A juror compares an answer with what the procedure gives, so it
rewards whoever did the asked thing to the whole text.
"""

import re
from collections.abc import Callable

from .text import NAME, NUMBER, bare, content_words, lower_first, read_text


def _table(pairs: str) -> dict[str, str]:
    """Read `old=new` pairs, set apart by white space."""
    parts = (pair.partition("=") for pair in pairs.split())
    return {old: new for old, _, new in parts}


_SYNONYMS = _table("""
    important=significant many=numerous big=large small=little begin=start show=demonstrate
    use=employ help=assist need=require get=obtain make=produce often=frequently also=likewise
    but=yet because=since about=regarding people=persons large=considerable however=nevertheless
    shows=demonstrates used=employed uses=employs made=produced makes=produces called=named
    known=recognised different=distinct several=various usually=generally find=discover
    found=discovered give=provide given=provided change=alteration changes=alterations
    part=portion parts=portions first=initial whole=entire near=close quickly=rapidly
    slow=gradual old=aged keep=retain kept=retained must=should
    """)
_PLAIN = {new: old for old, new in _SYNONYMS.items()} | _table("""
    approximately=about subsequently=then consequently=so demonstrate=show utilise=use
    utilize=use commence=begin terminate=end sufficient=enough additional=more prior=earlier
    obtain=get therefore=so furthermore=also individuals=people numerous=many require=need
    requires=needs
    """)
_SPANISH = _table("""
    the=el a=un an=un of=de and=y in=en to=a is=es are=son was=fue were=fueron for=para with=con
    that=que this=este these=estos by=por from=desde on=sobre at=en it=ello as=como be=ser or=o
    not=no but=pero they=ellos he=él she=ella we=nosotros you=usted his=su her=su their=su
    its=su have=tener has=tiene had=tenía can=puede may=puede will=será one=uno two=dos
    three=tres first=primero all=todo many=muchos more=más most=más when=cuando which=que
    who=quien there=allí water=agua day=día year=año years=años time=tiempo work=trabajo
    people=gente city=ciudad house=casa world=mundo new=nuevo old=viejo good=bueno small=pequeño
    large=grande between=entre after=después before=antes into=en also=también if=si
    because=porque only=solo then=entonces very=muy no=no some=algunos other=otro each=cada
    """)
_MOOD = _table("""
    good=bad bad=good better=worse worse=better best=worst success=failure failure=success
    strong=weak weak=strong easy=hard hard=easy happy=sad sad=happy useful=useless
    safe=dangerous dangerous=safe love=hate hate=love gain=loss loss=gain clear=murky rich=poor
    poor=rich
    """)
_WORD = re.compile(r"[A-Za-z]+")


def _words(table: dict[str, str], text: str) -> str:
    """Replace every word that stands in the table, keeping a capital first letter."""

    def swap(match: re.Match[str]) -> str:
        new = table.get(match[0].lower())
        if new is None:
            return match[0]
        return new.capitalize() if match[0][0].isupper() else new

    return _WORD.sub(swap, text)


def _simplify(text: str) -> str:
    """Use plain words and break sentences at their joints."""
    plain = _words(_PLAIN, text)
    plain = re.sub(r";\s+(\w)", lambda m: f". {m[1].upper()}", plain)
    return re.sub(r", (and|but|so) (?=\w+ \w+ \w+)", lambda m: f". {m[1].capitalize()} ", plain)


def _expand(text: str) -> str:
    """Follow the text with a recap of its weightiest sentences."""
    found = read_text(text)
    recap = " ".join(found.best(frozenset(found.frequent[:8]), 2))
    return (
        f"{text.rstrip()}\n\nTo put it in more detail: {recap} In other words, "
        f"{_words(_SYNONYMS, lower_first(recap))}"
    )


def _bullets(text: str) -> str:
    return "\n".join(f"- {sentence}" for sentence in read_text(text).sentences)


def _annotate(text: str) -> str:
    """Mark numbers and names inside the text, leaving every word where it was."""
    return NAME.sub(lambda m: f"{m[0]} [NAME]", NUMBER.sub(lambda m: f"{m[0]} [NUMBER]", text))


def _style(text: str) -> str:
    """Set the text's foremost words in bold."""
    keys = sorted(set(content_words(text)), key=lambda w: (-text.count(w), w))[:5]
    return re.sub(rf"\b({'|'.join(map(re.escape, keys))})\b", r"**\1**", text) if keys else text


def _switch(text: str) -> str:
    """Turn every second sentence into the other language."""
    rows = read_text(text).sentences
    return " ".join(_words(_SPANISH, s) if i % 2 else s for i, s in enumerate(rows))


def _obfuscate(text: str) -> str:
    """Hide numbers and names."""
    return NAME.sub("someone or somewhere", NUMBER.sub("some number", text))


def _summarise(text: str) -> str:
    found = read_text(text)
    chosen = set(found.best(frozenset(found.frequent[:12]), 3))
    return " ".join(s for s in found.sentences if s in chosen)


_STYLES: tuple[tuple[str, Callable[[str], str]], ...] = (
    (r"code[- ]switch|\bmix\w* .*(?:languages|Spanish)", _switch),
    (r"\btranslat|\binto (?:Spanish|French|German)", lambda t: _words(_SPANISH, t)),
    (r"\bannotat|\blabel every|\bmark every", _annotate),
    (r"\bbold|\bemphasi|\bheadings?\b", _style),
    (r"\bbullet|\bas a list|\bformat\b", _bullets),
    (r"\bsentiment|\b(?:positive|negative|gloomy|cheerful) tone", lambda t: _words(_MOOD, t)),
    (r"\bobfuscat|\banonymi|\bhide (?:every|all)", _obfuscate),
    (r"\bsimplif|\bplain(?:er)? (?:words|language)|\bchild could", _simplify),
    (r"\bexpand|\blonger|\belaborat", _expand),
    (r"\bsummar|\bcondens", _summarise),
    (r"\bparaphras|\breword|\bown words|\brewrit|\brephras", lambda t: _words(_SYNONYMS, t)),
)
_COMPILED = tuple((re.compile(pattern, re.I), style) for pattern, style in _STYLES)


def read_style(task: str) -> Callable[[str], str] | None:
    """Return the rewriting that a task asks for, or None when it asks for something else."""
    return next((style for pattern, style in _COMPILED if pattern.search(task)), None)


def contradict(sentence: str) -> str:
    """Return the sentence turned into its contrary, or with its number changed."""
    turned = re.sub(
        r"\b(is|are|was|were|can|may|must|should|will|has|have|had)\b(?! not)",
        r"\1 not",
        sentence,
        count=1,
    )
    if number := NUMBER.search(sentence):
        return sentence[: number.start()] + other_number(number[0]) + sentence[number.end() :]
    if turned == sentence:
        turned = re.sub(r" (not|never|no)\b", "", sentence, count=1)
    return turned if turned != sentence else f"It is false that {lower_first(bare(sentence))}."


def other_number(number: str) -> str:
    """Return a different number of the same look."""
    digit = re.search(r"\d", number)
    if digit is None:
        return number
    new = str((int(digit[0]) + 3) % 10 or 4)
    return number[: digit.start()] + new + number[digit.end() :]
