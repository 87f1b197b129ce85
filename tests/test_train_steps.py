"""Each step of a training on a tiny model: it learns, and taken up again it comes to the same end."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arenainstruct.runs.training.marker import marked
from arenainstruct.runs.training.plan import Plan
from arenainstruct.runs.training.rows import Rows
from arenainstruct.runs.training.settings import TrainingSettings
from arenainstruct.tools.checkers import CHECKERS, CheckResult
from tests.tiny import tiny

# Of the libraries among themselves.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
ASK = [f"What is {n}?" for n in range(24)]
Line = dict[str, Any]


def turn(role: str, text: str) -> list[dict[str, str]]:
    return [{"role": role, "content": text}]


def sft_rows() -> list[Line]:
    return [{"messages": turn("user", ask) + turn("assistant", "It is a tower.")} for ask in ASK]


def pairs() -> list[Line]:
    return [
        {
            "prompt": turn("user", ask),
            "chosen": turn("assistant", "A tower."),
            "rejected": turn("assistant", "zzzz"),
            "margin": 3.0,
        }
        for ask in ASK
    ]


def asked(check: bool) -> list[Line]:
    about = {
        "id": "i-1", "seed_id": "s", "skill": "toy", "leaf": "vowels", "transformation": "",
        "round": 1, "complexity": 1, "task": "Say vowels.", "check": {"name": "vowels"},
    }  # fmt: skip
    more = {"instruction": about} if check else {}
    return [{"prompt": turn("user", ask), **more} for ask in ASK]


class Bench:
    """A folder where steps are done, and what they told."""

    def __init__(self, folder: Path, base: Path, **settings: Any) -> None:
        self.folder, self.base = folder, base
        self.settings = TrainingSettings.model_validate({"device": "cpu", **settings})
        self.told: list[tuple[str, Line]] = []

    def rows(self, **files: list[Line]) -> None:
        (self.folder / "rows").mkdir(parents=True, exist_ok=True)
        for name, lines in files.items():
            text = "".join(json.dumps(line) + "\n" for line in lines)
            (self.folder / "rows" / f"{name}.jsonl").write_text(text)

    def plan(self) -> Plan:
        counts = {"sft": 1, "preference": 1, "rlvr": 1, "checked": 0}
        rows = Rows(counts, "none")
        return Plan.of(str(self.base), "tiny", self.folder / "rows", rows, 7, self.settings)

    def do(self, name: str, base: Path | None = None) -> Line:
        from arenainstruct.runs.training.steps.__main__ import STEPS
        from arenainstruct.runs.training.steps.work import Work

        def tell(event: str, **data: Any) -> None:
            self.told.append((event, data))

        (self.folder / name).mkdir(exist_ok=True)
        return STEPS[name](
            Work(self.plan(), name, str(base or self.base), self.folder / name, tell)
        )


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tiny(tmp_path / "base")


@pytest.fixture
def vowels(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A checker that passes answers with a vowel."""

    def check(answer: str, task: Any) -> CheckResult:
        return CheckResult(passed=sum(answer.count(v) for v in "aeiou") >= 1, note="")

    monkeypatch.setitem(CHECKERS, "vowels", check)
    yield


def weights(folder: Path) -> bytes:
    return (folder / "model" / "model.safetensors").read_bytes()


PPO = {
    "learning_rate": 3e-3,
    "batch": 24,
    "minibatch": 12,
    "max_tokens": 6,
    "kl": 0.01,
    "epochs": 20,
}

GROUPS = {
    "learning_rate": 2e-2,
    "batch": 48,
    "generations": 12,
    "max_tokens": 6,
    "fixed_updates": 20,
}


