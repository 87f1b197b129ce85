"""Searching the given files, and the marks that answers cite them by."""

import json

import pytest

from arenainstruct.tools.registry import TOOLS
from arenainstruct.tools.search_files import paragraphs
from arenainstruct.tools.tool import Given

FILES = {
    "tides.txt": "Tides\n\nThe moon pulls the water.\nTwice a day it rises.\n\nFishermen know this.",
    "bread.txt": "Bread needs flour.\n\nYeast makes the dough rise.",
}


async def search(query: str, files: dict[str, str] = FILES) -> str:
    return await TOOLS["search_files"].answer(Given(files=files), json.dumps({"query": query}))


async def test_paragraphs_are_found_with_marks_that_read_file_knows() -> None:
    told = await search("moon and water")
    assert told.startswith("[tides.txt:3] The moon pulls the water.\nTwice a day")
    name, line = told[1 : told.index("]")].split(":")
    read = await TOOLS["read_file"].answer(
        Given(files=FILES), json.dumps({"name": name, "first": int(line), "last": int(line)})
    )
    assert read.startswith("[tides.txt:3] The moon pulls the water.")


async def test_words_are_words_and_no_operators() -> None:
    assert "[bread.txt:3]" in await search('yeast" OR NEAR(')
    assert (await search("volcano")).startswith("Nothing in tides.txt, bread.txt matches")
    with pytest.raises(ValueError, match="a few words"):
        await search("?!")
    with pytest.raises(ValueError, match="no files"):
        await search("moon", {})


def test_paragraphs_have_the_numbers_of_their_first_lines() -> None:
    assert list(paragraphs("\n\na\nb\n \nc")) == [(3, "a\nb"), (6, "c")]
    assert list(paragraphs("")) == []
