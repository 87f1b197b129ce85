"""The finder: searches the APIs of all given seeds with a tool, and widens an API list with them."""

import json

from autogen_core import MessageContext, message_handler

from ..tools.retrieval import SEARCH_DESCRIPTION, SEARCH_NAME, SEARCH_SCHEMA, search_text
from .actor import Actor
from .conversion import api_from, apis_json
from .messages import Apis, Find
from .models.client import DoorClient
from .records import Api
from .tool_loop import LoopTool, run_tool_loop

PROMPT = "tool_use/find"


class Finder(Actor):
    """Widens API lists by search, in AgentChat's tool loop."""

    @message_handler
    async def find(self, message: Find, ctx: MessageContext) -> Apis:
        """Return the APIs that the model chose among those it found, all of other seeds.

        A model that names none of them in its last turn is taken to want the first ones it found.
        """
        found: dict[str, Api] = {}

        async def search(arguments: str) -> str:
            query = json.loads(arguments)["query"]
            seed = message.seed.id
            text, specs = search_text(self.desk.index, str(query), exclude_seed=seed)
            for spec in specs:
                found.setdefault(spec.name, api_from(spec))
            return text

        call = self.speak(PROMPT, {"apis": apis_json(message.apis)}, subject=message.seed.id)
        system, user = (turn.content for turn in call.turns)
        client = DoorClient(
            self.desk.door.complete, self.alias, role="finder", subject=message.seed.id
        )
        turns = await run_tool_loop(
            client,
            system=system,
            user_turns=(user,),
            tools=(LoopTool(SEARCH_NAME, SEARCH_DESCRIPTION, SEARCH_SCHEMA, search),),
        )
        lines = {line.strip("-* `") for line in turns[-1].content.splitlines()}
        if lines == {"NONE"}:
            return Apis(apis=())
        chosen = [api for name, api in found.items() if name in lines] or list(found.values())
        return Apis(apis=tuple(chosen[: message.count]))