def test_sft_learns_what_the_assistant_says(base: Path, tmp_path: Path) -> None:
    bench = Bench(tmp_path, base, sft={"learning_rate": 1e-2, "epochs": 6}, max_length=60)
    bench.rows(sft=[*sft_rows(), {"messages": turn("user", "w" * 80) + turn("assistant", "no")}])
    facts = bench.do("sft")
    assert facts["rows"] == 24 and facts["left_out"] == 1 and facts["updates"] == 18
    assert facts["loss_last"] < facts["loss_first"] / 2
    assert marked(tmp_path / "sft" / "model") == facts


@pytest.mark.parametrize("name", ["sft", "dpo"])
def test_a_batch_in_parts_is_learned_as_the_whole_is(base: Path, tmp_path: Path, name: str) -> None:
    torch = pytest.importorskip("safetensors.torch")
    ends = []
    for part in (None, 2):
        fields = {"learning_rate": 1e-3, "epochs": 1, "at_once": part}
        bench = Bench(tmp_path / f"{part}", base, **{name: fields})
        bench.rows(sft=sft_rows(), preference=pairs())
        assert bench.do(name)["updates"] == 3
        ends.append(torch.load_file(bench.folder / name / "model" / "model.safetensors"))
    for key, whole in ends[0].items():
        assert whole.allclose(ends[1][key], atol=1e-4), key


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({}, ("sft", "dpo")),
        ({"device": "auto", "save_every": 9}, ("sft", "dpo")),
        ({"dpo": {"learning_rate": 1e-9}}, ("sft",)),
        ({"dpo": {"at_once": 2}}, ("sft", "dpo")),
        ({"steps": ["sft", "dpo", "ppo"]}, ("sft", "dpo")),
        ({"steps": ["sft"]}, ("sft",)),
        ({"steps": ["dpo"]}, ()),
        ({"sft": {"epochs": 1}}, ()),
        ({"max_length": 9}, ()),
        ({"lora": {}}, ()),
        ({"dtype": "bfloat16"}, ()),
        ({"replay": 0.1}, ()),
    ],
)
def test_steps_that_are_the_same_are_kept(
    tmp_path: Path, change: Line, kept: tuple[str, ...]
) -> None:
    steps = {"steps": ["sft", "dpo"]}
    before = Bench(tmp_path, tmp_path, **steps).plan()
    assert Bench(tmp_path, tmp_path, **{**steps, **change}).plan().kept(before) == kept
    other = before.model_copy(update={"digest": "other rows"})
    assert other.kept(before) == ()


def test_a_batch_falls_into_equal_parts() -> None:
    with pytest.raises(ValueError, match="at_once: a batch of 8 does not fall into parts of 3"):
        TrainingSettings.model_validate({"sft": {"at_once": 3}})
    whole, parts = ({"steps": ["dpo"], "dpo": {"at_once": n}} for n in (None, 2))
    assert TrainingSettings.model_validate(whole).what() == (
        TrainingSettings.model_validate(parts).what()
    )


def test_a_loss_that_is_no_number_ends_it_and_leaves_no_weights(base: Path, tmp_path: Path) -> None:
    from arenainstruct.runs.training.steps.work import TrainingEnds

    bench = Bench(tmp_path, base, sft={"learning_rate": 1e30, "epochs": 3})
    bench.rows(sft=sft_rows())
    with pytest.raises(TrainingEnds, match="no numbers|the loss is") as caught:
        bench.do("sft")
    assert caught.value.kind == "diverged"
    assert not (tmp_path / "sft" / "model").exists()


@pytest.mark.parametrize("lora", [None, {"rank": 4}])
def test_dpo_and_the_reward_model_learn_which_answer_won(
    base: Path, tmp_path: Path, lora: Any
) -> None:
    fast = {"learning_rate": 1e-2, "epochs": 4}
    bench = Bench(tmp_path, base, dpo=fast, reward=fast, lora=lora)
    bench.rows(preference=pairs(), rlvr=asked(check=False))
    for name in ("dpo", "reward"):
        facts = bench.do(name)
        assert facts["loss_last"] < facts["loss_first"] * 0.9, name
    from arenainstruct.agents.models.chat import tokenizer_of
    from arenainstruct.runs.training.steps.rewards import Asked, Rewards
    from arenainstruct.runs.training.steps.work import Work

    work = Work(bench.plan(), "ppo", str(base), tmp_path / "ppo", lambda event, **data: None)
    rewards = Rewards(work, tokenizer_of(str(base)))
    question = Asked((), turn("user", ASK[0]), None)
    assert rewards.of(question, "A tower.") > rewards.of(question, "zzzz")


