"""GRPO and RLOO by TRL: several answers to one prompt, each made likelier by what it earns beside the others.

GRPO takes a group's mean off each reward (arXiv 2402.03300), RLOO the mean of the others (arXiv 2402.14740).
"""

from typing import Any

from ....agents.models.chat import tokenizer_of
from ....tools.optional import optional
from .rewards import Rewards, prompts
from .work import EXTRA, Facts, Work


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
