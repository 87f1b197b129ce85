"""Prompt files that try to run, read or fill something, and one way to render them."""

from pathlib import Path
from typing import Any

from arenainstruct.prompts.template import Prompt
from arenainstruct.taxonomy.skill import Leaf

LEAF = Leaf(name="x", title="X", definition="D", answer_form="F", rubric="R")
HEAD = "---\nrole: r\nslot: default\nreply: ''\ntools: []\nvariables: [leaf, words, rows]\n---\n"
GIVEN: dict[str, Any] = {"leaf": LEAF, "words": "abc", "rows": [{"said": "one"}, {"said": "two"}]}


def prompt(body: str) -> Prompt:
    text = f"{HEAD}{{% block system %}}S{{% endblock %}}\n{{% block user %}}{body}{{% endblock %}}"
    return Prompt.parse("p", text, Path("p.j2"))


def say(body: str, **given: Any) -> str:
    return prompt(body).render(GIVEN | given)[1]


PLACE = r"^p\.j2:(9: | nested too deeply| [\d,]+ characters)"
ATTACKS = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ leaf.__init__.__globals__ }}",
    "{{ leaf['__class__'] }}",
    "{{ leaf.model_dump() }}",
    "{{ leaf.model_dump }}",
    "{{ words.format }}",
    "{{ rows.append }}",
    "{{ rows[0].items }}",
    "{{ words | attr('__class__') }}",
    "{{ rows | map(attribute='__class__') }}",
    "{{ self.user() }}",
    "{{ self._TemplateReference__context }}",
    "{{ cycler.__init__.__globals__.os.popen('id') }}",
    "{{ lipsum() }}",
    "{{ namespace }}",
    "{{ loop }}",
    "{% include 'arena/judge.j2' %}",
    "{% import 'x' as x %}",
    "{% extends 'x' %}",
    "{% macro m() %}x{% endmacro %}",
    "{{ range(10 ** 9) }}",
    "{{ 'a' * 10 ** 9 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ words ~ words }}",
    "{{ words + words }}",
    "{{ '%999999999d' % 1 }}",
    "{{ words | center(10 ** 9) }}",
    "{{ words | center(999999999) }}",
    "{{ words | indent(999999999) }}",
    "{{ words | replace('', 'xxxxxxxx') }}",
    "{{ '{0.__class__}' | format(leaf) }}",
    "{% for a in rows recursive %}{{ loop(rows) }}{% endfor %}",
    "{% set x %}{{ words }}{{ words }}{% endset %}",
    "{% for a in rows %}" * 40 + "x" + "{% endfor %}" * 40,
    "(" * 5 + "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "{{ " + "9" * 5000 + " }}",
    "x" * 300_000,
]