def test_ppo_writes_more_of_what_a_checker_passes(base: Path, tmp_path: Path, vowels: None) -> None:
    bench = Bench(tmp_path, base, ppo=PPO)
    bench.rows(rlvr=asked(check=True))
    facts = bench.do("ppo")
    assert facts["updates"] == 20
    assert facts["reward_last"] > facts["reward_first"] + 0.3


def test_ppo_may_train_an_adapter_alone(base: Path, tmp_path: Path, vowels: None) -> None:
    bench = Bench(tmp_path, base, ppo={**PPO, "epochs": 2}, lora={"rank": 4})
    bench.rows(rlvr=asked(check=True))
    assert bench.do("ppo")["updates"] == 2
    made = tmp_path / "ppo" / "model"
    assert not (made / "adapter_config.json").exists(), "it is added to the weights"
    assert weights(tmp_path / "ppo") != (base / "model.safetensors").read_bytes()


def test_ppo_without_a_checker_is_led_by_the_reward_model(base: Path, tmp_path: Path) -> None:
    fast = {"learning_rate": 1e-2, "epochs": 4}
    bench = Bench(tmp_path, base, reward=fast, ppo={**PPO, "epochs": 2})
    bench.rows(preference=pairs(), rlvr=asked(check=False))
    assert bench.do("ppo")["updates"] == 0, "nobody rewards"
    bench.do("reward")
    assert bench.do("ppo")["updates"] == 2


@pytest.mark.parametrize("name", ["grpo", "rloo"])
def test_groups_write_more_of_what_a_checker_passes(
    base: Path, tmp_path: Path, vowels: None, name: str
) -> None:
    bench = Bench(tmp_path, base, **{name: GROUPS})
    bench.rows(rlvr=asked(check=True))
    facts = bench.do(name)
    assert facts["updates"] == 20
    assert facts["reward_last"] > facts["reward_first"] + 0.3


@pytest.mark.parametrize("name", ["sft", "ppo", "grpo"])
def test_a_training_taken_up_again_comes_to_the_same_end(
    base: Path, tmp_path: Path, vowels: None, name: str
) -> None:
    settings: Line = {
        "sft": {"learning_rate": 1e-2, "epochs": 3},
        "ppo": {**PPO, "epochs": 5},
        "grpo": {**GROUPS, "fixed_updates": 5},
        "save_every": 2,
    }
    ends = []
    for folder in ("whole", "killed"):
        bench = Bench(tmp_path / folder, base, **settings)
        bench.rows(sft=sft_rows(), rlvr=asked(check=True))
        facts = bench.do(name)
        ends.append((weights(bench.folder / name), facts))
        if folder == "killed":
            # As a kill leaves it: no weights yet, one checkpoint whole, the last one half written.
            shutil.rmtree(bench.folder / name / "model")
            *_, before, last = sorted((bench.folder / name / "trainer").glob("checkpoint-*"))
            big = max((p for p in last.iterdir() if p.is_file()), key=lambda p: p.stat().st_size)
            big.write_bytes(big.read_bytes()[:100])
            facts = bench.do(name)
            resumed = [data["at"] for event, data in bench.told if event == "resumed"]
            assert resumed == [int(before.name.partition("-")[2])]
            ends.append((weights(bench.folder / name), facts))
    assert ends[0] == ends[1] == ends[2]
