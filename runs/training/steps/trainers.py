"""The steps that TRL's trainers do: SFT, DPO and the reward model, GRPO and RLOO.

GRPO takes a group's mean off each reward (arXiv 2402.03300), RLOO the mean of the others (arXiv 2402.14740).
"""

from typing import Any

from ....agents.models.chat import rendered, tokenizer_of
from ....tools.optional import optional
from .rewards import Rewards, prompts
from .tokens import encoded, learned, lines
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


def grpo(work: Work) -> Facts:
    """Train by group-relative advantages."""
    return _groups(work, "GRPO")


def rloo(work: Work) -> Facts:
    """Train by leave-one-out advantages."""
    return _groups(work, "RLOO")


def _groups(work: Work, method: str) -> Facts:
    settings = getattr(work.plan.settings, work.name)
    tokenizer = tokenizer_of(work.base)
    rewards = Rewards(work, tokenizer)
    asked, left_out = prompts(work, tokenizer, rewards, settings.max_tokens)
    if not asked:
        return work.came_to(0, left_out)

    def rewarded(completions: list[Any], row: list[int], **_: Any) -> list[float]:
        said = (completion[-1]["content"] for completion in completions)
        return [rewards.of(asked[at], text) for at, text in zip(row, said, strict=True)]

    trl, datasets = optional("trl", EXTRA), optional("datasets", EXTRA)
    rows = [{"prompt": one.messages, "row": number} for number, one in enumerate(asked)]
    trainer = getattr(trl, f"{method}Trainer")(
        model=work.causal(),
        reward_funcs=rewarded,
        args=getattr(trl, f"{method}Config")(
            **work.arguments(
                settings,
                num_generations=settings.generations,
                max_completion_length=settings.max_tokens,
                temperature=settings.temperature,
                beta=settings.kl,
            )
        ),
        train_dataset=datasets.Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=work.adapter(),
    )
    return work.train(trainer, len(rows), left_out)
