"""SFT: TRL's `SFTTrainer` on conversations, learning only what the assistant says in them."""

from typing import Any

from ....agents.models.chat import tokenizer_of
from ....tools.optional import optional
from .tokens import learned, lines
from .work import EXTRA, Facts, Work


def sft(work: Work) -> Facts:
    """Train on the round's conversations."""
    settings = work.plan.settings
    tokenizer = tokenizer_of(work.base)
    rows, left_out = list[dict[str, Any]](), 0
    for line in lines(work.rows / "sft.jsonl"):
        found = learned(tokenizer, line["messages"])
        if found is None or len(found.ids) > settings.max_length:
            left_out += 1
            continue
        rows.append({"input_ids": found.ids, "labels": found.labels})
    if not rows:
        return work.came_to(0, left_out)
    trl, datasets = optional("trl", EXTRA), optional("datasets", EXTRA)
    trainer = trl.SFTTrainer(
        model=work.causal(),
        args=trl.SFTConfig(**work.arguments(settings.sft, max_length=None, packing=False)),
        train_dataset=datasets.Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=work.adapter(),
    )
    return work.train(trainer, len(rows), left_out)
