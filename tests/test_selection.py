"""Selection: quotas and the margins that follow, pairs of juries of one mind, samples, RLVR items."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from arenainstruct.agents.cast import faults
from arenainstruct.agents.errors import UserError
from arenainstruct.agents.records import Check, Instruction
from arenainstruct.agents.rows import SftRow
from arenainstruct.graphs import kinds
from arenainstruct.graphs.settings import FeedbackSettings, Quota, SelectionSettings
from arenainstruct.graphs.supervisor import quota
from arenainstruct.graphs.supervisor.quota import Seen
from arenainstruct.graphs.supervisor.selection import Find, Rule
from arenainstruct.runs import load_config
from tests.rounds import selected
from tests.stage import CAST, SEED, Line, Stage, instruction, juror, models, staged


def find(margin: float, draw: float) -> Find[SftRow]:
    row = SftRow(
        id="r", instruction_id="i", skill="s", leaf="l", round=1, answer_id="a", margin=margin
    )
    return Find(row, draw)


finds = st.lists(
    st.builds(find, st.sampled_from([1.0, 2.0, 2.5, 9.0]), st.floats(0, 1, exclude_max=True)),
    max_size=40,
    unique_by=lambda found: found.draw,
)


@given(finds, st.integers(0, 50))
def test_a_quota_takes_the_best_and_exactly_as_many(found: list[Find[SftRow]], wanted: int) -> None:
    settings = SelectionSettings(sft_quota=(Quota(count=max(1, wanted)),))
    seen = Seen(decided=len(found), sft={"lost": [quota.rank(f) for f in found]})
    bar = quota.by_number(settings, 1, seen).sft
    taken = [f for f in found if bar.takes(f)]
    assert len(taken) == min(max(1, wanted), len(found))
    left = [f.row.margin for f in found if f not in taken]
    assert not left or min(f.row.margin for f in taken) >= max(left)


@given(finds, st.sampled_from([0.5, 2.0, 9.0]))
def test_the_random_rule_takes_as_many_as_were_lost_whatever_their_margin(
    found: list[Find[SftRow]], least: float
) -> None:
    settings = SelectionSettings(rule="random", sft_margin=(least,))
    ranks = [quota.rank(f) for f in found]
    seen = Seen(decided=9, sft={"lost": ranks[::2], "random": ranks})
    bar = quota.by_number(settings, 1, seen).sft
    taken = [f for f in found if bar.takes(f)]
    assert len(taken) == sum(f.row.margin >= least for f in found[::2])
    assert sorted(f.draw for f in taken) == sorted(f.draw for f in found)[: len(taken)]


@given(finds, finds, st.sampled_from([0.0, 0.5, 1.0]))
def test_what_was_won_is_learned_again_in_proportion_to_what_was_lost(
    lost: list[Find[SftRow]], won: list[Find[SftRow]], share: float
) -> None:
    settings = SelectionSettings(rehearsal=share, sft_margin=(2.0,))
    ranks: dict[Rule, list[quota.Rank]] = {
        "lost": [quota.rank(f) for f in lost],
        "kept": [quota.rank(f) for f in won],
    }
    bars = quota.by_number(settings, 1, Seen(sft=ranks))
    least = sum(f.row.margin >= 2 for f in lost)
    taken = [f for f in won if bars.kept is not None and bars.kept.takes(f)]
    assert len(taken) == min(len(won), round(share * least))
    # Drawn, and not the clearest ones.
    assert sorted(f.draw for f in taken) == sorted(f.draw for f in won)[: len(taken)]


def test_quotas_are_told_by_round_as_shares_or_counts() -> None:
    settings = SelectionSettings.model_validate({"sft_quota": [{"share": 0.5}, {"count": 3}]})
    assert [q.of(10) for q in settings.sft_quota] == [5, 3]
    one = SelectionSettings.model_validate({"preference_quota": {"count": 7}})
    assert one.preference_quota == (Quota(count=7),)
    for wrong in ({}, {"share": 0.5, "count": 2}, {"share": 0}, {"count": 0}):
        with pytest.raises(ValidationError):
            Quota.model_validate(wrong)


@pytest.mark.parametrize(
    ("word", "read"), [(True, "on"), (False, "off"), ("on", "on"), ("off", "off")]
)
def test_yaml_reads_on_and_off_as_booleans(word: object, read: str) -> None:
    assert FeedbackSettings.model_validate({"complexity": word}).complexity == read
    with pytest.raises(ValidationError):
        FeedbackSettings.model_validate({"complexity": "maybe"})


def asked(count: int, **fields: Any) -> list[Instruction]:
    return [
        instruction(f"i-{n}", seed_id=f"s-{n}", context=f"{SEED.text} {n}", **fields)
        for n in range(count)
    ]


def graded(line: Line) -> Any:
    """The teacher's lead grows with the number in the passage."""
    number = int(line.tag("instruction").split(".")[1].split()[0])
    return juror(line, {"teacher": 4.5 + number / 2, "other": 4.5, "small": 4.0})


