"""The config: the documented YAML works as written, and what is wrong is said at once, with its place."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from arenainstruct.agents.errors import UserError
from arenainstruct.agents.models.settings import OpenAISettings
from arenainstruct.runs import launch, load_config
from arenainstruct.runs.config.load import load
from arenainstruct.runs.folder import RunFolder
from arenainstruct.runs.testset.config import SetConfig
from arenainstruct.taxonomy.finding import skill_names
from arenainstruct.taxonomy.loading import load_skill
from tests.bombs import BOMBS

DOCUMENTED = """\
seeds: docs/                  # file, folder, glob, or .jsonl/.parquet with a text column
skills: [reading_comprehension, text_modification, tool_use]
rounds: 2
per_seed: {passages: 2, instructions: 4, refinements: 1}
models:                       # aliases; used by role below
  teacher: {provider: openai, model: gpt-x, base_url: http://host/v1, api_key_env: OPENAI_API_KEY,
            concurrency: auto, rpm: 500, tpm: 200000, price: {input: 0.4, output: 1.6}}   # USD per million tokens
  small:   {provider: offline, model: weak}
  other:   {provider: offline, model: medium}
  j1:      {provider: offline, model: judge, salt: 1}
  j2:      {provider: offline, model: judge, salt: 2}
  j3:      {provider: offline, model: judge, salt: 3}
  e1:      {provider: offline, model: judge, salt: 4}
