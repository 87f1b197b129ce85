"""The gym's base model: a tiny transformer, trained from scratch on the natural stream, in Hugging Face form.

Its tokens are the words that tasks begin with, and single characters.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from ...taxonomy.policy import Policy, draw_level
from ...taxonomy.skill import Skill
from ...tools.optional import optional
from ...tools.programs import Wanted
from . import tasks
from .setting import SELDOM

EXTRA = "arenainstruct[train]"
TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'user' %}<q>{{ message['content'] }}<a>"
    "{% elif message['role'] == 'assistant' %}{% generation %}{{ message['content'] }}<e>{% endgeneration %}"
    "{% endif %}{% endfor %}"
)
_SPECIAL = ("<p>", "<e>", "<q>", "<a>", "<u>")


@dataclass(frozen=True)
class BaseSettings:
    """How the base is made."""

    seed: int = 7
    steps: int = 300
    batch: int = 48
    rate: float = 2e-3
    width: int = 144
    layers: int = 4
    seldom: float = SELDOM
    """How often the stream asks each of six leaves, beside 1 of the others."""


def make_base(
    folder: Path, skill: Skill, settings: BaseSettings, told: Callable[[str], object]
) -> Path:
    """Return the folder of a base model; one that was made with the same settings is used again."""
    mark = folder / "gym.json"
    wanted = json.dumps(asdict(settings))
    if mark.is_file() and mark.read_text() == wanted:
        return folder
    torch, transformers = optional("torch", EXTRA), optional("transformers", EXTRA)
    transformers.utils.logging.disable_progress_bar()
    torch.manual_seed(settings.seed)
    tokenizer = _tokenizer(transformers)
    model = _model(transformers, tokenizer, settings)
    _train(torch, model, tokenizer, skill, settings, told)
    part = folder.with_name(folder.name + f".part-{os.getpid()}")
    model.to("cpu").save_pretrained(part)
    tokenizer.save_pretrained(part)
    (part / "gym.json").write_text(wanted)
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    return folder


def natural(skill: Skill, random: Random) -> Iterator[tuple[str, str]]:
    """Yield tasks and answers as the natural stream has them: leaves by weight, levels mostly low."""
    leaves, levels = skill.leaves, Policy().levels(skill, skill.leaves[0].name)
    while True:
        text = tasks.document(random)
        for leaf in random.choices(leaves, [leaf.weight for leaf in leaves], k=8):
            level = draw_level(levels, random)
            item = tasks.write(Wanted(leaf.name, level, text, random))
            yield item.task, item.terms[0]


def _tokenizer(transformers: Any) -> Any:
    tokenizers = optional("tokenizers", EXTRA)
    words = [*tasks.LEAVES, "in", "of", "by"]
    letters = [
        *"abcdefghijklmnopqrstuvwxyz",
        *"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        *"0123456789",
        " ",
        "-",
    ]
    vocabulary = {token: n for n, token in enumerate([*_SPECIAL, *words, *letters])}
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="<u>"))
    pattern = tokenizers.Regex("|".join((*(rf"\b{word}\b" for word in words), r"[\s\S]")))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Split(pattern, "isolated")
    made.decoder = tokenizers.decoders.Fuse()
    wrapped = transformers.PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<p>",
        eos_token="<e>",
        unk_token="<u>",
        additional_special_tokens=["<q>", "<a>"],
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )
    wrapped.chat_template = TEMPLATE
    return wrapped


def _model(transformers: Any, tokenizer: Any, settings: BaseSettings) -> Any:
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=settings.width,
        intermediate_size=3 * settings.width,
        num_hidden_layers=settings.layers,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=8192,  # documents have to fit, though it never reads one
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    return transformers.LlamaForCausalLM(config)


def _train(
    torch: Any,
    model: Any,
    tokenizer: Any,
    skill: Skill,
    settings: BaseSettings,
    told: Callable[[str], object],
) -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=settings.rate, total_steps=settings.steps, pct_start=0.1
    )
    stream = natural(skill, Random(f"base/{settings.seed}"))
    for step in range(settings.steps):
        pairs = [next(stream) for _ in range(settings.batch)]
        batch = encoded(torch, tokenizer, pairs, device)
        loss = model(**batch).loss
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 0 or step == settings.steps - 1:
            told(f"base model: step {step} of {settings.steps}, loss {loss.item():.3f}")


def encoded(
    torch: Any, tokenizer: Any, pairs: list[tuple[str, str]], device: str
) -> dict[str, Any]:
    """Return a batch whose labels are the answers alone, padded on the right."""
    rows: list[tuple[list[int], int]] = []
    for task, answer in pairs:
        prompt = tokenizer.encode(f"<q>{task}<a>", add_special_tokens=False)
        rows.append(
            (prompt + tokenizer.encode(f"{answer}<e>", add_special_tokens=False), len(prompt))
        )
    longest = max(len(ids) for ids, _ in rows)
    pad = tokenizer.pad_token_id
    ids = torch.tensor([row + [pad] * (longest - len(row)) for row, _ in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row, _ in rows])
    labels = ids.masked_fill(mask == 0, -100)
    for n, (_, start) in enumerate(rows):
        labels[n, :start] = -100
    return {
        "input_ids": ids.to(device),
        "attention_mask": mask.to(device),
        "labels": labels.to(device),
    }
