"""The APIs of all seeds: kept in the order in which the seeds were read, which ties of a search follow."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Engine, delete, select

from ...tools.api_spec import ApiSpec, dump_apis, load_apis
from ...tools.retrieval import ApiIndex
from .database import Database
from .place import Place
from .schema import APIS
from .statement import Statement
from .writer import Step


class ApisTable(Database):
    """The part of the store that a search over APIs is built from.

    Each process that searches has an index of its own in a temporary file: so ranks are the same
    whatever database the run is in.
    """

    def __init__(self, engine: Engine, place: Place) -> None:
        super().__init__(engine, place)
        self._apis = Statement.inserting(APIS, engine.dialect)
        self._no_apis = Statement.of(delete(APIS), engine.dialect)

    async def add_apis(self, apis: Sequence[tuple[int, str, Sequence[ApiSpec]]]) -> None:
        """Write the APIs of some seeds: the seed's place in the order of reading, its id, its APIs."""
        rows = [(place, seed_id, _clean(dump_apis(specs))) for place, seed_id, specs in apis]
        await self._writer.commit(Step(self._apis, rows))

    async def forget_apis(self) -> None:
        """Delete them all: the seeds are read anew."""
        await self._writer.commit(Step(self._no_apis, [()]))

    async def index_apis(self, index: ApiIndex) -> None:
        """Put them all into an index, in the order in which their seeds were read."""
        await self._away(lambda: _fill(index, self._seeds()))

    def _seeds(self) -> Iterator[tuple[str, list[ApiSpec]]]:
        query = select(APIS.c.seed_id, APIS.c.specs).order_by(APIS.c.place)
        return ((seed_id, load_apis(specs)) for seed_id, specs in self._all(query))


def _fill(index: ApiIndex, seeds: Iterator[tuple[str, list[ApiSpec]]]) -> None:
    for seed_id, apis in seeds:
        index.add(seed_id, apis)


def _clean(text: str) -> str:
    """Return text that a database can hold: a lone surrogate becomes a question mark."""
    return text.encode("utf-8", "replace").decode()
