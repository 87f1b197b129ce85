"""Fork: a run made again up to an event from its parent's ledger, and otherwise from there on.

`arenainstruct fork RUN --at EVENT --set models.teacher.model=… --set prompt.arena/judge=FILE`: what the
parent had asked before the event is served as it was, with its models and prompts of then; every other
call is made as the changes say, and served too where the parent asked the very same. So only what
follows from the changes is paid, under a budget of the fork's own.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ...agents.errors import UserError
from ...prompts.template import Prompt, load_prompt, prompt_names
from ..begun import refuse_replaced
from ..config.config import RunConfig, load_config
from ..control.interrupt import twin
from ..folder import ARENA, PART, RUNS, RunFolder
from ..manifest import Manifest
from ..opening import stored
from ..result import RunResult
from ..run import resume_async
from ..store import STORE_FILE, Place, Store
from ..trace import Listen
from .forked import FORK, Forked

_PROMPT = "prompt."


@dataclass(frozen=True)
class Changes:
    """What is other in a fork."""

    config: tuple[str, ...]
    """Overrides of the config."""
    prompts: dict[str, str]
    """Texts of prompt files, by the names of the prompts in whose places they stand."""
    given: tuple[str, ...]

    @classmethod
    def of(cls, given: Iterable[str]) -> "Changes":
        """Read changes: `prompt.NAME=FILE`, and everything else as overrides of the config.

        Raises:
            UserError: a prompt file is missing or wrong, or there is no prompt of the name.
        """
        given = tuple(given)
        prompts: dict[str, str] = {}
        for change in given:
            if change.startswith(_PROMPT):
                name, _, file = change.removeprefix(_PROMPT).partition("=")
                prompts |= _replaced(name, file)
        config = tuple(change for change in given if not change.startswith(_PROMPT))
        return cls(config, prompts, given)


def check_fork(run: Path, changes: Iterable[str]) -> None:
    """Refuse changes that cannot work.

    Raises:
        UserError: naming what is wrong with them.
    """
    load_config(RunFolder(run).config, Changes.of(changes).config)


async def fork_async(
    run: str,
    *,
    at: str,
    changes: Iterable[str] = (),
    run_id: str | None = None,
    budget: float | None = None,
    runs_dir: str | Path = RUNS,
    on_event: Listen | None = None,
) -> RunResult:
    """Fork a run at an event and run the fork.

    Args:
        run: the parent's folder or id.
        at: id of the event before which everything stays as it was.
        changes: what is other: `a.b=value` as in a config, `prompt.NAME=FILE`.
        run_id: name of the fork's folder.
        budget: what the fork itself may cost, in USD, beyond what its parent paid.
        runs_dir: where run folders stand.
        on_event: called with every event.

    Raises:
        UserError: there is no such run or event, or the changes are wrong; nothing was paid.
    """
    parent, other = RunFolder.find(run, Path(runs_dir)), Changes.of(changes)
    with stored(parent.store()) as store:
        if await store.get_meta(ARENA):
            raise UserError(f"fork {parent.run_id}: it is an arena; fork needs a run of `run`")
        await refuse_replaced(parent, store)
        before, config = load_config(parent.config), load_config(parent.config, other.config)
        keys, paid = await _served_before(store, at), await store.totals()
        made = Forked(
            parent=parent.run_id,
            at=at,
            last=0,
            calls=paid.calls,
            usd=paid.usd,
            changes=other.given,
            models={alias: model.model_dump(mode="json") for alias, model in before.models.items()},
            prompts=other.prompts,
        )
        manifest = Manifest.read(parent.manifest)
        folder = RunFolder.create(Path(runs_dir), run_id)
        with folder.locked(f"fork again as --run-id {folder.run_id}"):
            manifest.write(folder.manifest)
            folder.write_config(_funded(config, budget, paid.usd).yaml())
            # A fork that ended midway is no run: resumed, it would pay for what its parent paid.
            part = folder.path / PART
            for left in folder.path.glob(f"{PART}*"):
                left.unlink()
            with stored(Place.of(part)) as target:
                await target.copy_calls(store, keys.__contains__)
                last = [await target.written(key) for key in keys]
                made = made.model_copy(update={"last": max(last, default=0)})
                await target.set_meta(FORK, made.model_dump(mode="json"))
            os.replace(part, folder.path / STORE_FILE)
    return await resume_async(str(folder.path), on_event=on_event)


fork = twin(fork_async)


def _funded(config: RunConfig, budget: float | None, paid: float) -> RunConfig:
    """Return the config with the fork's own ceiling over what its parent paid."""
    if budget is None:
        budget = config.budget.usd
    usd = None if budget is None else budget + paid
    return config.model_copy(
        update={
            "budget": config.budget.model_copy(update={"usd": usd}),
            "execution": config.execution.model_copy(update={"store": None}),
        }
    )


async def _served_before(store: Store, at: str) -> set[str]:
    """Return the keys of the calls that were answered before an event.

    Raises:
        UserError: there is no such event.
    """
    number = await store.event_number(at) if at.isprintable() else 0
    if not number:
        raise UserError(
            f"--at {at}: there is no such event in the run; `view` shows each one's id beside its step"
        )
    return {
        key for event in store.events(before=number) if event.kind == "call" for key in event.keys
    }


def _replaced(name: str, file: str) -> dict[str, str]:
    """Return the text in the place of a prompt, or of all prompts of a role.

    Raises:
        UserError: the file is missing or no such prompt, or there is none of that name.
    """
    known = prompt_names()
    names = [name] if name in known else [n for n in known if load_prompt(n).role == name]
    if not names:
        roles = sorted({load_prompt(n).role for n in known})
        raise UserError(
            f"--set prompt.{name}: there is no prompt and no role of that name; roles: {', '.join(roles)}"
        )
    try:
        text = Path(file).read_text(encoding="utf-8")
        made = Prompt.parse(names[0], text, Path(file))
    except (OSError, ValueError) as error:
        raise UserError(f"--set prompt.{name}={file}: {error}") from error
    for one in names:
        was = load_prompt(one)
        if extra := set(made.variables) - set(was.variables):
            raise UserError(
                f"{file}: variables {sorted(extra)} are not told to {one}; it has {sorted(was.variables)}"
            )
        if made.reply != was.reply:
            raise UserError(f"{file}: reply is {made.reply!r}; {one} is answered by {was.reply!r}")
    return dict.fromkeys(names, text)
