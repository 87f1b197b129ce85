"""Coverage: wanted against made, by the policy of each round; and what the gate dropped, by leaf."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from arenainstruct.agents.records import Reject
from arenainstruct.graphs import kinds
from arenainstruct.graphs.supervisor.decisions import PolicyVersion, TaxonomyVersion
from arenainstruct.runs.dataset import CardFacts, write_dataset
from arenainstruct.runs.dataset.coverage import page, read_coverage
from arenainstruct.runs.store import Store
from arenainstruct.taxonomy.policy import LeafPolicy, Policy
from arenainstruct.taxonomy.version import Taxonomy
from tests.stage import READING, instruction


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "store.sqlite")
    yield opened
    opened.close()


async def fill(store: Store) -> None:
    """Four drafts of `literal` in a round that wants all leaves alike, then two where it wants it alone."""
    only = {f"reading/{leaf.name}": LeafPolicy(weight=0.0) for leaf in READING.leaves}
    only["reading/literal"] = LeafPolicy(weight=4.0)
    policies = [
        PolicyVersion(id="policy-1", round=0, policy=Policy(version=1)),
        PolicyVersion(id="policy-2", round=1, policy=Policy(version=2, leaves=only)),
    ]
    await store.add(kinds.POLICY, 0, policies[:1])
    await store.add(kinds.POLICY, 1, policies[1:])
    taxonomy = TaxonomyVersion(id="taxonomy-1", round=0, taxonomy=Taxonomy(skills=(READING,)))
    await store.add(kinds.TAXONOMY, 0, [taxonomy])
    ways = ("retold", "retold", "retold", "shortened")
    first = [instruction(f"i-{n}", transformation=way) for n, way in enumerate(ways)]
    second = [instruction(f"j-{n}", round=2) for n in range(2)]
    await store.add(kinds.DRAFT, 1, first)
    await store.add(kinds.DRAFT, 2, second)
    await store.add(kinds.INSTRUCTION, 1, first[:3])
    dropped = Reject(
        id="reject-1",
        round=1,
        stage="curation",
        reason="benchmark",
        detail="",
        subject="i-3",
        skill="reading",
        leaf="literal",
    )
    await store.add(kinds.REJECT, 1, [dropped])


def test_what_is_wanted_follows_the_policy_of_each_round(store: Store) -> None:
    asyncio.run(fill(store))
    (skill,) = asyncio.run(read_coverage(store))
    found = {leaf.leaf: leaf for leaf in skill.leaves}
    assert found["literal"].wanted == 4 / 4 + 2
    assert found["summary"].wanted == 4 / 4
    assert (found["literal"].written, found["literal"].kept) == (6, 3)
    assert found["literal"].ways == (3, 0)
    assert skill.dropped == (("curation/benchmark", 1),)
    told = [line.split() for line in page([skill]).splitlines()]
    counts = map(str, (len(skill.leaves), 2, len(READING.goals), 6, 3, 0))
    assert told[1] == ["reading", *counts]
    assert "dropped: curation/benchmark 1" in page([skill])
    assert "reading: A retold, B shortened".split() in told
    assert ["literal", "3.0", "6", "3", "0", "3", "█", "0"] in told


def test_the_card_tells_coverage_and_drops_by_leaf(store: Store, tmp_path: Path) -> None:
    asyncio.run(fill(store))
    facts = CardFacts(config="", coverage=asyncio.run(read_coverage(store)))
    asyncio.run(write_dataset(store, tmp_path / "d", facts))
    text = (tmp_path / "d" / "README.md").read_text()
    assert "| literal | 3.0 | 6 | 3 | 0 | 3 █ | 0 |" in text
    assert "| reading/literal | 1 |" in text
    assert "| curation/benchmark 1 |" in text


def test_nothing_is_covered_before_the_first_round(store: Store) -> None:
    assert asyncio.run(read_coverage(store)) == ()
