"""A prompt file from somebody else is data: it runs nothing, reads nothing, and ends in bounded work."""

import re
from pathlib import Path

import pytest

from arenainstruct.prompts.template import Prompt, load_prompt
from arenainstruct.taxonomy.loading import load_skill, parse_skill
from tests.templates import ATTACKS, HEAD, PLACE, say


@pytest.mark.parametrize("body", ATTACKS, ids=range(len(ATTACKS)))
def test_an_attack_is_refused_with_its_place(body: str) -> None:
    with pytest.raises(ValueError, match=PLACE):
        say(body)


LOOPS = "{% for a in words %}{% for b in words %}{% for c in words %}y{% endfor %}{% endfor %}{% endfor %}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (LOOPS, "x" * 5000),
        ("{% for a in words %}{{ words | inside('p') }}{% endfor %}", "x" * 5000),
        ("{{ words | join(words) }}", "x" * 3_000_000),
        ("{{ words" + " | attribute" * 12 + " }}", "&" * 200_000),
        ("{{ words }}", "x" * 9_000_000),
    ],
)
def test_work_without_end_ends(body: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"p\.j2:\d+: the template handles more than"):
        say(body, words=words)


def test_what_prompts_need_is_there() -> None:
    body = (
        "{% set name = leaf.name %}{{ name }} {{ leaf.options[1] }} {{ words[:2] }} "
        "{% for row in rows if row.said != 'none' %}{{ loop.index }}/{{ loop.length }} "
        "{{ row.said | attribute }}{{ ', ' if not loop.last }}{% endfor %} {{ rows | length }}"
    )
    assert say(body) == "x 0 ab 1/2 one, 2/2 two 2"


def test_a_template_that_fails_on_its_variables_names_file_and_line() -> None:
    body = "\n\n{% for row in rows %}\n{{ row.words }}\n{% endfor %}"
    with pytest.raises(ValueError, match=r"^p\.j2:12: dict has no field 'words'"):
        say(body)


@pytest.mark.parametrize(
    "name", ["../agents/x", "/etc/passwd", "a/../b", "", ".hidden", "a//b", "a\n"]
)
def test_a_prompt_s_name_cannot_leave_its_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot lead out of its folder"):
        load_prompt(name)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    outside, pack = tmp_path / "outside", tmp_path / "pack"
    outside.mkdir()
    pack.mkdir()
    (outside / "secret.j2").write_text(HEAD, encoding="utf-8")
    (pack / "one.j2").symlink_to(outside / "secret.j2")
    (pack / "sub").symlink_to(outside)
    for name in ("one", "sub/secret"):
        with pytest.raises(ValueError, match="a link that leads out of"):
            load_prompt(name, pack)


@pytest.mark.parametrize("name", ["../taxonomy/tool_use", "/etc/passwd", "a/b", "tool use"])
def test_a_skill_s_name_cannot_leave_its_folder(name: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"skill {name!r}")):
        load_skill(name)


BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)
)


def test_yaml_that_grows_by_its_own_references_is_refused() -> None:
    with pytest.raises(ValueError, match="pack.yaml"):
        parse_skill(f"{BOMB}name: *a29\n", Path("pack.yaml"))
    with pytest.raises(ValueError, match="pack.yaml"):
        parse_skill("name: &a [*a]\n", Path("pack.yaml"))
    text = HEAD.replace("tools: []", f"{BOMB}tools: [*a29]".replace("\n", "\n"))
    with pytest.raises(ValueError, match="p.j2:2"):
        Prompt.parse("p", text, Path("p.j2"))
