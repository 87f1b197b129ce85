"""The finder: searches the APIs of all given seeds with a tool, and widens an API list with them."""

import re
from collections.abc import Mapping

from autogen_core import MessageContext, message_handler

from ...tools.api_spec import ApiSpec
from ...tools.registry import TOOLS
from ..actor import Actor, prompt_of
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
        given = self.desk.given(seed_id=seed)
        tools = self.offers((TOOLS[name] for name in prompt_of(PROMPT).tools), given, seed)
        call = self.speak(PROMPT, {"apis": apis_json(message.apis)}, subject=seed)
        system, user = (turn.content for turn in call.turns)
        client = DoorClient(
            self.desk.door.complete, self.alias, role="finder", subject=seed, prompt=call.prompt
        )
        turns = await run_tool_loop(client, system=system, user_turns=(user,), tools=tools)
        chosen = chosen_of(turns[-1].content, given.found)
        apis = tuple(api_from(spec) for spec in chosen[: message.count])
        return Apis(apis=apis, model=self.model)


def chosen_of(answer: str, found: Mapping[str, ApiSpec]) -> list[ApiSpec]:
    """Return the shown APIs that the finder's answer names; all shown where it names none.

    The single word NONE chooses nothing.
    """
    words = set(re.findall(r"[\w-]+", answer))
    if words == {"NONE"}:
        return []
    named = [api for name, api in found.items() if name in words]
    return named or list(found.values())
