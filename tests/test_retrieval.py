"""The index over the APIs of all seeds."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from arenainstruct.agents.roles.finder import chosen_of
from arenainstruct.tools.api_spec import ApiSpec, ParameterSpec
from arenainstruct.tools.registry import TOOLS
from arenainstruct.tools.retrieval import ApiIndex
from arenainstruct.tools.tool import Given

PETS = [
    ApiSpec("findPetById", "Read one animal.", (ParameterSpec("pet_id", "integer", "", True),)),
    ApiSpec("delete_pet", "Remove an animal for good."),
]
ORDERS = [ApiSpec("cancelOrder", "Cancel an order that has not been sent.", returns='{"ok": true}')]


def filled(path: Path | None = None) -> ApiIndex:
    index = ApiIndex(path)
    index.add("pets", PETS)
    index.add("orders", ORDERS)
    return index


def test_identifiers_are_found_by_their_words() -> None:
    with filled() as index:
        assert index.search("cancelling orders") == [(ORDERS[0], "orders")]
        assert [api.name for api, _ in index.search("pet")] == ["findPetById", "delete_pet"]
        assert index.search("pet", exclude_seed="pets") == []


def test_adding_again_changes_nothing_and_new_apis_replace_the_old() -> None:
    with filled() as index:
        index.add("pets", PETS)
        assert len(index) == 3
        index.add("pets", PETS[:1])
        assert len(index) == 2 and index.search("remove animal") == [(PETS[0], "pets")]


@pytest.mark.parametrize(
    "query", ["", '"', "pet OR", "NEAR(", "name:*", "-pet", "a\x00b", "\ud800", "to the"]
)
def test_no_query_is_an_error(query: str) -> None:
    with filled() as index:
        index.search(query)


def test_a_file_is_read_by_others_and_by_threads(tmp_path: Path) -> None:
    path = tmp_path / "a b%.db"
    with filled(path), ApiIndex(path, read_only=True) as reader, ThreadPoolExecutor(4) as pool:
        found = list(pool.map(reader.search, ["order"] * 20))
        assert found == [[(ORDERS[0], "orders")]] * 20
    with pytest.raises(ValueError, match="build it first"):
        ApiIndex(tmp_path / "none.db", read_only=True)


async def test_the_finders_search_remembers_what_it_showed() -> None:
    with filled() as index:
        given, search = Given(index=index, seed_id="orders"), TOOLS["search_apis"]
        assert "findPetById(pet_id)" in await search.answer(given, '{"query": "pet"}')
        assert "No API matches" in await search.answer(given, '{"query": "invoice"}')
        with pytest.raises(ValueError, match="query"):
            await search.answer(given, '{"q": 1}')
        assert chosen_of("- `delete_pet`", given.found) == [PETS[1]]
        assert chosen_of("NONE", given.found) == []
        assert len(chosen_of("done", given.found)) == 2
