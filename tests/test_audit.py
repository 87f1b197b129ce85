"""Auditing jurors: planted biases are found with their size, fair jurors raise no alarm, canaries sing."""

import asyncio
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from arenainstruct.agents.models.call import Call, Reply
from arenainstruct.runs import launch, load_config
from arenainstruct.runs.audit.canaries import CONSTANT, padded
from arenainstruct.runs.audit.families import family
from arenainstruct.runs.cli import app
from arenainstruct.runs.folder import RunFolder
from arenainstruct.runs.store import Store
from arenainstruct.tools.audit.evidence import Evidence, Label, Looks, Play, looks
from arenainstruct.tools.audit.injections import FAMILIES
from arenainstruct.tools.audit.report import Audit, audit

DEMO = Path(__file__).parents[1] / "runs" / "demo"
STRENGTH = {"ant": 0.0, "bee": 0.7, "cat": 1.4, "dog": 2.0}
FAMILY = {"ant": "x", "bee": "y", "cat": "z", "dog": "w", "j0": "x", "j1": "y", "j2": "q"}
FAIR = (0.0, 0.0, 0.0)
AB = ("ant", "bee")


def world(
    seed: int,
    *,
    questions: int = 80,
    place: tuple[float, ...] = FAIR,
    length: tuple[float, ...] = FAIR,
    kin: tuple[float, ...] = FAIR,
    noise: tuple[float, ...] = (1.0, 1.0, 1.0),
) -> Evidence:
    """Judge four models by three jurors in both orders; biases are in points, by juror."""
    random = np.random.default_rng(seed)
    plays: list[Play] = []
    seen: dict[tuple[str, str], Looks] = {}
    for question in map(str, range(questions)):
        quality = {name: value + random.normal(0, 1.2) for name, value in STRENGTH.items()}
        for name, value in STRENGTH.items():
            size = float(np.exp(random.normal(6 + 0.3 * value, 0.5)))
            headings, listed, bold, code = random.poisson((1.0, 3.0, 1.0, 0.3)).tolist()
            seen[question, name] = Looks(size, headings, listed, bold, code, styled=True)
        for a, b in ((a, b) for a in STRENGTH for b in STRENGTH if a < b):
            for juror in range(3):
                liking = random.normal(0, noise[juror])
                for first, second in ((a, b), (b, a)):
                    lead = quality[first] - quality[second] + random.normal(0, 0.5) + place[juror]
                    lead += liking if first == a else -liking
                    ratio = seen[question, first].length / seen[question, second].length
                    lead += length[juror] * float(np.log2(ratio))
                    own = FAMILY[f"j{juror}"]
                    lead += kin[juror] * ((FAMILY[first] == own) - (FAMILY[second] == own))
                    lead = round(2 * lead) / 2
                    score = 0.5 + 0.5 * float(np.sign(lead))
                    plays.append(Play(question, first, second, f"j{juror}", score, lead))
    return Evidence(plays, seen, families=FAMILY)


def found(audited: Audit) -> list[tuple[str, str]]:
    return [(finding.juror, finding.kind) for finding in audited.findings]


def test_position_bias_is_found_with_its_size() -> None:
    audited = audit(world(1, place=(0.8, 0.0, 0.0)))
    assert found(audited) == [("j0", "position")]
    shift = audited.jurors[0].order.shift
    assert shift.value == pytest.approx(0.8, abs=0.08)
    assert shift.low is not None and shift.high is not None and shift.low < 0.8 < shift.high
    assert "prefers the answer shown first" in audited.findings[0].words


def test_length_bias_is_found_and_does_not_taint_the_others() -> None:
    audited = audit(world(1, length=(0.0, 0.6, 0.0)))
    assert found(audited) == [("j1", "length")]
    effects = [juror.taste.length.value or 0.0 for juror in audited.jurors]
    assert effects[1] == pytest.approx(0.08, abs=0.03)
    assert abs(effects[0]) < 0.03 and abs(effects[2]) < 0.03
    by_strength = audited.jurors[1].taste.length_by_strength.value
    assert by_strength == pytest.approx(0.08, abs=0.04)


