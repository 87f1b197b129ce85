"""The tool that searches the APIs of all seeds."""

import asyncio
from typing import Annotated

from pydantic import Field

from .retrieval import search_text
from .tool import Given

SHOWN = 8


async def search_apis(
    given: Given,
    query: Annotated[str, Field(description="A few words, such as: cancel order")],
) -> str:
    """Search the APIs of all given documents by words of their name, purpose or parameters.

    Returns the best matches, each with its name, description and parameters.
    """
    if not query.strip():
        raise ValueError("search_apis needs one parameter, query: a few words")
    if given.index is None:
        raise ValueError("there are no APIs to search here")
    # A large index may take tenths of a second: other conversations go on meanwhile.
    text, apis = await asyncio.to_thread(
        search_text, given.index, query, SHOWN, exclude_seed=given.seed_id
    )
    for api in apis:
        given.found.setdefault(api.name, api)
    return text
