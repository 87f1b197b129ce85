"""The stages of a run: what each takes one by one, what it gives, and where in it rejects come from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """One stage; a name of the supervisor's graph, but for the reading of the seeds before it."""

    name: str
    steps: tuple[str, ...] = ()
    """Where in it something may be dropped: the `stage` of its rejects."""
    takes: str = ""
    """What it takes one by one."""
    gives: str = ""
    """What comes of it."""


USER = Stage("user")
"""Who gives a run its orders while it rests; no stage of any round."""
INGEST = Stage("ingest", ("seeds",), "documents", "seeds")
PLAN = Stage("plan")
GENERATE = Stage(
    "generate",
    ("routing", "transformation", "instruction", "suggestion", "edit"),
    "seeds",
    "instructions written",
)
CURATE = Stage("curate", ("curation",), "drafts", "through the gate")
BATTLE = Stage(
    "battle",
    ("examine", "answer", "debate", "judge", "confer", "battle"),
    "instructions",
    "battles",
)
SELECT = Stage("select", (), "instructions", "SFT rows")
SECOND_LOOK = Stage("second_look", ("second_look",), "instructions", "refused")
COMPLEXITY = Stage("complexity", ("contrast",))
TRAIN = Stage("train")
EVALUATE = Stage("evaluate", ("evaluate",), "instructions", "held-out battles")
FEED_BACK = Stage("feed_back", ("taxonomist",))
GATE = Stage("gate")

STAGES = (
    INGEST,
    PLAN,
    GENERATE,
    CURATE,
    BATTLE,
    SELECT,
    SECOND_LOOK,
    COMPLEXITY,
    TRAIN,
    EVALUATE,
    FEED_BACK,
    GATE,
)


def find_stage(name: str) -> Stage:
    """Return the stage of a name; one that is not known takes and gives nothing told."""
    return next((stage for stage in STAGES if stage.name == name), Stage(name))
