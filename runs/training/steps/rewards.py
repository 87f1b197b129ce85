"""What rewards what the model writes: a checker where the instruction has one, else the reward model."""

from dataclasses import dataclass
from typing import Any

from ....agents.models.chat import rendered
from ....agents.records import Answer, Instruction, Turn
from ....graphs.checking import checked
from ....tools.optional import optional
from ..marker import marked
from .tokens import encoded, lines
from .work import EXTRA, Work


@dataclass(frozen=True)
class Asked:
    """A prompt to write on from, and the instruction whose checker rewards what is written."""

    ids: tuple[int, ...]
    messages: list[dict[str, str]]
    instruction: Instruction | None


class Rewards:
    """Rewards from 0 to 1: passed or not, or the chance that the reward model gives of a good answer."""

    def __init__(self, work: Work, tokenizer: Any) -> None:
        self._torch = optional("torch", EXTRA)
        self._tokenizer, self._device = tokenizer, work.device
        folder = work.folder.parent / "reward" / "model"
        self._model: Any = None
        if marked(folder) is not None:
            classes = optional("transformers", EXTRA).AutoModelForSequenceClassification
            model = classes.from_pretrained(folder, dtype=self._torch.float32)
            self._model = model.eval().to(self._device)

    def knows(self, instruction: Instruction | None) -> bool:
        """Return whether answers to it can be rewarded."""
        return instruction is not None or self._model is not None

    def of(self, asked: Asked, text: str) -> float:
        """Return the reward of an answer."""
        said = Turn(role="assistant", content=text)
        if asked.instruction is not None:
            return float(passed(asked.instruction, said))
        messages = [*asked.messages, {"role": "assistant", "content": text}]
        ids = encoded(self._tokenizer, rendered(self._tokenizer, messages, reply=False))
        with self._torch.inference_mode():
            logits = self._model(input_ids=self._torch.tensor([ids], device=self._device)).logits
        return float(logits[0, 0].float().sigmoid())


def passed(instruction: Instruction, said: Turn) -> bool:
    """Return whether an instruction's checker passes an answer."""
    answer = Answer(
        id="written", instruction_id=instruction.id, contender="", model="", turns=(said,)
    )
    judged = checked(instruction, answer)
    return bool(judged.checked) and not judged.broken


def prompts(work: Work, tokenizer: Any, rewards: Rewards, room: int) -> tuple[list[Asked], int]:
    """Return the prompts whose answers can be rewarded and that leave room for one, and how many do not."""
    longest = work.plan.settings.max_length - room
    kept, left_out = list[Asked](), 0
    for line in lines(work.rows / "rlvr.jsonl"):
        about = line.get("instruction")
        instruction = Instruction.model_validate(about) if about else None
        ids = encoded(tokenizer, rendered(tokenizer, line["prompt"], reply=True))
        if len(ids) <= longest and rewards.knows(instruction):
            kept.append(Asked(tuple(ids), line["prompt"], instruction))
        else:
            left_out += 1
    return kept, left_out
