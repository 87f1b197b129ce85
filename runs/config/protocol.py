"""What a protocol of the arena asks of its cast, checked before anything is paid."""

from collections.abc import Iterable, Iterator, Mapping

from ...agents.cast import Cast
from ...agents.models.settings import ModelSettings, RewardModel
from ...graphs.generation.kinds import calling
from ...graphs.settings import ArenaSettings
from ...taxonomy.skill import Skill


def protocol_faults(
    arena: ArenaSettings, cast: Cast, models: Mapping[str, ModelSettings], skills: Iterable[Skill]
) -> Iterator[str]:
    """Yield what cannot work, each as a message that begins with its field."""
    if arena.cascade and arena.cascade.first >= len(cast.jury):
        yield (
            f"arena.cascade.first: {arena.cascade.first} of the {len(cast.jury)} jurors of cast.jury "
            "judge first, which leaves nobody for the battles they are unsure of; name more jurors, "
            "the cheap ones first, or leave the cascade out"
        )
    if arena.protocol != "battle" and len(cast.jury) == 1:
        yield (
            f"arena.protocol: {arena.protocol} lets jurors confer, and cast.jury has only "
            f"{cast.jury[0]}; name at least two, or use protocol battle"
        )
    if arena.protocol == "peer_battle" and cast.target_samples > 1:
        yield (
            f"cast.target_samples: {cast.target_samples}, but in a peer_battle the target would debate "
            "with itself; leave it at 1, or use protocol battle or committee"
        )
    if arena.protocol == "peer_battle":
        yield from _cannot_debate(cast, models)
        yield from _cannot_ask(skills)


def _cannot_debate(cast: Cast, models: Mapping[str, ModelSettings]) -> Iterator[str]:
    asked = (*cast.everyone, *cast.jury, *cast.evaluation_jury, cast.speaks("examiner"))
    recorded = [alias for alias in dict.fromkeys(asked) if models[alias].provider == "recorded"]
    if recorded:
        yield (
            f"arena.protocol: peer_battle asks new questions and debates them, but "
            f"{', '.join(recorded)} can only repeat what was recorded; name other models, or use "
            "protocol battle or committee"
        )
    jurors = dict.fromkeys((*cast.jury, *cast.evaluation_jury))
    numb = [alias for alias in jurors if isinstance(models[alias], RewardModel)]
    if numb:
        yield (
            f"arena.protocol: peer_battle lets jurors judge a debate, but {', '.join(numb)} can only "
            "score single answers; name other jurors, or use protocol battle or committee"
        )


def _cannot_ask(skills: Iterable[Skill]) -> Iterator[str]:
    tools = [skill.name for skill in skills if calling(skill)]
    if tools:
        yield (
            f"arena.protocol: peer_battle debates in words, and {', '.join(tools)} is answered with "
            "tools; leave it out of skills, or use protocol battle or committee"
        )