cast: {default: teacher, target: small, contenders: [teacher, other], jury: [j1, j2, j3], evaluation_jury: [e1]}
arena: {battles_per_instruction: 3, verdict: score}
feedback: {win_rate_band: [0.25, 0.6]}
budget: {usd: 5.0}
seed: 7
"""  # noqa: E501
KEY = "sk-notarealkey0123456789"


@pytest.fixture(autouse=True)
def no_endpoint_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(DOCUMENTED, encoding="utf-8")
    return path


def wrong(source: Path | dict[str, Any], *overrides: str) -> list[str]:
    """Return the findings about a config, one a line."""
    with pytest.raises(UserError) as caught:
        load_config(source, overrides)
    return str(caught.value).splitlines()


def changed(path: Path, old: str, new: str) -> Path:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_the_documented_config_works_as_written(mine: Path) -> None:
    config = load_config(mine)
    assert config.seeds.path == "docs/"
    assert config.models["teacher"].price.output == 1.6
    assert config.feedback.win_rate_band == (0.25, 0.6)
    assert config.budget.usd == 5.0
    assert config.cast.everyone == ("small", "teacher", "other")


def test_everything_that_is_wrong_is_said_at_once_with_its_line(mine: Path) -> None:
    changed(mine, "rounds: 2", "rounds: two")
    changed(mine, "passages: 2", "passages: 0, pasages: 3")
    changed(mine, "default: teacher", "default: teecher")
    changed(mine, "text_modification", "text_mod")
    changed(mine, "[0.25, 0.6]", "[0.6, 0.25]")
    changed(mine, "seed: 7", "colour: blue")
    found = wrong(mine)
    expected = [
        ":2: skills: skill 'text_mod': there is none of that name",
        ":3: rounds: found 'two'; needs a whole number",
        ":4: per_seed.passages: found 0; needs more than 0",
        ":4: per_seed.pasages: no such field; did you mean passages? Fields here: passages, ",
        ":16: feedback: win_rate_band needs 0 <= low < high <= 1, found [0.6, 0.25]",
        ":18: colour: no such field. Fields here: seeds, ",
        ":14: cast.default: no model 'teecher'; did you mean 'teacher'? models: e1, ",
    ]
    assert len(found) == len(expected)
    for line, start in zip(found, expected, strict=True):
        assert line.startswith(f"{mine}{start}")
    assert found[0].endswith(f": {', '.join(skill_names())}")


@pytest.mark.parametrize(
    ("override", "finding"),
    [
        ("rounds=0", "rounds: found 0; needs more than 0"),
        ("skills=tool_use", "skills: found 'tool_use'; needs a list"),
        ("per_seed=4", "per_seed: found 4; needs a section"),
        ("arena.verdict=vibes", "arena.verdict: found 'vibes'; needs 'score'"),
        ("models.small.provider=ofline", "models.small.provider: found 'ofline'; needs one of"),
        ("models.small={model: weak}", "models.small.provider: is missing; one of openai, "),
        ("models.small.model=wek", "models.small.model: found 'wek'; needs one of weak, medium"),
        (
            "models.small.base_url=x",
            "models.small.base_url: no such field. Fields here: model, version",
        ),
        (
            "models.small.concurrency=-1",
            "models.small.concurrency: found -1; needs 'auto', or more than 0",
        ),
        ("models.teacher.price.input=-1", "models.teacher.price.input: found -1; needs at least 0"),
        ("seeds.min_chars=9000", "seeds: min_chars is 9000 and max_chars is 8000"),
        ("budget.usd=.inf", "budget.usd: found inf; needs a finite number"),
        ("rounds=1000000000000000000", "rounds: found 1000000000000000000; needs at most 10000"),
        (
            "per_seed.instructions=1000000000",
            "per_seed.instructions: found 1000000000; needs at most",
        ),
        ("execution.in_flight=1000000", "execution.in_flight: found 1000000; needs at most 1000"),
        (
            "models.teacher.retries=1000000",
            "models.teacher.retries: found 1000000; needs at most 100",
        ),
        (
            "models.teacher.timeout_s=1000000",
            "models.teacher.timeout_s: found 1000000; needs at most",
        ),
        ("seeds.limits.memory_mib=1000000000000", "seeds.limits.memory_mib: found 1000000000000"),
        ("cast.contenders=[small]", "cast.contenders: ['small'] leaves the target alone"),
        ("cast.jury=[]", "cast.jury: is empty"),
        ("cast.evaluation_jury=[j2]", "cast.evaluation_jury: 'j2' also sits in cast.jury"),
        ("models.j1.family=x", ""),
    ],
)
def test_a_wrong_override_is_named_as_it_was_given(mine: Path, override: str, finding: str) -> None:
    if not finding:
        assert load_config(mine, [override])
        return
    assert any(line.startswith(f"--set {override}: {finding}") for line in wrong(mine, override))


def test_a_model_that_only_an_override_names_may_be_another_one(mine: Path) -> None:
    (line,) = wrong(mine, "models.techer.model=weak")
    assert line.startswith("--set models.techer.model=weak: models.techer.provider: is missing")
    assert line.endswith("; did you mean models.teacher?")
    (line,) = wrong(mine, "models.gpt.model=weak")
    known = ", ".join(yaml.safe_load(mine.read_text())["models"])
    assert line.endswith(f"; the models that are there: {known}")


def test_a_jury_of_the_contenders_own_families_is_refused(mine: Path) -> None:
    models = ("small", "teacher", "other")
    (found,) = wrong(
        mine,
        "cast.jury=[j1]",
        "models.j1.family=makers",
        *(f"models.{m}.family=makers" for m in models),
    )
    assert "no juror judges its own family" in found
    assert "models.<alias>.family" in found


def test_files_that_are_no_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    for name, content in {
        "broken.yaml": b"seeds: [a\nrounds: }",
        "twice.yaml": b"seeds: a\nrounds: 1\nrounds: 2\n",
        "empty.yaml": b"",
        "prose.txt": b"The canal is long.",
        "latin.yaml": b"seeds: \xff\xfe",
        "digits.yaml": b"seeds: a\nseed: " + b"9" * 5000,
        "hex.yaml": b"seeds: a\nseed: 0x" + b"f" * 5000,
        "date.yaml": b"seeds: a\n\nseed: 2001-99-99",
        "truth.yaml": b"seeds: !!bool maybe",
        "data.jsonl": b'{"text": "The canal is long."}\n' * 40_000,
    }.items():
        (tmp_path / name).write_bytes(content)
    said = {
        "./absent.yaml": "./absent.yaml: cannot be read: No such file or directory",
        "broken.yaml": "not a YAML file: broken.yaml:2: ",
        "twice.yaml": "not a YAML file: twice.yaml:3: the key 'rounds' stands here a second time",
        "empty.yaml": "empty.yaml: is empty; a config is a YAML file of sections",
        "prose.txt": "prose.txt: holds no sections;",
        "latin.yaml": "latin.yaml: is not UTF-8 text;",
        "digits.yaml": "not a YAML file: digits.yaml:2: '9999",
        "hex.yaml": "not a YAML file: hex.yaml:2: '0xff",
        "date.yaml": "not a YAML file: date.yaml:3: '2001-99-99' cannot be read as timestamp: month",
        "truth.yaml": "not a YAML file: truth.yaml:1: 'maybe' cannot be read as bool",
        "data.jsonl": "not a YAML file: data.jsonl: larger than 1 MiB",
        "docs": "docs: is a folder;",
    }
    for name, start in said.items():
        with pytest.raises(UserError) as caught:
            load_config(name)
        assert str(caught.value).startswith(start) and len(str(caught.value)) < 300
        assert name != "docs" or str(caught.value).endswith("--seeds docs")


def test_aliases_without_end_are_refused_at_once(tmp_path: Path) -> None:
    bomb, loop = tmp_path / "bomb.yaml", tmp_path / "loop.yaml"
    BOMBS["alias.yaml"][0](bomb)
    loop.write_text("models: &models\n  m: [*models]\n")
    for path, said in {
        bomb: "bomb.yaml: line 5: .* more than 100,000 values",
        loop: "loop.yaml: line 1: an alias stands within what it stands for",
    }.items():
        with pytest.raises(UserError, match=said):
            load_config(path)
        with pytest.raises(ValueError, match=said):
            load_skill(str(path))
    for value in ("&a [*a]", "[" * 3000):
        with pytest.raises(UserError, match="is not a YAML value"):
            load_config(None, [f"rounds={value}"])


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("seed=-1", "seed: found -1; needs at least 0"),
        (f"seed={10**20}", "seed=1000.*cannot|64 bits"),
        ("feedback.prior_battles=.inf", "found inf; needs a finite number"),
        (f"arena.bootstrap_rounds={10**9}", "at most 100000"),
        ('models.teacher.version="\\ud800"', "version: found .* lone surrogates"),
        ("seed=\udcff", "the character U\\+DCFF may stand in no YAML$"),
        (f"skills_path={'x' * 5000}", "skills_path: no folder"),
        (f"skills=[{'x' * 5000}]", "there is none of that name"),
        ("tools.interpreter.memory_mb=100000000000000000", "needs at most 10000000"),
        ('seeds.path="a\\0b"', r"seeds.path: found .* needs a text without NUL"),
        ("models=[]", r"models: found \[\]; needs a section with names of its own: {name: …}"),
        ("tools.mcp=3", "tools.mcp: found 3; needs a section with names of its own"),
        (f"rounds={'x' * 100_000}", "rounds: found 'xxx"),
    ],
)
def test_what_would_end_a_run_in_its_middle_is_refused_at_the_start(
    override: str, said: str
) -> None:
    with pytest.raises(UserError, match=said) as caught:
        load_config(None, [override])
    assert len(str(caught.value)) < 600


def test_a_number_that_no_store_holds_is_refused_in_a_mapping_too() -> None:
    data: dict[str, Any] = load_config().model_dump(mode="json")
    data["models"]["teacher"]["salt"] = 10**20
    with pytest.raises(UserError, match=r"models.teacher.salt: found a number of 67 bits"):
        load_config(data)


@pytest.mark.parametrize("word", ["off", "no", "on", "yes", "Off", "NO", "y", "n"])
def test_a_word_is_a_word(word: str, tmp_path: Path) -> None:
    """YAML 1.1 makes truth values of them; a setting and an alias may be called so."""
    path = tmp_path / "words.yaml"
    path.write_text(f"models: {{{word}: {{provider: offline, model: judge}}}}\nrater: {word}\n")
    loaded = load(path, SetConfig)
    assert loaded.alias == word and list(loaded.models) == [word]
    assert (
        load(
            None,
            SetConfig,
            [f"rater={word}", f"models.{word}.provider=offline"] + [f"models.{word}.model=judge"],
        ).rater
        == word
    )


def test_off_switches_off_and_truth_values_are_still_written_so(tmp_path: Path) -> None:
    path = tmp_path / "off.yaml"
    path.write_text("testset: {criteria: {use: off}}\n")
    assert load(path, SetConfig).testset.criteria.use == "off"
    assert load(None, SetConfig, ["testset.criteria.use=off"]).testset.criteria.use == "off"
    for word, value in (
        ("no", False),
        ("off", False),
        ("false", False),
        ("yes", True),
        ("on", True),
    ):
        assert load_config(None, [f"curation.model_gate={word}"]).curation.model_gate is value


def test_overrides_reach_every_depth(mine: Path) -> None:
    config = load_config(
        mine,
        [
            "seeds.max_chars=900",
            "seeds.path=other/",
            "cast.contenders=[teacher]",
            "rounds=1",
            "rounds=3",
            "models.small.price.input=0.1",
            "models.other={provider: offline, model: strong, salt: 9}",
        ],
    )
    assert (config.seeds.path, config.seeds.max_chars) == ("other/", 900)
    assert config.cast.contenders == ("teacher",)
    assert config.rounds == 3
    assert config.models["small"].price.input == 0.1
    assert config.models["other"].model == "strong"


def test_an_override_finds_an_alias_with_dots(mine: Path) -> None:
    changed(mine, "teacher: {provider", "gpt-4.1: {provider")
    changed(mine, "default: teacher", "default: gpt-4.1")
    changed(mine, "[teacher, other]", "[gpt-4.1, other]")
    config = load_config(mine, ["models.gpt-4.1.price.input=3"])
    assert config.models["gpt-4.1"].price.input == 3


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("rounds", "write it as section.field=value"),
        ("=3", "write it as section.field=value"),
        ("rounds.a=1", "rounds is 2, not a section"),
        ("cast.jury.0=j2", "jury is a list; write it as a whole: jury=[a, b]"),
        (
            "cast.jury=[j1",
            "'[j1' is not a YAML value: expected ',' or ']', but got '<stream end>'",
        ),
    ],
)
def test_an_override_that_is_written_wrongly(mine: Path, override: str, message: str) -> None:
    assert wrong(mine, override) == [f"--set {override}: {message}"]


def test_addresses_come_from_the_environment(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed(mine, "base_url: http://host/v1, ", "")
    teacher = load_config(mine).models["teacher"]
    assert isinstance(teacher, OpenAISettings)
    assert teacher.base_url == "https://api.openai.com/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://mine:8000/v1/")
    teacher = load_config(mine).models["teacher"]
    assert isinstance(teacher, OpenAISettings)
    assert teacher.base_url == "http://mine:8000/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://me:secret-word@mine:8000/v1")
    (found,) = wrong(mine)
    assert found.startswith("OPENAI_BASE_URL: ")
    assert "secret-word" not in found


@pytest.mark.parametrize(
    "override",
    [
        f"models.teacher.api_key={KEY}",
        "models.teacher.api_key=plain-words-only",
        f"models.teacher.api_key_env={KEY}",
        "models.teacher.api_key_env=0f3a9b8c7d6e5f4a3b2c1d0e",
        "models.teacher.base_url=http://me:plain-words-only@host/v1",
        "models.teacher.base_url=http://host/v1?api_key=plain-words-only",
        "models.teacher.base_url=http://host/v1?api-version=3&sig=plain-words-only",
        "models.teacher.params={extra_headers: {Authorization: plain-words-only}}",
        f"models.teacher.model={KEY}",
        "seeds=value-of-the-variable",
    ],
)
def test_a_pasted_key_is_refused_and_never_shown(
    mine: Path, override: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_VENDOR_KEY", "value-of-the-variable")
    found = "\n".join(wrong(mine, override))
    assert "not shown" in found or "not the key" in found
    assert f"--set {override.partition('=')[0]}: " in found
    for secret in (KEY, "plain-words-only", "0f3a9b8c", "value-of-the-variable"):
        assert secret not in found


def test_a_key_in_the_file_is_refused_and_never_shown(mine: Path) -> None:
    changed(mine, "api_key_env: OPENAI_API_KEY", f"api_key: {KEY}")
    (found,) = wrong(mine)
    assert found.startswith(f"{mine}:6: models.teacher.api_key: a key never stands in a config")
    assert KEY not in found


def test_what_is_made_does_not_depend_on_how(mine: Path) -> None:
    config = load_config(mine)
    how = [
        "models.teacher.concurrency=9",
        "models.teacher.rpm=9",
        "models.teacher.base_url=http://elsewhere:1/v1",
        "models.teacher.api_key_env=OTHER_KEY",
        "models.teacher.timeout_s=9",
        "budget.usd=9",
        "execution.in_flight=9",
        "seeds=/somewhere/else/docs/",
    ]
    assert load_config(mine, how).what() == config.what()
    for override in ("rounds=3", "models.teacher.temperature=0.5", "seeds=papers/", "seed=8"):
        assert load_config(mine, [override]).what() != config.what()


def test_the_saved_config_is_the_whole_one_and_the_short_one_can_be_read(mine: Path) -> None:
    config = load_config(mine)
    assert load_config(yaml.safe_load(config.yaml())) == config
    assert load_config(yaml.safe_load(config.brief())) == config
    lines = config.brief().splitlines()
    assert "rounds: 2" in lines
    assert "  small: {provider: offline, model: weak}" in lines
    assert not any("retries" in line for line in lines)
    assert len(lines) < 20


def test_nothing_is_left_behind_when_the_run_cannot_begin(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = tmp_path / "runs"
    public = load_config(
        mine,
        [
            "models.teacher.base_url=https://models.example.org/v1",
            "models.other={provider: recorded, model: m, file: absent.jsonl}",
        ],
    )
    with pytest.raises(UserError) as caught:
        launch(public, runs_dir=runs, run_id="a-1")
    said = str(caught.value)
    assert "models.teacher.api_key_env: the environment variable OPENAI_API_KEY is not set" in said
    assert "models.other.file: absent.jsonl: does not exist" in said
    offline = load_config(None, ["seeds=nowhere/"])
    with pytest.raises(UserError, match="seeds: 'nowhere/' cannot be read"):
        launch(offline, runs_dir=runs)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "short.txt").write_text("Too short.")
    with pytest.raises(UserError, match="holds no usable document"):
        launch(load_config(None, [f"seeds={tmp_path / 'docs'}"]), runs_dir=runs, run_id="a-1")
    assert not list(runs.glob("*"))


def test_a_run_never_takes_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "my-notes").mkdir()
    (tmp_path / "my-notes" / "a.txt").write_text("mine")
    with pytest.raises(UserError, match="exists and is no run"):
        RunFolder.create(tmp_path, "my-notes")
    for bad in ("plain", "../up-1", "a b-1", "-", ""):
        if bad:
            with pytest.raises(UserError, match="at least one hyphen"):
                RunFolder.create(tmp_path, bad)


def test_a_checker_that_runs_code_needs_a_sandbox_wherever_contenders_run_theirs(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    said = wrong(mine, "skills=[coding]", "tools.interpreter.backend=e2b")
    assert any("code_tests" in line and "apt install bubblewrap" in line for line in said)


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("rounds=true", "rounds: found True; needs a whole number"),
        ("rounds='3'", "rounds: found '3'; needs a whole number"),
        ("per_seed.passages=true", "per_seed.passages: found True; needs a whole number"),
        ("budget.usd=true", "budget.usd: found True; needs a number"),
        ("budget.usd='5'", "budget.usd: found '5'; needs a number"),
        ("models.teacher.timeout_s=true", "models.teacher.timeout_s: found True; needs a number"),
        ("models.teacher.concurrency='8'", "models.teacher.concurrency: found '8'"),
        ("dataset.thoughts=1", "dataset.thoughts: found 1; needs true or false"),
        ("dataset.thoughts=0.0", "dataset.thoughts: found 0.0; needs true or false"),
    ],
)
def test_a_truth_value_is_no_number_and_neither_is_a_text(override: str, says: str) -> None:
    with pytest.raises(UserError) as refused:
        load_config(None, [override])
    assert says in str(refused.value)


@pytest.mark.parametrize(("override", "usd"), [("budget.usd=3", 3), ("budget.usd=1e-2", 0.01)])
def test_a_number_is_read_however_it_is_written(override: str, usd: float) -> None:
    assert load_config(None, [override, "rounds=2.0"]).budget.usd == usd
