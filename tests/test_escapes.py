r"""JSON that models write: LaTeX with one backslash comes out as it was meant, all else as it was."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from arenainstruct.agents.models.escapes import CONTROL
from arenainstruct.agents.models.structured import parse_reply


class Said(BaseModel):
    """A reply of one text."""

    text: str


class Nested(BaseModel):
    """A reply with a reply in it."""

    choice: str
    inner: dict[str, Any] = {}


def said(raw: str) -> str:
    """Return what a reply means whose string holds these characters, as they are."""
    return parse_reply('{"text": "' + raw + '"}', Said).text


@pytest.mark.parametrize(
    "meant",
    [
        r"Let \(x = \frac{1}{2}\) and \beta = \theta.",
        r"\[\sum_{i=1}^n \alpha_i \neq \nu\]",
        r"$\nu$ and $a \ne b$, $x \to \infty$, $\tan \theta$, $\rho \ni \text{all}$",
        r"where \nabla f \times g \therefore h",
        r"$$\begin{cases} a \\ b \end{cases}$$",
        r"the angle \theta, the density \rho and \tau_1",
        r"the frequency \nu is low, a \neq b",
        r"\text{if } \tfrac12",
        r"a regex \bword\b, \d+, \w and C:\Apps",
        r"\sqrt{2} \upsilon \underline{x} \mathbb{R}",
        r"\tilde{x} \right) \rangle \nolimits \notin \not\in",
        r"50\% \$5 a\_b \# \&",
    ],
)
def test_latex_with_one_backslash_is_what_was_meant(meant: str) -> None:
    assert said(meant) == meant
    assert parse_reply(json.dumps({"text": meant}), Said).text == meant


@pytest.mark.parametrize(
    "meant",
    [
        "if x:\n\tnot_y()\n\tto = 5\n\text = 'a'\n",
        "a = 1\nu = 2\ne = 3\ni += 1\nneg = -u\nequal(u, e)\n",
        "for o in x:\n\to.run()\n\top.stop()\n\tan()\n",
        "name\tan\tto\next\r\nu\te\r\n",
        "A list:\n\nu) one\ne) two\ni) three",
        "echo $HOME\nu=$(whoami)\neq $USER",
        "x  \ni am here  \nu there  \nless of it",
        "not this\nnot that\nto it\ntext\n\ttext\n\tnot\n\tto",
        "```\nx = 1\nu = 2\n\theta = 3\n```\nso $u$",
        "\\begin{align}\na &= b \\\\\nu &= v\n\\end{align}\nu",
        "C:\\new\\table and \\d+ and \\\\host\\share",
        'quotes " and / and \u00e9, \U0001f600, \u2028',
    ],
)
def test_what_was_written_properly_is_unchanged(meant: str) -> None:
    for ascii_only in (True, False):
        raw = json.dumps({"text": meant}, ensure_ascii=ascii_only)
        assert parse_reply(raw, Said).text == meant


WORDS = st.sampled_from(
    "not to text next new u e i eq an op o if return the and less more exists x1 y_2 f(x) = == + "
    "{ } [a] $5 'b' \"c\" # // \\d \\n \\\\ \\alpha \\frac{1}{2} naïve 日本 😀 ; : , .".split()
)
LINES = st.lists(WORDS, max_size=6).map(" ".join)
CODE = st.lists(st.tuples(st.sampled_from(["", "\t", "\t\t", "    "]), LINES).map("".join)).map(
    "\n".join
)
ANY = st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("\n\t"))
COMMANDS = st.sampled_from(
    r"\frac{a}{b} \beta \nu \theta \rho \tau \nabla \neq \ne \ni \nmid \times \text{x} \tan \to \top "
    r"\triangle \tfrac12 \tilde{x} \right) \rangle \alpha \sqrt{2} \binom{n}{k} \forall \bar{x} \notin "
    r"\( \) \[ \] \{ \} \, \upsilon \mathbf{R} \nleq \boldsymbol{b} \flat".split()
)


@given(CODE)
def test_code_with_newlines_and_tabs_survives(code: str) -> None:
    assert parse_reply(json.dumps({"text": code}), Said).text == code


@given(ANY, st.booleans())
def test_any_text_survives(text: str, ascii_only: bool) -> None:
    assert parse_reply(json.dumps({"text": text}, ensure_ascii=ascii_only), Said).text == text


@given(st.lists(COMMANDS | st.sampled_from("x + 2 = y_1 , so".split()), min_size=1))
def test_maths_with_one_backslash_survives(parts: list[str]) -> None:
    meant = f"Let $ {' '.join(parts)} $ be."
    assert said(meant) == meant


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_text_holds_a_control_character(text: str) -> None:
    for ascii_only in (True, False):
        raw = json.dumps({"text": text}, ensure_ascii=ascii_only)
        assert not CONTROL.search(parse_reply(raw, Said).text)


def test_halves_of_emojis_and_escapes_of_other_languages() -> None:
    assert said(r"cut \ud83d.") == "cut \ufffd."
    assert said(r"\ud83d\ude00 \u00e9") == "😀 é"
    assert said(r"don\'t \/ \"so\"") == 'don\'t / "so"'
    assert said("a line\nbreak\tand a tab") == "a line\nbreak\tand a tab"


@pytest.mark.parametrize(
    "text",
    [
        '{"choice": "a", "choice": "b"}',
        '{"choice": "a", "inner": {"x": 1, "x": 2}}',
        '{"choice": "a"} or rather {"choice": "b"}',
        '[{"choice": "a"}, {"choice": "b"}]',
        '{"choice": "a"',
        '{"choice": {"choice": "a"}',
        '{"choice": "a", "inner": {"x": NaN}}',
        "I would rather not say.",
        '{"colour": "blue"}',
        "",
        "{" * 3000,
        '{"inner":' * 3000,
    ],
)
def test_what_contradicts_itself_or_breaks_off_is_no_reply(text: str) -> None:
    with pytest.raises(ValueError, match="choice|object|nested|NaN|delimiter|stands twice"):
        parse_reply(text, Nested)


@pytest.mark.parametrize(
    "text",
    [
        '{"choice": "a"}',
        '{"choice": "a", "choice": "a"}',
        'Here you go {really}:\n```json\n{"choice": "a"}\n```\nHope {that} helps!',
        '[{"choice": "a"}]',
        '{"choice": "a"} I repeat: {"choice": "a"}',
        'In {"some": "example"} style: {"choice": "a"}<|im_end|>',
        'It is 5" long. {"choice": "a"}',
    ],
)
def test_what_stands_around_a_reply_does_not_matter(text: str) -> None:
    assert parse_reply(text, Nested).choice == "a"