def test_a_length_that_follows_from_the_pair_has_no_effect_of_its_own() -> None:
    """Whatever the lengths, one model's answers are twice as long as the other's."""
    random = np.random.default_rng(3)
    base = random.uniform(10, 3000, 60)
    pairs = [AB if n % 2 else AB[::-1] for n in range(60)]
    plays = [
        Play(str(n), first, second, "j0", float(random.random() < 0.7))
        for n, (first, second) in enumerate(pairs)
    ]
    seen = {
        (str(n), name): Looks(
            size * long, random.poisson(2), 2.0 * long, 3.0 * long, 0, styled=True
        )
        for n, size in enumerate(base)
        for name, long in zip(AB, (1, 2), strict=True)
    }
    taste = audit(Evidence(plays, seen)).jurors[0].taste
    for bound in (taste.length_by_strength, taste.style["items"], taste.style["bold"]):
        assert bound.value is None and "which models meet" in bound.note
    assert abs(taste.style["headings"].value or 9.0) < 0.5
    # Twice the same mark: neither of the two can be told, the third can.
    loose = world(1)
    same = {
        at: Looks(s.length, s.headings, s.items, s.items, s.code, styled=True)
        for at, s in loose.looks.items()
    }
    twice, plain = (
        audit(Evidence(loose.plays, looks)).jurors[0].taste.style for looks in (same, loose.looks)
    )
    assert twice["items"].value is None and twice["bold"].value is None
    assert twice["headings"].value == pytest.approx(plain["headings"].value, abs=0.01)


def test_family_preference_is_found_and_is_not_the_family_being_good() -> None:
    audited = audit(world(1, kin=(0.0, 0.8, 0.0)))
    assert found(audited) == [("j1", "family")]
    assert audited.jurors[1].kinship.family.value == pytest.approx(0.12, abs=0.05)
    assert audited.jurors[2].kinship.family.note.startswith("not measurable")
    assert audited.jurors[1].kinship.itself.note.startswith("not measurable")


@pytest.mark.slow
@pytest.mark.parametrize("noise", [(1.0, 1.0, 1.0), (0.4, 1.0, 2.0)])
def test_fair_jurors_raise_no_alarm(noise: tuple[float, float, float]) -> None:
    alarms = sum(bool(audit(world(100 + seed, noise=noise)).findings) for seed in range(40))
    assert alarms <= 4  # 19 of 400 with equal noise and 10 of 400 with unequal noise when measured


def test_few_games_are_told_as_too_few() -> None:
    audited = audit(world(1, questions=3))
    order = audited.jurors[0].order
    assert order.first.value is None and order.first.note.startswith("too few")
    assert not audited.findings


def test_games_in_one_order_say_nothing_of_position() -> None:
    evidence = world(1)
    one = [play for play in evidence.plays if play.first < play.second]
    order = audit(Evidence(one)).jurors[0].order
    assert order.first.note == "not measurable: no pair was judged in both orders"


def test_swapping_names_of_models_changes_no_figure() -> None:
    evidence = world(4, place=(0.8, 0.0, 0.0), length=(0.0, 0.6, 0.0))
    other = {"ant": "yak", "bee": "owl", "cat": "elk", "dog": "cod"}
    plays = [
        Play(p.question, other[p.first], other[p.second], p.juror, p.score, p.lead)
        for p in evidence.plays
    ]
    seen = {(question, other[name]): look for (question, name), look in evidence.looks.items()}
    one, two = audit(Evidence(evidence.plays, evidence.looks)), audit(Evidence(plays, seen))
    for a, b in zip(one.jurors, two.jurors, strict=True):
        assert a.order.first.value == pytest.approx(b.order.first.value)
        assert a.taste.length.value == pytest.approx(b.taste.length.value)
        assert a.taste.length.error == pytest.approx(b.taste.length.error)
        assert a.jury.kappa.value == pytest.approx(b.jury.kappa.value)


