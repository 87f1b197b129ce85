"""The router: what a document is fit for, what is tried all the same, and quotas over what is left."""

from collections import Counter
from pathlib import Path

import pytest

from arenainstruct.graphs import kinds
from arenainstruct.graphs.supervisor.decisions import PolicyVersion, TaxonomyVersion
from arenainstruct.graphs.supervisor.generate import generate
from arenainstruct.graphs.supervisor.state import start_state
from arenainstruct.taxonomy.loading import load_skill
from arenainstruct.taxonomy.policy import Policy
from arenainstruct.taxonomy.quota import Quota
from arenainstruct.taxonomy.routing import route, traits
from arenainstruct.taxonomy.skill import Skill, Transformation
from arenainstruct.taxonomy.version import Taxonomy
from tests.stage import READING, SEED, leaf, staged

FEW = "The lamp was lit in 1862."
MANY = "In 1862 it cost 12,500 pounds and 40 men built it."
ROUTED = READING.model_copy(
    update={
        "leaves": (leaf("plain"), leaf("counting", needs=("numbers",)), leaf("summary")),
        "transformations": (
            Transformation(name="retold", brief="Tell it again."),
            Transformation(name="tabled", brief="As a table.", needs=("numbers",)),
        ),
    }
)


@pytest.mark.parametrize(
    ("text", "trait", "has"),
    [
        (MANY, "numbers", True),
        (FEW, "numbers", False),
        ("In 1862, in 1862, in 1862.", "numbers", False),
        (
            "# 1. Start\n\n2. Run gcc4 or dpkg(8).\n3. Save as UTF-8.\n\n[4] Said.[5]",
            "numbers",
            False,
        ),
        ("It holds 5 kg for 12:30 hours (7 with a lid).", "numbers", True),
        ("word " * 250, "long", True),
        ("word " * 249, "long", False),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "table", True),
        ("a | b", "table", False),
        ("Look:\n```python\nx = 1\n```", "code", True),
        ('She said "never go there alone" and left.', "quotes", True),
        ("It is a so-called 'lamp'.", "quotes", False),
        ("- one\n- two\n- three", "list", True),
    ],
)
def test_what_a_text_shows_is_found(text: str, trait: str, has: bool) -> None:
    assert (trait in traits(text, "text")) is has
    assert "text" in traits(text, "text")


def names(skill: Skill, text: str, explore: float = 0.0, draw: str = "1") -> dict[str, list[str]]:
    found = route(skill, traits(text, "text"), explore, draw)
    return {way: [x.name for x in leaves] for way, leaves in found.ways.items()}


def test_a_document_is_asked_what_it_is_fit_for() -> None:
    assert names(ROUTED, FEW) == {"retold": ["plain", "summary"]}
    every = ["plain", "counting", "summary"]
    assert names(ROUTED, MANY) == {"retold": every, "tabled": every}


def test_a_share_of_the_unfit_is_tried_and_the_same_one_again() -> None:
    tried = ["counting" in names(ROUTED, FEW, 0.3, str(n))["retold"] for n in range(400)]
    assert 0.2 < sum(tried) / len(tried) < 0.4
    assert tried == ["counting" in names(ROUTED, FEW, 0.3, str(n))["retold"] for n in range(400)]
    assert names(ROUTED, FEW, 1.0) == names(ROUTED, MANY)


def test_where_nothing_fits_it_is_said_what_is_lacking() -> None:
    only = ROUTED.model_copy(update={"leaves": (leaf("counting", needs=("numbers",)),)})
    found = route(only, traits(FEW, "text"), 0.0, "1")
    assert (dict(found.ways), found.why) == ({}, "no leaf of reading fits: they need numbers")
    whole = READING.model_copy(update={"needs": ("table",)})
    assert route(whole, traits(MANY, "text"), 0.0, "1").why == "reading needs table"


def test_a_leaf_that_few_documents_fit_still_gets_its_share() -> None:
    quota, asked = Quota(Policy(), ROUTED, "7", 1), Counter[str]()
    for number in range(300):
        text = MANY if number % 2 else FEW
        ways = route(ROUTED, traits(text, "text"), 0.0, str(number)).ways
        seats = quota.of_seed(2, 2, 1, ways)
        leaves = [name for seat in seats for name in seat.leaves]
        assert text == MANY or "counting" not in leaves
        asked.update(leaves)
    assert asked.total() == 600
    assert max(asked.values()) - min(asked.values()) <= 2


async def test_a_document_that_a_skill_has_nothing_for_is_a_reject_and_costs_nothing(
    tmp_path: Path,
) -> None:
    skill = READING.model_copy(update={"needs": ("table",)})
    policy = PolicyVersion(id="policy-1", round=0, policy=Policy())
    taxonomy = TaxonomyVersion(id="taxonomy-1", round=0, taxonomy=Taxonomy(skills=(skill,)))
    async with staged(tmp_path, skill=skill, per_seed={"explore": 0}) as stage:
        await stage.store.add(kinds.SEED, 0, [SEED])
        await stage.store.add(kinds.POLICY, 0, [policy])
        await stage.store.add(kinds.TAXONOMY, 0, [taxonomy])
        state = start_state(round=1, target="small", policy="policy-1", taxonomy="taxonomy-1")
        await generate(state, stage.runtime)
        (reject,) = await stage.records(kinds.REJECT)
        assert (reject.stage, reject.reason, reject.subject) == ("routing", "unfit", SEED.id)
        assert (reject.detail, reject.failed) == ("reading needs table", False)
        assert not stage.calls


def test_shipped_skills_say_what_their_leaves_need() -> None:
    skill = load_skill("text_extraction")
    found = names(skill, "No figure, nobody speaks, nothing is said here at all.")
    assert {"figures", "quotations"}.isdisjoint(found["identity"])
    assert "people" in found["identity"]
