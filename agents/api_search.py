"""The finder's tool: search over the APIs of all seeds, remembering what it showed."""

import asyncio
import json
import re

from ..tools.api_spec import ApiSpec
from ..tools.retrieval import (
    SEARCH_DESCRIPTION,
    SEARCH_NAME,
    SEARCH_SCHEMA,
    ApiIndex,
    search_text,
)
from .tool_loop import LoopTool


class ApiSearch:
    """One finder's search; a new one for every conversation."""

    def __init__(self, index: ApiIndex, exclude_seed: str, limit: int = 8) -> None:
        self._index = index
        self._exclude_seed = exclude_seed
        self._limit = limit
        self.found: dict[str, ApiSpec] = {}
        """What was shown, by name, in the order of showing."""

    def tool(self) -> LoopTool:
        """Return the search as a tool."""
        return LoopTool(SEARCH_NAME, SEARCH_DESCRIPTION, SEARCH_SCHEMA, self._search)

    async def _search(self, arguments: str) -> str:
        given = json.loads(arguments)
        query = given.get("query") if isinstance(given, dict) else None
        if not isinstance(query, str) or not query.strip():
            raise ValueError("search_apis needs one parameter, query: a few words")
        # A large index may take tenths of a second: other conversations go on meanwhile.
        text, apis = await asyncio.to_thread(
            search_text, self._index, query, self._limit, exclude_seed=self._exclude_seed
        )
        for api in apis:
            self.found.setdefault(api.name, api)
        return text

    def chosen(self, answer: str) -> list[ApiSpec]:
        """Return the shown APIs that the finder's answer names; all shown where it names none.

        The single word NONE chooses nothing.
        """
        words = set(re.findall(r"[\w-]+", answer))
        if words == {"NONE"}:
            return []
        named = [api for name, api in self.found.items() if name in words]
        return named or list(self.found.values())