def test_checkers_and_people_are_references() -> None:
    evidence = world(2)
    passed = {(q, name): name in ("cat", "dog") for q, name in evidence.looks}
    labels = [
        Label(p.question, p.first, p.second, float(STRENGTH[p.first] > STRENGTH[p.second]))
        for p in evidence.plays
        if p.juror == "j0"
    ]
    audited = audit(Evidence(evidence.plays, passed=passed, labels=labels))
    for juror in audited.jurors:
        assert juror.checkers.decided.n > 200
        assert 0.7 < (juror.checkers.decided.value or 0.0) < 0.95
        assert 0.65 < (juror.people.decided.value or 0.0) < 0.95
    fooled = [
        Play(p.question, p.first, p.second, p.juror, 1 - p.score, -p.lead) for p in evidence.plays
    ]
    wrong = {kind for _, kind in found(audit(Evidence(fooled, passed=passed, labels=labels)))}
    assert {"checkers", "people"} <= wrong


def test_looks_count_markdown_outside_code_only() -> None:
    text = "# Head\n\n- one\n- **two**\n1. three\n\n```sh\n# no heading\n- no item\n```\nend"
    assert looks(text)[1:] == (1.0, 3.0, 1.0, 1.0, True)
    assert looks("plain text, 3 * 4, a_b")[1:] == (0.0, 0.0, 0.0, 0.0, True)


def test_padding_keeps_the_answer_inside() -> None:
    assert "the answer" in padded("the answer") and len(padded("x" * 1000)) > 2500


def test_families_come_from_names() -> None:
    assert family("gpt-4") == family("openai/gpt-3.5-turbo") == "gpt"
    assert family("Qwen/Qwen2-7B") == "qwen" and family("guanaco-13b") == "guanaco-13b"


def cli(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["audit", *map(str, arguments)])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Run the offline models with one juror who is drawn to the answer shown first."""
    runs = tmp_path_factory.mktemp("runs")
    config = load_config(
        None,
        [
            f"seeds.path={DEMO}",
            "skills=[reading_comprehension]",
            "rounds=1",
            "models.juror-1.noise=0.3",
            # Dice that fall evenly: of many fair jurors, one in twenty looks drawn to a place.
            "models.juror-1.salt=6",
            "models.juror-2.position_bias=1.0",
            "models.juror-3.noise=0.3",
        ],
    )
    assert launch(config, runs_dir=runs, run_id="audit-1").completed
    return RunFolder(runs / "audit-1")


def paid(run: RunFolder) -> int:
    store = Store.open(run.store())
    calls = asyncio.run(store.totals()).calls
    store.close()
    return calls


@pytest.mark.slow
def test_offline_jurors_are_told_apart(run: RunFolder) -> None:
    status, out = cli(run.path, "--json")
    told = json.loads(out)
    assert status == 0
    kinds = {(f["juror"], f["kind"]) for f in told["findings"]}
    assert ("juror-2", "position") in kinds and {name for name, _ in kinds} == {"juror-2"}
    points = {j["juror"]: j["first_shown_points"]["value"] for j in told["jurors"]}
    assert 0.6 < points["juror-2"] <= 1.1
    assert all(abs(points[name]) < 0.15 for name in ("juror-1", "juror-3"))
    notes = {j["family_preference"]["note"] for j in told["jurors"]}
    assert notes == {"not measurable: it never judged its own family"}


@pytest.mark.slow
def test_canaries_rank_last_and_are_paid_once(run: RunFolder) -> None:
    status, out = cli(run.path, "--canaries", 12, "--json")
    told = json.loads(out)["canaries"]
    assert status == 0, told["findings"]
    last = {rank["name"] for rank in told["ranks"][-3:]}
    assert last == {"canary-constant", "canary-question", "canary-injection"}
    assert told["lost"] == 0 and told["questions"] >= 12
    before = paid(run)
    assert cli(run.path, "--canaries", 12)[0] == 0
    assert paid(run) == before


def sung(
    run: RunFolder,
    monkeypatch: pytest.MonkeyPatch,
    judge: Callable[[str, str], tuple[float, float]],
) -> tuple[int, Any]:
    """Return the status and the canaries before jurors who score by a function of both answers."""

    async def script(call: Call) -> Reply:
        shown = re.findall(r"<(first|second)(-\d+)>\n(.*?)\n</\1\2>", call.turns[1].content, re.S)
        one, two = judge(*(text for *_, text in shown))
        said = {"reason": "", "score_first": one, "score_second": two}
        return Reply(text=json.dumps(said), model="scripted/gullible")

    module: Any = ModuleType("gullible_juror")
    module.judge = script
    monkeypatch.setitem(sys.modules, "gullible_juror", module)
    text = run.config.read_text()
    config = load_config(run.config).model_dump(mode="json")
    for alias in config["cast"]["jury"]:
        config["models"][alias] = {
            "provider": "scripted",
            # The function's name: what one juror said is not served to another.
            "model": f"{alias}-{judge.__name__}",
            "script": "gullible_juror:judge",
        }
    try:
        run.config.write_text(json.dumps(config))
        status, out = cli(run.path, "--canaries", 12, "--json")
    finally:
        run.config.write_text(text)
    return status, json.loads(out)["canaries"]


@pytest.mark.slow
def test_a_juror_who_falls_for_canaries_is_found(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jurors who love length let padding win."""

    def longer(first: str, second: str) -> tuple[float, float]:
        return min(9.0, 1 + len(first) / 200), min(9.0, 1 + len(second) / 200)

    status, told = sung(run, monkeypatch, longer)
    assert status == 1
    assert any("padding pays" in words for words in told["findings"])


