"""Checking: a leaf's program looks at an answer before any juror does."""

from ...agents.records import Answer, Instruction, Turn
from ...tools.checkers import CHECKERS, TOOL_CALLS, CheckTask
from ...tools.tool_checks import check_tool_use


def checked(instruction: Instruction, answer: Answer) -> Answer:
    """Return the answer with what the checker says of it; unchanged where the leaf has none."""
    if instruction.check is None:
        return answer
    if instruction.check.name == TOOL_CALLS:
        said = (Turn(role="user", content=instruction.prompt()), *answer.turns)
        turns = [(t.role, t.content, [(c.name, c.arguments) for c in t.tool_calls]) for t in said]
        result = check_tool_use(
            turns,
            instruction.apis,
            instruction.expected_behaviour,
            instruction.task,
            expected_calls=instruction.check.terms,
        )
        return answer.model_copy(update={"checked": result.passed, "check_note": result.note})
    task = CheckTask(
        context=instruction.context,
        task=instruction.task,
        terms=instruction.check.terms,
        replacements=instruction.check.replacements,
        options=instruction.options,
    )
    found = CHECKERS[instruction.check.name](answer.text, task)
    return answer.model_copy(update={"checked": found.passed, "check_note": found.note})
