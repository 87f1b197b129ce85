"""One run from outside: config, launch, store, dataset, command line.

    from arenainstruct.runs import launch, load_config
    result = launch(load_config("mine.yaml"), on_event=print)

Names are imported on first use, so that the command line starts quickly.
"""

from typing import TYPE_CHECKING

from ..tools.optional import on_first_use

if TYPE_CHECKING:
    from .config.config import RunConfig, load_config
    from .result import RunResult
    from .run import launch, launch_async, resume, resume_async

__all__ = [
    "RunConfig",
    "RunResult",
    "launch",
    "launch_async",
    "load_config",
    "resume",
    "resume_async",
]

_HOME = {
    "RunConfig": "config.config",
    "RunResult": "result",
    "launch": "run",
    "launch_async": "run",
    "load_config": "config.config",
    "resume": "run",
    "resume_async": "run",
}

__getattr__ = on_first_use(__name__, _HOME)
