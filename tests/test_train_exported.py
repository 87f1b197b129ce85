"""Exports in the hands of TRL: its command line reads the config, its loader the rows, its trainers learn."""

from pathlib import Path
from typing import Any

import pytest

from arenainstruct.runs.export.export import export
from tests.test_export import finished
from tests.tiny import tiny

# Of the libraries among themselves.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")


@pytest.mark.parametrize("step", ["sft", "dpo", "reward"])
def test_trl_trains_on_what_is_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    trl: Any = pytest.importorskip(
        "trl", reason="the extra `train` is not installed: make test-train"
    )
    config, trainer = {
        "sft": (trl.SFTConfig, trl.SFTTrainer),
        "dpo": (trl.DPOConfig, trl.DPOTrainer),
        "reward": (trl.RewardConfig, trl.RewardTrainer),
    }[step]
    out = tmp_path / "out"
    export(finished(tmp_path), out, "trl")
    base = tiny(tmp_path / "base", template=TEMPLATE)
    monkeypatch.chdir(out)
    told = Path(f"{step}.yaml").read_text().replace("YOUR_MODEL", str(base))
    Path(f"{step}.yaml").write_text(
        told + "max_steps: 1\nuse_cpu: true\nreport_to: none\nbf16: false\n"
    )
    parser = trl.TrlParser((trl.ScriptArguments, config, trl.ModelConfig, trl.DatasetMixtureConfig))
    _, args, model, mixture = parser.parse_args_and_config(["--config", f"{step}.yaml"])
    rows = trl.get_dataset(mixture)["train"]
    assert rows.num_rows == 2
    trainer(model=model.model_name_or_path, args=args, train_dataset=rows).train()


TEMPLATE = (
    "{% for m in messages %}{{ m['role'] }}:{{ m['content'] }}{% for c in m.get('tool_calls') or [] %}"
    "{{ c['function']['name'] }}{% endfor %}{{ eos_token }}{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)
