"""A run of any size as a folder of pages that opens from disk: one page of the whole, then leaf by leaf."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from math import ceil
from pathlib import Path

from ...agents.errors import UserError
from ..disk import write_whole
from .draw import bits
from .draw.markup import Safe, h, join
from .indexing import catch_up
from .onefile import draw_story, instructions, overview, page, stories
from .rows import Wanted, facets
from .source import Source

INDEX = "index.html"
A_PAGE = 50
"""Instructions of a page: some megabytes at most, which a browser opens at once."""


@dataclass(frozen=True)
class Chapter:
    """One leaf in a bundle."""

    skill: str
    leaf: str
    number: int
    count: int

    @property
    def pages(self) -> int:
        """How many pages it takes."""
        return ceil(self.count / A_PAGE)

    def file(self, page: int) -> str:
        """Return the name of one of its pages, the first of which is 1."""
        return f"{self.number:03}-{re.sub('[^a-z0-9]+', '_', self.leaf.lower())}-{page}.html"


def write_bundle(source: Source, folder: Path) -> tuple[int, int]:
    """Write a run into a folder of pages; return how many instructions on how many pages.

    What a kill left of these pages is written again.

    Raises:
        UserError: the folder holds something else already, or all of them.
    """
    catch_up(source)
    chapters = _chapters(source)
    _refuse_there(folder, chapters)
    folder.mkdir(parents=True, exist_ok=True)
    with bits.in_file({(one.skill, one.leaf): one.file(1) for one in chapters}):
        for chapter in chapters:
            for number, drawn in enumerate(_pages(source, chapter), 1):
                write_whole(folder / chapter.file(number), _page(source, chapter, number, drawn))
        title = h("h1", source.folder.run_id)
        # The page that leads to the others is there once they are.
        write_whole(
            folder / INDEX, page(source, join(title, _contents(chapters), overview(source)))
        )
    return sum(one.count for one in chapters), sum(one.pages for one in chapters)


def _refuse_there(folder: Path, chapters: tuple[Chapter, ...]) -> None:
    """Refuse a folder with anything but a beginning of these pages."""
    pages = {one.file(number) for one in chapters for number in range(1, one.pages + 1)}
    parts = {f".{name}.part" for name in (*pages, INDEX)}
    if folder.exists() and (
        not folder.is_dir() or {entry.name for entry in folder.iterdir()} - pages - parts
    ):
        raise UserError(f"--html-folder {folder}: is there, and not empty; name a new folder")


def _chapters(source: Source) -> tuple[Chapter, ...]:
    found = [
        (skill, leaf, count)
        for skill, leaves in sorted(facets(source, "draft").leaves.items())
        for leaf, count in sorted(leaves.items())
    ]
    if not all(leaf for _, leaf, _ in found):  # an arena's prompts, which belong to none
        found = [("", "", sum(count for *_, count in found))]
    return tuple(
        Chapter(skill, leaf, number, count) for number, (skill, leaf, count) in enumerate(found, 1)
    )


def _pages(source: Source, chapter: Chapter) -> Iterator[list[Safe]]:
    """Yield the instructions of each page, drawn; a bead that several share is placed once a page."""
    wanted = Wanted("draft", skill=chapter.skill, leaf=chapter.leaf, sort="agreement")
    left = stories(source, wanted, chapter.count)
    while told := tuple(islice(left, A_PAGE)):
        placed = set[str]()
        yield [draw_story(source.folder.run_id, story, placed) for story in told]


def _page(source: Source, chapter: Chapter, number: int, drawn: list[Safe]) -> str:
    ways = [bits.link("Overview", INDEX)]
    if number > 1:
        ways.append(bits.link("← Before", chapter.file(number - 1)))
    if number < chapter.pages:
        ways.append(bits.link("Next →", chapter.file(number + 1)))
    way = h("nav", ways, aria_label="Pages")
    leaf, skill = (text.replace("_", " ") for text in (chapter.leaf, chapter.skill))
    title = h("h1", leaf or "Instructions", h("small", skill))
    note = f"{chapter.count:,}, page {number} of {chapter.pages}; the least agreed first"
    return page(source, join(title, instructions(drawn, note=note)), way)


def _contents(chapters: tuple[Chapter, ...]) -> Safe:
    columns: dict[str, Callable[[Chapter], object]] = {
        "Skill": lambda one: one.skill.replace("_", " "),
        "Leaf": lambda one: bits.link(one.leaf.replace("_", " ") or "all of them", one.file(1)),
        "#Instructions": lambda one: f"{one.count:,}",
        "#Pages": lambda one: f"{one.pages:,}",
    }
    return bits.panel("Instructions by leaf", bits.listing("Leaves", chapters, columns))
