"""LangGraph's checkpointer, which keeps the supervisor's graph: in the same database as the store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from .place import Place


@asynccontextmanager
async def checkpointer(place: Place) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """Open the checkpointer of a store: a file beside a SQLite one, tables in a run's schema."""
    if place.shared:
        from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

        async with AsyncPostgresSaver.from_conn_string(place.in_schema().conninfo) as saver:
            await saver.setup()
            yield saver
    else:
        path = Path(place.text).with_name("checkpoints.sqlite")
        async with AsyncSqliteSaver.from_conn_string(str(path)) as file:
            yield file
