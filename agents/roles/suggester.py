"""The suggester: proposes about three directions in which an instruction could become harder."""

from zlib import crc32

from autogen_core import MessageContext, message_handler

from ...prompts.template import load_prompt
from ..actor import Actor
from ..conversion import apis_json, told_task
from ..errors import ReplyError
from ..messages import Steer, Suggest, Suggested
from ..records import Suggestion, make_id
from ..replies import SuggestionReply, SuggestionsReply


class Suggester(Actor):
    """Proposes directions."""

    @message_handler
    async def suggest(self, message: Suggest, ctx: MessageContext) -> Suggested:
        """Return the directions whose goal is one of those offered.

        Raises:
            ReplyError: there are directions, but none for an offered goal.
        """
        instruction = message.instruction
        variables = {
            "passage": instruction.environment.material,
            "apis": apis_json(instruction.environment.apis),
            "task": told_task(instruction),
            "options": list(instruction.options),
            "leaf": message.leaf,
            "goals": list(message.goals),
            "count": message.count,
            "complexity": instruction.complexity,
        }
        offered = {goal.name for goal in message.goals}
        note = _note(message.steer, small=self.small) if message.steer else ""
        if self.small:
            # One goal, drawn for it: a small model only says how to get there.
            place = 0 if message.ranked else crc32(instruction.id.encode()) % len(message.goals)
            goal = message.goals[place]
            told = variables | {"goals": [goal]}
            call = self.speak(message.prompt, told, subject=instruction.id, note=note)
            one, _ = await self.ask(call, SuggestionReply, known={"goal": goal.name})
            reply = SuggestionsReply(suggestions=[one])
        else:
            call = self.speak(message.prompt, variables, subject=instruction.id, note=note)
            reply, _ = await self.ask(call, SuggestionsReply)
        fitting = [s for s in reply.suggestions if s.goal in offered]
        if reply.suggestions and not fitting:
            found = sorted({s.goal for s in reply.suggestions})
            raise ReplyError(f"no direction serves an offered goal; goals found: {found}")
        return Suggested(
            suggestions=tuple(
                Suggestion(
                    id=make_id("suggestion", instruction.id, s.goal, number),
                    parents=(instruction.id,),
                    instruction_id=instruction.id,
                    goal=s.goal,
                    direction=s.direction,
                )
                for number, s in enumerate(fitting[: message.count])
            )
        )


def _note(steer: Steer, *, small: bool) -> str:
    """Return what earlier battles tell, as it closes the suggester's turn; a small model gets few words."""
    prompt = load_prompt("small/steer" if small else "refinement/steer")
    variables = {
        "aim": steer.aim,
        "constraint": steer.aim.constraint,
        "rate": f"{steer.aim.win_rate:.2f}",
        "difficulty": f"{steer.aim.difficulty:+.2f}",
        "worked": [
            (name, {"passed": r.passed, "made": r.made, "told": f"{r.moved:.1f} of {r.compared}"})
            for name, r in steer.worked
        ],
    }
    told = {name: variables[name] for name in prompt.variables}
    return "\n\n".join(prompt.render(told))