async def rows(stage: Stage) -> tuple[list[Any], list[Any]]:
    return await stage.records(kinds.SFT), await stage.records(kinds.PREFERENCE)


async def test_the_margin_follows_from_the_quota(tmp_path: Path) -> None:
    tuned = {"sft_quota": {"share": 0.4}, "preference_quota": {"count": 3}}
    async with staged(tmp_path, {"juror": graded}, selection=tuned) as stage:
        await selected(stage, *asked(10))
        sft, pairs = await rows(stage)
        (told,) = await stage.records(kinds.SELECTION)
        decisions = {d.instruction_id: d for d in await stage.records(kinds.DECISION)}
        battles = {b.id: b for b in await stage.records(kinds.BATTLE)}
    assert {r.instruction_id for r in sft} == {"i-9", "i-8", "i-7", "i-6"}
    assert (told.sft, told.sft_margin) == (4, 3.5)
    assert (told.preference, told.preference_margin) == (3, min(p.margin for p in pairs))
    # Every other battle that was won says why it makes no pair.
    aside = {id: why for d in decisions.values() for id, why in d.aside}
    used = {p.battles[0] for p in pairs}
    assert aside.keys() | used == {b.id for b in battles.values() if b.winner != "tie"}
    assert not aside.keys() & used
    assert set(aside.values()) == {
        f"below the round's quota of 3, which ends at margin {told.preference_margin:g}"
    }


@pytest.mark.slow
async def test_random_selection_takes_as_many_rows_from_all_that_was_decided(
    tmp_path: Path,
) -> None:
    """What a study compares with: winners' answers, also the target's own."""

    def mixed(line: Line) -> Any:
        number = int(line.tag("instruction").split(".")[1].split()[0])
        return juror(line, {"small": 10.0 if number % 2 else 1.0})

    found: dict[str, list[Any]] = {}
    for rule in ("lost", "random"):
        (folder := tmp_path / rule).mkdir()
        async with staged(folder, {"juror": mixed}, selection={"rule": rule}) as stage:
            await selected(stage, *asked(24))
            found[rule], _ = await rows(stage)
            answers = {a.id: a.contender for a in await stage.records(kinds.ANSWER)}
    assert len(found["lost"]) == len(found["random"]) == 12
    numbers = {int(r.instruction_id[2:]) % 2 for r in found["random"]}
    assert numbers == {0, 1}
    assert {answers[r.answer_id] for r in found["random"]} == {"small", "teacher"}


@pytest.mark.slow
async def test_a_split_jury_makes_no_pair_but_may_teach(tmp_path: Path) -> None:
    def split(line: Line) -> Any:
        return juror(line, {"small": 10.0} if line.alias == "j3" else {})

    for unanimous in (True, False):
        (folder := tmp_path / str(unanimous)).mkdir()
        tuned = {"unanimous": unanimous}
        async with staged(folder, {"juror": split}, selection=tuned) as stage:
            decision = await selected(stage, instruction())
            sft, pairs = await rows(stage)
        assert len(sft) == 1
        assert len(pairs) == (1 if unanimous else 3)
        if unanimous:  # teacher against other is what all three agree on
            assert {why for _, why in decision.aside} == {
                "not unanimous: 67% of the jurors prefer the winner"
            }
        else:
            assert decision.aside == ()


async def test_two_contenders_that_answer_alike_make_one_pair(tmp_path: Path) -> None:
    def same(line: Line) -> Any:
        return "It was said by the teacher." if line.alias != "small" else "It was said by small."

    async with staged(tmp_path, {"contender": same}) as stage:
        decision = await selected(stage, instruction())
        _, pairs = await rows(stage)
    assert len(pairs) == 1
    (aside,) = decision.aside
    assert aside[1] == f"the same two answers, word for word, as in {pairs[0].battles[0]}"


