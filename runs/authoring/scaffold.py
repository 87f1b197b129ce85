"""The files of a new skill: a YAML that passes the check and says what each field is for, and a test.

The prompts that skills share are told what the skill is by its `advice`; copies of them are written only
where they are asked for.
"""

import re
from pathlib import Path
from string import Template

from ...agents.errors import UserError
from ...prompts.template import FOLDER as PROMPTS
from ...taxonomy.finding import skill_names
from ...taxonomy.skill import SLUG
from ..disk import write_whole

_HERE = Path(__file__).parent
_PARTS = ("transform", "write", "suggest", "edit")


def refuse(name: str, folder: Path) -> None:
    """Refuse a name that no new skill can have.

    Raises:
        UserError: it is no name, or a shipped skill's, or its file is there already.
    """
    if not re.fullmatch(SLUG, name):
        raise UserError(
            f"new skill {name!r}: a name is made of lower-case letters, digits and _, and begins with "
            "a letter"
        )
    if name in skill_names():
        raise UserError(f"new skill {name!r}: a shipped skill has that name; take another one")
    _refuse_there(name, [folder / f"{name}.yaml"])


def scaffold(name: str, folder: Path, *, prompts: bool = False, skill: str = "") -> list[Path]:
    """Write a new skill's files into a folder and return them, the YAML first.

    `skill` is the YAML's text; where none is given, it is one to fill in.

    Raises:
        UserError: the name is none for a new skill, or one of the files is there already.
    """
    refuse(name, folder)
    text = skill or _filled("skill.yaml.txt", name)
    if prompts:
        text += _own_prompts(name)
    files: dict[Path, str] = {}
    for part in _PARTS if prompts else ():
        shared = (PROMPTS / "common" / f"{part}.j2").read_text(encoding="utf-8")
        files[folder / name / f"{part}.j2"] = shared
    files[folder / f"test_{name}.py"] = _filled("test.py.txt", name)
    # The skill itself comes last: what a kill leaves behind is no skill, and in nobody's way.
    files[folder / f"{name}.yaml"] = text
    _refuse_there(name, [path for path, content in files.items() if not _is(path, content)])
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    return list(files)[::-1]


def _is(path: Path, content: str) -> bool:
    """Whether a file is there, and what would be written."""
    try:
        return path.read_text(encoding="utf-8") == content
    except (OSError, UnicodeDecodeError):
        return False


def _refuse_there(name: str, files: list[Path]) -> None:
    if there := [path for path in files if path.exists()]:
        raise UserError(f"new skill {name}: {there[0]} is there already; --to names another folder")


def _filled(file: str, name: str) -> str:
    text = (_HERE / file).read_text(encoding="utf-8")
    return Template(text).substitute(name=name, title=name.replace("_", " ").capitalize())


def _own_prompts(name: str) -> str:
    named = ", ".join(f"{part}: {name}/{part}" for part in _PARTS)
    why = "Prompts of its own, beside this file; one that is left out is the shared one."
    return f"\n# {why}\nprompts: {{{named}}}\n"
