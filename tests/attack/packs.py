"""Packs and configs from somebody else: prompts that compute, names that lead out, keys, bombs of aliases."""

import subprocess
import sys
from functools import partial
from pathlib import Path

from tests.attack.attack import Attack
from tests.bombs import BOMBS
from tests.templates import ATTACKS as BODIES
from tests.templates import say

KEY = "sk-proj-a-key-in-a-config-0123456789"


def _rendered(folder: Path) -> str:
    """Return what came of every prompt that tries more than to say something."""
    refused = 0
    for body in BODIES:
        try:
            say(body)
        except ValueError:
            refused += 1
    return f"{len(BODIES) - refused} prompts were rendered"


def _checked(text: str, folder: Path) -> str:
    """Return what `check` says of a config."""
    (folder / "config.yaml").write_text(text)
    return _told(folder)


def _bomb(folder: Path) -> str:
    BOMBS["alias.yaml"][0](folder / "config.yaml")
    return _told(folder)


def _told(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "arenainstruct.runs", "check", str(folder / "config.yaml")],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    told = done.stdout + done.stderr
    if "Traceback" in told or KEY in told:
        return "a traceback" if "Traceback" in told else "the key is shown"
    return f"exit {done.returncode}"


_MODEL = "models: {m: {provider: %s}}\ncast: {default: m, target: m, contenders: [m], jury: [m]}\n"
_OPENAI = "openai, model: m, base_url: 'http://127.0.0.1:9/v1'"
_REFUSED = ("exit 2",)
ATTACKS = [
    Attack(
        f"pack: {len(BODIES)} prompts that compute, read or fill",
        _rendered,
        ("0 prompts were rendered",),
    ),
    Attack(
        "pack: a prompt outside of its folder",
        partial(_checked, "skills: [../../../etc/passwd.yaml]"),
        _REFUSED,
    ),
    Attack("config: a bomb of aliases", _bomb, _REFUSED),
    *(
        Attack(f"config: {what}", partial(_checked, text), _REFUSED, 60)
        for what, text in {
            "a number of 5,000 digits": f"seeds: .\nseed: {'9' * 5000}\n",
            "a date that is none": "seeds: .\nseed: 2001-99-99\n",
            "models that are a list": "seeds: .\nmodels: []\ncast: {default: m, target: m}\n",
            "a file of two megabytes": "seeds: a\n" * 200_000,
        }.items()
    ),
    Attack(
        "config: a provider that names code",
        partial(_checked, _MODEL % "scripted, model: m, script: 'os:system'"),
        _REFUSED,
    ),
    Attack(
        "config: a key in params",
        partial(_checked, _MODEL % (_OPENAI + f", params: {{api_key: {KEY}}}")),
        _REFUSED,
    ),
    Attack(
        "config: a key as the user of an address",
        partial(_checked, _MODEL % f"openai, model: m, base_url: 'http://{KEY}@127.0.0.1:9/v1'"),
        _REFUSED,
    ),
    Attack(
        "config: a key in an address",
        partial(_checked, _MODEL % f"openai, model: m, base_url: 'http://u:{KEY}@127.0.0.1:9/v1'"),
        _REFUSED,
    ),
]