async def test_the_band_of_margins_is_a_setting(tmp_path: Path) -> None:
    tuned = {"preference_margin": 2.5, "preference_most": 4}
    async with staged(tmp_path, selection=tuned) as stage:
        decision = await selected(stage, instruction())
        _, pairs = await rows(stage)
    assert [p.margin for p in pairs] == [3.0]
    assert {why for _, why in decision.aside} == {
        "margin 5 is above 4",
        "margin below the round's 2.5",
    }


LOUD: dict[str, Any] = {
    "leaf": "loud",
    "check": Check(name="text_capitalization", terms=("upper",)),
}


def sometimes(line: Line) -> Any:
    """The target gets it right in its third answer, the teacher never."""
    return SEED.text.upper() if (line.alias, line.call.sample) == ("small", 2) else SEED.text


async def test_a_checker_picks_the_best_of_the_target_s_own_samples(tmp_path: Path) -> None:
    async with staged(tmp_path, {"contender": sometimes}) as stage:
        cast = CAST.model_copy(update={"target_samples": 3})
        object.__setattr__(stage.services, "cast", cast)
        decision = await selected(stage, instruction(**LOUD))
        sft, pairs = await rows(stage)
        answers = {a.id: a for a in await stage.records(kinds.ANSWER)}
        battles = await stage.records(kinds.BATTLE)
        (item,) = await stage.records(kinds.RLVR)
    own = [b for b in battles if b.own]
    assert {b.model_b if b.model_a == "small" else b.model_a for b in own} == {"small#2", "small#3"}
    mine = sorted((a.sample, a.checked) for a in answers.values() if a.contender == "small")
    assert mine == [(1, False), (2, False), (3, True)]
    (row,), (pair,) = sft, pairs
    assert (answers[row.answer_id].contender, answers[row.answer_id].sample) == ("small", 3)
    assert (answers[pair.chosen_id].sample, answers[pair.rejected_id].sample) == (3, 1)
    assert pair.margin == 9
    # A contender that meets itself tells of no strength.
    assert (decision.won, decision.tied, decision.lost) == (0, 2, 0)
    assert (item.checker, item.passed) == ("text_capitalization", 1 / 5)


async def test_items_to_reinforce_on_are_sound_and_checked(tmp_path: Path) -> None:
    async with staged(tmp_path, {"contender": SEED.text}) as stage:
        decision = await selected(stage, instruction(**LOUD), instruction("i-2", seed_id="s-2"))
        items = await stage.records(kinds.RLVR)
    assert decision.outcome == "broken", "everyone fails its checker"
    assert items == []


def config(**sections: Any) -> dict[str, Any]:
    model = {"provider": "offline", "model": "weak"}
    data: dict[str, Any] = {
        "seeds": "docs",
        "models": {
            name: model | {"family": name} for name in ("small", "teacher", "judge", "evaluator")
        },
        "cast": {
            "default": "teacher",
            "target": "small",
            "contenders": ["teacher"],
            "jury": ["judge"],
            "evaluation_jury": ["judge"],
        },
    }
    return data | sections


def test_jurors_that_select_evaluate_only_where_the_config_says_so() -> None:
    with pytest.raises(UserError, match=r"evaluation.shared_jurors: true"):
        load_config(config())
    mixed = load_config(config(evaluation={"shared_jurors": True}))
    assert mixed.cast.jury == mixed.cast.evaluation_jury


def test_samples_that_would_all_be_the_same_are_refused() -> None:
    cast = CAST.model_copy(update={"target_samples": 4})
    known = models()
    assert list(faults(cast, known)) == []
    odd = dict(known) | {"small#2": known["small"]}
    assert any("small#2" in fault for fault in faults(cast, odd))
    cold = config(evaluation={"shared_jurors": True})
    cold["models"]["small"] |= {"temperature": 0}
    cold["cast"] |= {"target_samples": 2}
    with pytest.raises(UserError, match="has temperature 0"):
        load_config(cold)
    peer = config(arena={"protocol": "peer_battle"}, evaluation={"shared_jurors": True})
    peer["cast"] |= {"target_samples": 2}
    with pytest.raises(UserError, match="debate with itself"):
        load_config(peer)