@pytest.mark.slow
def test_canaries_tell_which_attacks_win_whom(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jurors who are moved by authority and by hearsay, and by nothing else."""
    moving = (*FAMILIES["authority"], *FAMILIES["hearsay"])

    def moved(first: str, second: str) -> tuple[float, float]:
        def points(text: str) -> float:
            if any(attack in text for attack in moving):
                return 10.0
            return 1.0 if CONSTANT in text else 6.0

        return points(first), points(second)

    _, told = sung(run, monkeypatch, moved)
    tried = [count for count in told["counts"] if count["kind"] == "injection"]
    assert {count["family"] for count in tried} == set(FAMILIES)
    won = {(c["juror"], c["family"]) for c in tried if c["wrong"] == c["trials"]}
    jurors = {count["juror"] for count in tried}
    assert {family for name, family in won if name.startswith("juror-")} == {"authority", "hearsay"}
    # The evaluator is not scripted: its noise may tip one of few trials.
    scripted = [c for c in tried if c["juror"] != "evaluator"]
    assert all(c["wrong"] == 0 for c in scripted if (c["juror"], c["family"]) not in won)
    for name in jurors - {"evaluator"}:
        assert any(
            words.startswith(f"attacks pay: {name} ") and words.endswith("authority, hearsay")
            for words in told["findings"]
        )


@pytest.mark.slow
def test_canaries_need_a_run_and_enough_questions(run: RunFolder, tmp_path: Path) -> None:
    file = tmp_path / "b.csv"
    file.write_text("question_id,model_a,model_b,winner\n1,a,b,tie\n")
    with pytest.raises(ValueError, match="--canaries needs a run"):
        cli(file, "--canaries", 3)
    with run.locked(), pytest.raises(ValueError, match="in use by another process"):
        cli(run.path, "--canaries", 3)
    with pytest.raises(ValueError, match="--canaries 9999: the run has"):
        cli(run.path, "--canaries", 9999)


@pytest.mark.slow
def test_a_run_whose_battles_needed_no_juror_is_told_with_its_counts(tmp_path: Path) -> None:
    alike = ["models.small.model=strong", "models.other.model=strong"]
    asked = [f"seeds.path={DEMO}", "skills=[text_modification]", "rounds=1", *alike]
    result = launch(load_config(None, asked), runs_dir=tmp_path, run_id="alike-1", limit=1)
    fought = result.counts["battle"]
    status, out = cli(tmp_path / "alike-1")
    assert status == 0 and f"{fought} battles, and no juror had to judge any" in out
    assert f"{fought} ties of two identical answers" in out
    told = json.loads(cli(tmp_path / "alike-1", "--json")[1])
    assert told["games"] == 0 and told["settled"] == {"identical": fought}


@pytest.mark.slow
def test_one_juror_and_one_leaf_are_audited(run: RunFolder, tmp_path: Path) -> None:
    whole = json.loads(cli(run.path, "--json")[1])
    asked = whole["by"]["leaf"]
    leaf = max(asked, key=lambda name: sum(one["wins"] for one in asked[name]))
    told = json.loads(cli(run.path, "--judge", "Juror-2", "--where", f"leaf={leaf}", "--json")[1])
    assert [juror["juror"] for juror in told["jurors"]] == ["juror-2"]
    assert list(told["by"]["leaf"]) == [leaf]
    assert 0 < told["games"] < whole["games"] and told["passed_over"]
    with pytest.raises(ValueError, match="are not of judge owl \\(there are: juror-1"):
        cli(run.path, "--judge", "owl")
    with pytest.raises(ValueError, match="no column 'planet'"):
        cli(run.path, "--where", "planet=mars")


def test_files_with_labels_answers_and_faulty_rows(tmp_path: Path) -> None:
    evidence = world(3, place=(0.9, 0.0, 0.0))
    battles, people, texts = (tmp_path / n for n in ("b.jsonl", "people.csv", "answers.jsonl"))
    winner = {1.0: "model_a", 0.5: "tie", 0.0: "model_b"}
    rows = [
        {"question_id": p.question, "model_a": p.first, "model_b": p.second, "judge": p.juror}
        | {"winner": winner[p.score]}
        for p in evidence.plays
    ]
    battles.write_text("".join(json.dumps(row) + "\n" for row in rows))
    people.write_text(
        "question_id,model_a,model_b,winner\n"
        + "".join(f"{q},dog,ant,model_a\n" for q in range(80))
    )
    said = [
        {"question_id": q, "model": m, "output": "word " * int(look.length / 5 + 1)}
        for (q, m), look in evidence.looks.items()
    ]
    texts.write_text("".join(json.dumps(row) + "\n" for row in said))
    _, out = cli(battles, "--labels", people, "--answers", texts, "--json")
    told = json.loads(out)
    assert [(f["juror"], f["kind"]) for f in told["findings"]] == [("j0", "position")]
    assert told["jurors"][1]["people"]["agreement_decided"]["value"] > 0.8
    assert told["jurors"][1]["length_effect"]["n"] == 480
    assert told["agreement"]["effective_votes"] > 1
    one = json.loads(cli(battles, "--judge", "j1", "--where", "model_a=ant", "--json")[1])
    assert [juror["juror"] for juror in one["jurors"]] == ["j1"]
    assert one["games"] + one["passed_over"] == len(rows)
    battles.write_text(battles.read_text() + '{"question_id": "x", "model_a": "ant"}\n')
    with pytest.raises(ValueError, match="row 2881"):
        cli(battles)
    assert json.loads(cli(battles, "--on-error", "drop", "--json")[1])["dropped"]["rows"] == 1
    people.write_text("question_id,model_a,model_b,winner\nother,dog,ant,model_a\n")
    with pytest.raises(ValueError, match="none of its 1 rows is about a battle here"):
        cli(battles, "--on-error", "drop", "--labels", people)


def test_the_recorded_gpt_4_juror(shared: Path) -> None:
    data = shared / "data"
    _, out = cli(
        data / "battles" / "qlora_vicuna_battles.csv.gz",
        "--answers",
        data / "answers" / "vicuna80_8models.jsonl.gz",
        *("--on-error", "drop", "--json"),
    )
    told = json.loads(out)
    (juror,) = told["jurors"]
    sys.stdout.write(
        f"gpt-4: flips {juror['flips']['value']:.1%} of {juror['flips']['n']} pairs, first shown wins "
        f"{juror['first_shown_share']['value']:.1%} of {juror['first_shown_share']['n']} decided games\n"
    )
    assert told["dropped"]["rows"] == 13
    assert juror["flips"]["value"] == pytest.approx(0.205, abs=0.001)
    assert juror["first_shown_share"]["value"] == pytest.approx(0.649, abs=0.001)
    assert juror["family"] == "gpt"
    assert juror["self_preference"]["note"].startswith("not measurable")
    assert {f["kind"] for f in told["findings"]} == {"position", "length"}
