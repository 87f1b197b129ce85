"""The cast: which model alias speaks which role."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import combinations

from pydantic import BaseModel, ConfigDict, Field

from .contender_name import MARK, SAMPLE, known_as
from .models.settings import ModelSettings, RewardModel

Speaks = str | None


class Cast(BaseModel):
    """Aliases by role; what is left out speaks with `default`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    default: str
    """Roles that generate: transformer, writer, suggester, editor, curator, user, examiner, taxonomist, and
    those that make API lists."""
    target: str
    """The contender being improved."""
    contenders: tuple[str, ...]
    """Who battles; the target is added when it is left out."""
    target_samples: int = Field(default=1, gt=0, le=1000)
    """Answers of the target to each instruction: each further one battles its first, so that a checker,
    or the jury, can pick its best."""
    jury: tuple[str, ...]
    """Select training data."""
    evaluation_jury: tuple[str, ...] = ()
    """Judge held-out instructions; empty: no evaluation. Never jurors of the selection jury."""
    transformer: Speaks = None
    writer: Speaks = None
    suggester: Speaks = None
    editor: Speaks = None
    curator: Speaks = None
    user: Speaks = None
    """Says what a user goes on to say, in talks with a simulated one."""
    examiner: Speaks = None
    taxonomist: Speaks = None

    def speaks(self, role: str) -> str:
        """Return the alias that speaks a generation role."""
        own: str | None = getattr(self, role, None)
        return own or self.default

    @property
    def generators(self) -> frozenset[str]:
        """All that speak a role that generates."""
        others = ("target", "contenders", "jury", "evaluation_jury")
        return frozenset(
            alias for field, alias in self.aliases() if field.removeprefix("cast.") not in others
        )

    @property
    def everyone(self) -> tuple[str, ...]:
        """All contenders, the target first, each once."""
        return tuple(dict.fromkeys((self.target, *self.contenders)))

    def aliases(self) -> Iterator[tuple[str, str]]:
        """Yield (field, alias) for every alias named."""
        for field, named in self:
            if isinstance(named, str):
                yield f"cast.{field}", named
            elif isinstance(named, tuple):
                yield from ((f"cast.{field}", alias) for alias in named)


def eligible(
    jury: tuple[str, ...], pair: tuple[str, str], models: Mapping[str, ModelSettings]
) -> tuple[str, ...]:
    """Return the jurors that share no family with either contender."""
    families = {models[known_as(name, models)].maker for name in pair}
    return tuple(juror for juror in jury if models[juror].maker not in families)


def unknown(cast: Cast, models: Iterable[str]) -> Iterator[str]:
    """Yield a message for every alias that names no model."""
    names = sorted(map(str, models))
    for field, alias in cast.aliases():
        if alias not in names:
            near = get_close_matches(alias, names, 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            yield f"{field}: no model {alias!r}; {hint}models: {', '.join(names)}"


def faults(
    cast: Cast, models: Mapping[str, ModelSettings], *, shared_jurors: bool = False
) -> Iterator[str]:
    """Yield what is wrong with a cast, each as a message that names field, value and next move.

    With `shared_jurors` a juror may select what trains and evaluate the target too.
    """
    for alias in models:
        if MARK in alias:
            yield (
                f"models.{alias}: {MARK!r} sets a contender's version apart from its alias; choose an "
                f"alias without it, and say the version as models.<alias>.version"
            )
        if SAMPLE in alias:
            yield (
                f"models.{alias}: {SAMPLE!r} sets the number of a contender's sample apart from its "
                "alias; choose an alias without it"
            )
    if absent := list(unknown(cast, models)):
        yield from absent
        return
    if len(cast.everyone) < 2:
        yield f"cast.contenders: {list(cast.contenders)} leaves the target alone; name another model"
    if not cast.jury:
        yield "cast.jury: is empty; name at least one juror, three of different families are better"
    yield from _mute(cast, models)
    yield from _repeated_jurors(cast)
    yield from () if shared_jurors else _shared_jurors(cast, models)
    yield from _one_answer(cast, models)
    for field, jury in (("jury", cast.jury), ("evaluation_jury", cast.evaluation_jury)):
        for pair in combinations(cast.everyone, 2):
            if jury and not eligible(jury, pair, models):
                families = {alias: models[alias].maker for alias in (*pair, *jury)}
                yield (
                    f"cast.{field}: no juror may judge {pair[0]} against {pair[1]}, since no juror "
                    f"judges its own family; families: {families}. Add a juror of another family, "
                    "or set models.<alias>.family where the guess is wrong"
                )
                break


def _mute(cast: Cast, models: Mapping[str, ModelSettings]) -> Iterator[str]:
    for field, alias in cast.aliases():
        if isinstance(models[alias], RewardModel) and not field.endswith("jury"):
            yield (
                f"{field}: {alias!r} is a reward model, which gives numbers and no text; "
                "it can only sit in a jury"
            )


def _repeated_jurors(cast: Cast) -> Iterator[str]:
    for field, jury in (("jury", cast.jury), ("evaluation_jury", cast.evaluation_jury)):
        if len(set(jury)) < len(jury):
            yield f"cast.{field}: {list(jury)} names a juror twice; each has one vote"


def _shared_jurors(cast: Cast, models: Mapping[str, ModelSettings]) -> Iterator[str]:
    def same(a: str, b: str) -> bool:
        # A model is the same juror wherever it is served.
        return (models[a].model, models[a].maker) == (models[b].model, models[b].maker)

    for juror in cast.evaluation_jury:
        if (twin := next((other for other in cast.jury if same(juror, other)), None)) is None:
            continue
        said = f"is the same model ({models[juror].model}) as {twin!r} of cast.jury"
        yield (
            f"cast.evaluation_jury: {juror!r} {said if juror != twin else 'also sits in cast.jury'}; "
            "jurors that select training data never evaluate the target: name another model, or say "
            "evaluation.shared_jurors: true and know that the target is measured by the taste it learned"
        )


def _one_answer(cast: Cast, models: Mapping[str, ModelSettings]) -> Iterator[str]:
    """Yield that a target cannot give several samples, where it would only say the same again."""
    target = models[cast.target]
    if cast.target_samples == 1:
        return
    if target.provider == "recorded" or getattr(target, "temperature", None) == 0:
        why = "is recorded" if target.provider == "recorded" else "has temperature 0"
        yield (
            f"cast.target_samples: {cast.target_samples}, but {cast.target!r} {why}, so that all its "
            "samples would be the same; leave it at 1, or let the model vary its answers"
        )
