"""Structure: leaves are split, merged, retired and proposed for reasons in numbers, and have to earn it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from arenainstruct.agents.messages import Loss
from arenainstruct.agents.records import Battle, Game, Instruction, Reject, make_id
from arenainstruct.graphs import kinds
from arenainstruct.graphs.supervisor import state, structure, taxonomy
from arenainstruct.graphs.supervisor.cells import Cell, Leaves
from arenainstruct.graphs.supervisor.decisions import Decision, TaxonomyVersion, decision_id
from arenainstruct.runs import load_config
from arenainstruct.runs.mock import MockOptions, MockServer
from arenainstruct.runs.replay.replay import replay_async
from arenainstruct.runs.run import launch_async
from arenainstruct.runs.store import STORE_FILE, Store
from arenainstruct.taxonomy.policy import LeafPolicy, Policy
from arenainstruct.taxonomy.proposal import fault, joined, leaf_of
from arenainstruct.taxonomy.version import Taxonomy
from tests.leaf_loop import write_loop
from tests.stage import READING, Line, Stage, instruction, leaf, scanned, staged

UNITS = "Measured quantities lack their units, though units of quantities were demanded throughout."
ORDER = (
    "Chronology is reversed: earlier events stand after later events, effects before their causes."
)
TOLD = {
    "name": "units_of_measure",
    "title": "Units",
    "definition": "Asks for quantities with their units.",
    "rubric": "Every quantity has its unit.",
}
SHIPPED = Taxonomy(skills=(READING,))


def cells(**leaves: Cell) -> Leaves:
    return {("reading", name): cell for name, cell in leaves.items()}


def tried(taught: float, of: int) -> Cell:
    return Cell(asked=of, decided=of, taught=taught, lost=int(taught), won=of - int(taught))


# What is to be done: pure.


def on_trial() -> Taxonomy:
    return SHIPPED.proposed("reading", leaf_of(READING.leaf("literal"), TOLD), "r", round=1)[0]


def test_a_leaf_on_trial_stays_if_it_teaches_as_often_as_the_rest() -> None:
    rest = {"literal": tried(4, 10), "summary": tried(4, 10)}
    good = {2: cells(units_of_measure=tried(5, 8), **rest)}
    (earned,), failed = structure.trials(on_trial(), good, 2)
    assert not failed and earned.leaf == "units_of_measure"
    assert earned.reason == (
        "on trial since round 1: 5 of 8 instructions taught, share 0.62, interval 0.31 to 0.86, "
        "against 0.40 in the rest of the skill"
    )
    poor = {2: cells(units_of_measure=tried(1, 8), **rest)}
    earned_none, (gone,) = structure.trials(on_trial(), poor, 2)
    assert not earned_none and "share 0.12" in gone.reason


def test_a_trial_goes_on_while_little_is_known_and_ends_after_three_rounds() -> None:
    few = {n: cells(units_of_measure=tried(1, 1), literal=tried(5, 10)) for n in (2, 3, 4)}
    assert structure.trials(on_trial(), few, 3) == ([], [])
    assert len(structure.trials(on_trial(), few, 4)[0]) == 1
    # What was never asked earned nothing, and what it did before the trial does not count.
    never = {n: cells(literal=tried(5, 10)) for n in (1, 2, 3, 4)}
    assert len(structure.trials(on_trial(), never, 4)[1]) == 1


def test_a_leaf_is_retired_that_is_won_at_the_highest_level() -> None:
    top = Policy(leaves={f"reading/{x.name}": LeafPolicy(complexity=5) for x in READING.leaves})
    now = cells(literal=tried(0, 12), summary=tried(2, 12), choice=tried(0, 9))
    (found,) = structure.saturated(READING, top, now, above=0.6, kept=())
    assert found.leaf == "literal"
    assert "win rate 1.00, interval 0.76 to 1.00, above the band's 0.6" in found.reason
    assert not list(structure.saturated(READING, Policy(), now, above=0.6, kept=()))
    assert not list(structure.saturated(READING, top, now, above=0.6, kept=("literal",)))


def test_leaves_merge_that_ask_the_same_and_teach_as_often() -> None:
    twins: dict[frozenset[str], int] = {frozenset(("literal", "summary")): 5}
    found = cells(literal=tried(5, 12), summary=tried(6, 12), loud=tried(5, 12))
    pair = structure.alike(READING, Policy(), found, twins, ())
    assert pair is not None and pair[:2] == ("literal", "summary")
    assert pair[2].startswith("5 tasks of literal and summary are near duplicates, of 12")
    apart = {**found, **cells(summary=tried(12, 12))}
    assert structure.alike(READING, Policy(), apart, twins, ()) is None
    # Of another form: one has a checker.
    assert (
        structure.alike(READING, Policy(), found, {frozenset(("literal", "loud")): 9}, ()) is None
    )
    both = joined(READING.leaf("literal"), READING.leaf("summary"))
    assert both.name == "literal_or_summary" and fault(READING, both) == ""


def losses(leaf: str, *seeds: int, group: str = "a") -> list[Loss]:
    return [
        Loss(instruction_id=f"{leaf}-{group}-{n}", seed_id=f"s-{s}", leaf=leaf, task="t", why="w")
        for n, s in enumerate(seeds)
    ]


def test_a_group_is_a_weakness_only_over_several_documents() -> None:
    wide, narrow = losses("literal", 1, 2, 3, 1, 2), losses("literal", 1, 1, 1, 1, 1, group="b")
    found = structure.groups(wide + narrow, [0] * 5 + [1] * 5)
    assert found == [tuple(wide)]


def test_what_lies_outside_of_all_leaves_is_of_several_of_them() -> None:
    of_one = tuple(losses("literal", 1, 2, 3, 4) + losses("summary", 1))
    mixed = tuple(losses("literal", 1, 2) + losses("summary", 3, 4) + losses("choice", 5, 6))
    assert structure.outside([of_one]) is None
    assert structure.outside([of_one, mixed]) == mixed
    assert structure.commonest(mixed, READING) == "choice"
    assert structure.commonest(losses("loud", 1, 2), READING) is None  # its checker fits no other


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"name": "Units!"}, "name: String should match pattern"),
        ({"definition": ""}, "definition is empty"),
        ({"definition": "x" * 601}, "definition has 601 characters, more than 600"),
        ({"rubric": "Fine.</leaf><leaf>"}, "rubric holds '<', which is markup"),
        ({"title": "{{ seed }}"}, "title holds '{', which is markup"),
    ],
)
def test_what_no_shipped_leaf_holds_is_refused(changes: dict[str, str], wrong: str) -> None:
    with pytest.raises(ValueError, match="^" + wrong.replace("{", r"\{")):
        leaf_of(READING.leaf("literal"), TOLD | changes)


def test_a_proposal_keeps_its_form_and_repeats_nobody() -> None:
    base = READING.leaf("choice")
    made = leaf_of(base, TOLD)
    assert (made.options, made.answer_form, made.name) == ((3, 4), "F", "units_of_measure")
    assert fault(READING, made) == ""
    assert fault(READING, leaf_of(base, TOLD | {"name": "loud"})) == "the name loud is taken"
    again = leaf("units", definition=TOLD["definition"])
    grown = READING.model_copy(update={"leaves": (*READING.leaves, again)})
    assert fault(grown, made) == "its definition repeats that of units"
    assert fault(grown, made, instead_of="units") == ""


def test_a_trial_ends_with_its_leaf_and_with_a_step_back() -> None:
    grown = on_trial()
    assert grown.trials == {"reading/units_of_measure": 1}
    promoted, change = grown.promoted("reading", "units_of_measure", "r")
    assert (promoted.trials, change.kind) == ({}, "promoted")
    assert grown.retired("reading", "units_of_measure", "r")[0].trials == {}
    assert grown.rolled_back(SHIPPED, "r")[0].trials == {}
    assert promoted.rolled_back(grown, "r")[0].trials == grown.trials


# What is done: the node, with the taxonomist.


async def lost(stage: Stage, *asked: tuple[str, str]) -> None:
    """Write what a round leaves of lost instructions: (leaf, a juror's reason) of each."""
    for n, (name, why) in enumerate(asked):
        made: Instruction = instruction(
            f"i-{n:02}", leaf=name, seed_id=f"s-{n % 4}", task=f"Task {n}?"
        )
        game = Game(score_a=9, score_b=4, reason=why, juror="j1", model="m", shown_first="model_a")
        fought = Battle(
            id=f"battle-{n:02}",
            instruction_id=made.id,
            skill="reading",
            leaf=name,
            round=1,
            purpose="selection",
            model_a="teacher",
            model_b="small",
            answer_a="a",
            answer_b="b",
            winner="model_a",
            margin=5,
            agreement=1,
            decided_by="jury",
            disputed=False,
            games=(game,),
        )
        decision = Decision(
            id=decision_id(made.id),
            parents=(made.id, fought.id),
            instruction_id=made.id,
            skill="reading",
            leaf=name,
            round=1,
            outcome="lost",
            reason="",
            lost=1,
        )
        await stage.store.add(kinds.DRAFT, 1, [made])
        await stage.store.add(kinds.INSTRUCTION, 1, [made])
        await stage.store.add(kinds.BATTLE, 1, [fought])
        await stage.store.add(kinds.DECISION, 1, [decision])


async def restructured(stage: Stage, flow: str = "standard") -> Mapping[str, Any]:
    shipped = Taxonomy(skills=(READING.model_copy(update={"flow": flow}),))
    first = TaxonomyVersion(id=make_id("taxonomy", 1), round=0, taxonomy=shipped)
    await stage.store.add(kinds.TAXONOMY, 0, [first])
    running = state.start_state(round=1, taxonomy=first.id)
    return await taxonomy.taxonomy(running, stage.runtime)


def taxonomist(line: Line) -> Any:
    """Propose a leaf a group, named after what is held against its answers."""
    groups = line.text.split("<losses>")[1:]
    names = ["units_of_measure" if "units" in g else "order_of_events" for g in groups]
    leaves = [
        TOLD | {"name": n, "definition": f"Asks for the {n.replace('_', ' ')}."} for n in names
    ]
    return {"reason": "as told", "leaves": leaves}


TWO_WAYS = [("literal", why) for why in (UNITS, ORDER) for _ in range(6)]
MIXED = [(name, why) for why in (UNITS, ORDER) for name in ("literal", "summary", "choice") * 2]


async def test_a_leaf_whose_losses_fall_apart_is_split(tmp_path: Path) -> None:
    async with staged(tmp_path, {"taxonomist": taxonomist}) as stage:
        await lost(stage, *TWO_WAYS)
        update = await restructured(stage)
        (_, version) = sorted(await stage.records(kinds.TAXONOMY), key=lambda v: v.round)
        (line,) = stage.lines("taxonomist")
    assert update["taxonomy"] == version.id and version.taxonomy.version == 2
    (change,) = version.changes
    assert (change.kind, change.gone) == ("split", ("literal",))
    assert set(change.new) == {"units_of_measure", "order_of_events"}
    assert change.reason == "12 of its losses in round 1 fall into groups of 6, 6"
    weights = {c["leaf"]: c["new"] for c in update["weights"] if c["field"] == "weight"}
    assert {weights[name] for name in change.new} == {0.5}
    assert "Task: Task 0?" in line.text and UNITS in line.text and 'name="literal"' in line.text


async def test_what_lies_outside_is_proposed_and_tried(tmp_path: Path) -> None:
    async with staged(tmp_path, {"taxonomist": taxonomist}) as stage:
        await lost(stage, *MIXED)
        update = await restructured(stage)
        (_, version) = sorted(await stage.records(kinds.TAXONOMY), key=lambda v: v.round)
    (change,) = version.changes
    assert change.kind == "proposed"
    assert change.reason.startswith("6 losses in round 1 belong together and are of 3 leaves")
    assert version.taxonomy.trials == {f"reading/{change.new[0]}": 1}
    (start,) = (c for c in update["weights"] if c["leaf"] == change.new[0])
    assert (start["field"], start["new"]) == ("weight", structure.TRIAL_WEIGHT)
    assert start["reason"].endswith("it is on trial; weight 1 → 0.5")


async def test_an_improper_proposal_is_a_reject_and_changes_nothing(tmp_path: Path) -> None:
    bad = {"reason": "", "leaves": [TOLD | {"name": "literal"}]}
    async with staged(tmp_path, {"taxonomist": bad}) as stage:
        await lost(stage, *MIXED)
        assert "taxonomy" not in await restructured(stage)
        (reject,) = await stage.records(kinds.REJECT)
    assert isinstance(reject, Reject) and not reject.failed
    assert (reject.stage, reject.reason) == ("taxonomist", "improper")
    assert "the name literal is taken" in reject.detail


async def test_structure_is_left_alone_where_it_is_off_or_cannot_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(tmp_path, feedback={"structure": False}) as stage:
        await lost(stage, *TWO_WAYS)
        assert "taxonomy" not in await restructured(stage)
        assert stage.lines("taxonomist") == []
    (tmp_path / "b").mkdir()

    def absent(module: str) -> Any:
        raise ValueError("the package sklearn is not installed: pip install 'arenainstruct[arena]'")

    monkeypatch.setattr("arenainstruct.graphs.supervisor.losses.sklearn", absent)
    async with staged(tmp_path / "b") as stage:
        await lost(stage, *TWO_WAYS)
        assert "taxonomy" not in await restructured(stage)
        (notice,) = stage.events["notice"]
    assert notice["text"].startswith("no leaf is split or proposed: the package sklearn is not")


@pytest.mark.parametrize("flow", ["constrained", "program", "web"])
@pytest.mark.parametrize("losses", [TWO_WAYS, MIXED])
async def test_a_program_that_knows_the_leaves_by_name_gets_no_other(
    tmp_path: Path, flow: str, losses: list[tuple[str, str]]
) -> None:
    async with staged(tmp_path, {"taxonomist": taxonomist}) as stage:
        await lost(stage, *losses)
        assert "taxonomy" not in await restructured(stage, flow)
        assert stage.lines("taxonomist") == []


# A whole loop, in which the embedded taxonomist proposes.


@pytest.mark.slow
@pytest.mark.parametrize(("judge", "end"), [("judge_lost", "promoted"), ("judge_won", "retired")])
async def test_a_proposed_leaf_has_to_earn_its_place(tmp_path: Path, judge: str, end: str) -> None:
    rubrics = {"won": "LOSE", "even_one": "LOSE", "even_two": "LOSE"}
    async with MockServer(MockOptions(replies="offline")) as mock:
        written = write_loop(tmp_path, mock.url, judge=judge, rubrics=rubrics, rounds=2)
        result = await launch_async(load_config(written), runs_dir=tmp_path, run_id="a-1")
        assert result.completed
        assert (await replay_async(str(tmp_path / "a-1"))).identical
    store = Store.open(tmp_path / "a-1" / STORE_FILE)
    versions = sorted(scanned(store, kinds.TAXONOMY), key=lambda v: v.taxonomy.version)
    asked = {i.leaf for i in scanned(store, kinds.INSTRUCTION)}
    store.close()
    first, *later = [change for version in versions for change in version.changes]
    assert first.kind == "proposed" and set(first.new) <= asked
    ended = next(c for c in later if first.new[0] in (*c.gone, *c.new))
    assert ended.kind == end and "instructions taught, share" in ended.reason
