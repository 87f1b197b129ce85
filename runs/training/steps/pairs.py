"""DPO and the reward model: TRL's `DPOTrainer` and `RewardTrainer` on pairs of answers."""

from typing import Any

from ....agents.models.chat import rendered, tokenizer_of
from ....tools.optional import optional
from .tokens import encoded, lines
from .work import EXTRA, Facts, Work

_POINTS = 9.0
"""The largest margin on the jurors' scale: the loss is told of margins as shares of it."""
_CENTRED = 0.01
"""How strongly the mean reward is drawn to 0, so that rewards of two rounds are alike."""


def dpo(work: Work) -> Facts:
    """Train the policy on the round's pairs."""
    settings, tokenizer = work.plan.settings, tokenizer_of(work.base)
    rows, left_out = _pairs(work, tokenizer)
    if not rows:
        return work.came_to(0, left_out)
    trl, datasets = optional("trl", EXTRA), optional("datasets", EXTRA)
    columns = ("prompt", "chosen", "rejected")
    trainer = trl.DPOTrainer(
        model=work.causal(),
        args=trl.DPOConfig(**work.arguments(settings.dpo, max_length=None, beta=settings.dpo.beta)),
        train_dataset=datasets.Dataset.from_list([{n: row[n] for n in columns} for row in rows]),
        processing_class=tokenizer,
        peft_config=work.adapter(),
    )
    return work.train(trainer, len(rows), left_out)


def reward(work: Work) -> Facts:
    """Train a reward model on the round's pairs; the policy stays what it is."""
    settings, tokenizer = work.plan.settings, tokenizer_of(work.base)
    rows, left_out = _pairs(work, tokenizer)
    if not rows:
        return work.came_to(0, left_out)
    trl, datasets = optional("trl", EXTRA), optional("datasets", EXTRA)
    torch, transformers = optional("torch", EXTRA), optional("transformers", EXTRA)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        work.base, num_labels=1, dtype=torch.float32
    )
    model.config.pad_token_id = tokenizer.pad_token_id
    marked = [
        {
            "chosen_ids": _ids(tokenizer, row["prompt"] + row["chosen"]),
            "rejected_ids": _ids(tokenizer, row["prompt"] + row["rejected"]),
            "margin": row["margin"] / _POINTS,
        }
        for row in rows
    ]
    trainer = trl.RewardTrainer(
        model=model,
        args=trl.RewardConfig(
            **work.arguments(settings.reward, max_length=None, center_rewards_coefficient=_CENTRED)
        ),
        train_dataset=datasets.Dataset.from_list(marked),
        processing_class=tokenizer,
        peft_config=work.adapter("SEQ_CLS"),
    )
    return work.train(trainer, len(rows), left_out)


def _pairs(work: Work, tokenizer: Any) -> tuple[list[dict[str, Any]], int]:
    """Return the pairs that fit, and how many do not."""
    longest, kept, left_out = work.plan.settings.max_length, list[dict[str, Any]](), 0
    for row in lines(work.rows / "preference.jsonl"):
        both = (_ids(tokenizer, row["prompt"] + row[side]) for side in ("chosen", "rejected"))
        if all(len(ids) <= longest for ids in both):
            kept.append(row)
        else:
            left_out += 1
    return kept, left_out


def _ids(tokenizer: Any, messages: list[dict[str, str]]) -> list[int]:
    return encoded(tokenizer, rendered(tokenizer, messages, reply=False))
