"""Rows as further trainers take them, each with the files that make its command ready to run.

Contents are plain text (calls as `<tool_call>` blocks), so that every chat template takes them. What a
format cannot hold is left out: Axolotl and LLaMA-Factory take pairs whose answers are one message each.
"""

from collections.abc import Mapping
from typing import Any

import orjson
import yaml

from ...agents.rows import PreferenceRow, SftRow
from ..dataset.conversation import plain
from ..dataset.example import Example

Line = dict[str, Any]
MODEL = "YOUR_MODEL"
"""Stands in the files where the weights to train are named."""


def messages(example: Example[SftRow]) -> Line:
    """Return a conversation; Axolotl, LLaMA-Factory and OpenRLHF all take it so."""
    turns = [*example.prompt, *example.said(example.row.answer_id)]
    return {"messages": plain(turns, example.given)}


def single(example: Example[PreferenceRow]) -> Line | str:
    """Return a pair of single messages after a conversation; where an answer has more turns, why not."""
    row = example.row
    chosen, rejected = (plain(example.said(id)) for id in (row.chosen_id, row.rejected_id))
    if len(chosen) > 1 or len(rejected) > 1:
        return goes_on(example) or "an answer calls tools, and the format takes one message a side"
    prompt = plain(example.prompt, example.given)
    return {"messages": prompt, "chosen": chosen[0], "rejected": rejected[0]}


def goes_on(example: Example[PreferenceRow]) -> str:
    """Return that an answer of a pair goes on over further user turns, as a reason to leave it out."""
    sides = (example.row.chosen_id, example.row.rejected_id)
    if any(turn.role in ("user", "system") for id in sides for turn in example.said(id)):
        return "an answer goes on over further turns of the user, which the format cannot hold"
    return ""


def whole(example: Example[PreferenceRow]) -> Line:
    """Return a pair of whole conversations with their margin, as OpenRLHF takes it."""
    row, prompt = example.row, plain(example.prompt, example.given)
    return {
        "chosen": prompt + plain(example.said(row.chosen_id)),
        "rejected": prompt + plain(example.said(row.rejected_id)),
        "margin": row.margin,
    }


def trl_files() -> dict[str, str]:
    """`trl sft --config sft.yaml`, `trl dpo --config dpo.yaml`, `trl reward --config reward.yaml`."""
    files = {"sft": "sft.jsonl", "dpo": "preference.jsonl", "reward": "preference.jsonl"}
    return {
        f"{step}.yaml": _yaml(
            {
                "model_name_or_path": MODEL,
                "datasets": [{"path": "json", "data_files": data, "split": "train"}],
                "output_dir": f"out/{step}",
            }
        )
        for step, data in files.items()
    } | _commands(*(f"trl {step} --config {step}.yaml" for step in files))


def axolotl_files() -> dict[str, str]:
    """`axolotl train sft.yaml`, then `axolotl train dpo.yaml`."""
    shared = {"sequence_len": 2048, "micro_batch_size": 2, "gradient_accumulation_steps": 4}
    sft = {"path": "sft.jsonl", "ds_type": "json", "type": "chat_template"}
    dpo = {
        **{"path": "preference.jsonl", "ds_type": "json", "split": "train"},
        "type": "chat_template.default",
        "field_messages": "messages",
        "field_chosen": "chosen",
        "field_rejected": "rejected",
    }
    runs: dict[str, Line] = {
        "sft": {"datasets": [sft], "num_epochs": 3, "learning_rate": 2e-5},
        "dpo": {"rl": "dpo", "datasets": [dpo], "num_epochs": 1, "learning_rate": 1e-6},
    }
    return {
        f"{step}.yaml": _yaml(
            {
                "base_model": MODEL,
                **own,
                **shared,
                "optimizer": "adamw_torch",
                "output_dir": f"out/{step}",
            }
        )
        for step, own in runs.items()
    } | _commands(*(f"axolotl train {step}.yaml" for step in runs))


def llamafactory_files() -> dict[str, str]:
    """`llamafactory-cli train sft.yaml`, then `… dpo.yaml`; `dataset_info.json` says what the files are."""
    tags = {
        "role_tag": "role",
        "content_tag": "content",
        "user_tag": "user",
        "assistant_tag": "assistant",
        "system_tag": "system",
        "observation_tag": "tool",
    }
    columns = {"messages": "messages"}
    info = {
        "arena_sft": {
            **{"file_name": "sft.jsonl", "formatting": "sharegpt"},
            "columns": columns,
            "tags": tags,
        },
        "arena_preference": {
            **{"file_name": "preference.jsonl", "formatting": "sharegpt", "ranking": True},
            "columns": {**columns, "chosen": "chosen", "rejected": "rejected"},
            "tags": tags,
        },
    }
    runs = {"sft": ("arena_sft", 2e-5), "dpo": ("arena_preference", 1e-6)}
    told = {
        f"{step}.yaml": _yaml(
            {
                "model_name_or_path": MODEL,
                "stage": step,
                "do_train": True,
                "finetuning_type": "lora",
                "dataset_dir": ".",
                "dataset": data,
                "template": "default",
                "cutoff_len": 2048,
                "learning_rate": rate,
                "output_dir": f"out/{step}",
            }
        )
        for step, (data, rate) in runs.items()
    }
    written = orjson.dumps(info, option=orjson.OPT_INDENT_2).decode() + "\n"
    commands = _commands(*(f"llamafactory-cli train {step}.yaml" for step in runs))
    return told | {"dataset_info.json": written} | commands


def openrlhf_files() -> dict[str, str]:
    """SFT, reward model and DPO by OpenRLHF's commands."""
    model, chat = f"--model.model_name_or_path {MODEL}", "--data.apply_chat_template"
    pairs = f"--data.dataset preference.jsonl {chat} --data.chosen_key chosen --data.rejected_key rejected"
    return _commands(
        f"python -m openrlhf.cli.train_sft {model} --data.dataset sft.jsonl {chat} "
        "--data.input_key messages --data.multiturn",
        f"python -m openrlhf.cli.train_rm {model} {pairs}",
        f"python -m openrlhf.cli.train_dpo {model} {pairs}",
    )


def openai_files() -> dict[str, str]:
    """Upload, then a job: supervised, or by preferences."""
    job = "openai api fine_tuning.jobs.create -m MODEL -F FILE_ID"
    return _commands(
        "openai api files.create -p fine-tune -f sft.jsonl",
        "openai api files.create -p fine-tune -f preference.jsonl",
        job,
    )


def _yaml(data: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(data), sort_keys=False)


def _commands(*commands: str) -> dict[str, str]:
    return {"train.sh": "\n".join(("set -eu", *commands, ""))}
