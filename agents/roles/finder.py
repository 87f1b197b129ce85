"""The finder: searches the APIs of all given seeds with a tool, and widens an API list with them."""

from autogen_core import MessageContext, message_handler

from ..actor import Actor
from ..api_search import ApiSearch
from ..conversion import api_from, apis_json
from ..messages import Apis, Find
from ..models.client import DoorClient
from ..tool_loop import run_tool_loop

PROMPT = "tool_use/find"


class Finder(Actor):
    """Widens API lists by search, in AgentChat's tool loop."""

    @message_handler
    async def find(self, message: Find, ctx: MessageContext) -> Apis:
        """Return the APIs that the model chose among those it found, all of other seeds."""
        seed = message.seed.id
        search = ApiSearch(self.desk.index, exclude_seed=seed)
        call = self.speak(PROMPT, {"apis": apis_json(message.apis)}, subject=seed)
        system, user = (turn.content for turn in call.turns)
        client = DoorClient(
            self.desk.door.complete, self.alias, role="finder", subject=seed, prompt=call.prompt
        )
        turns = await run_tool_loop(
            client, system=system, user_turns=(user,), tools=(search.tool(),)
        )
        chosen = search.chosen(turns[-1].content)
        apis = tuple(api_from(spec) for spec in chosen[: message.count])
        return Apis(apis=apis, model=self.model)
