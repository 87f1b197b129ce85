"""Everything that can go wrong, drawn as one family, and the one place where it is classified.

ArenaInstructError
├── UserError          what the user wrote is wrong: file, field, value found, values allowed
├── EpisodeError       one unit of work failed: recorded as a reject, its siblings go on
│   ├── ModelError     the provider failed (`status` is kept, 0 where there was none)
│   ├── ToolError      a tool raised or timed out
│   ├── ReplyError     the reply does not parse as what was asked for
│   ├── JudgeError     no verdict: the battle does not count
│   └── PromptError    a template lacks a variable or cannot be rendered
├── RecordConflict     another record of an id that exists: a fault of ours, nothing is overwritten
└── StopRun            the whole run stops cleanly and can be resumed
    ├── BudgetSpent    the ceiling in USD would be crossed
    ├── EndpointDown   an endpoint stayed away for longer than the configured patience, or refuses the key
    ├── Interrupted    the user stops it: no request leaves any more
    ├── TrainingFailed a training cannot go on: no memory, no room, a loss that is no number
    ├── Halted         the user stops it from another process
    ├── JudgingFailed  battle after battle gets no verdict: paying for more would tell nothing
    └── Diverged       a replay asked for what was never recorded

Tools and roles raise plain Python errors; `boundary` turns them into an `EpisodeError` once.
"""

from collections.abc import Iterator
from contextlib import contextmanager

WORD, LINE = 400, 2_000
"""Characters of a word and of a line that a message tells whole: longer ones are values of somebody's."""


def told(text: str) -> str:
    """Return a message in which no value is told at length: its beginning, and how long it is.

    Of a line that is too long without any long word the end is told too: there stands what to do.
    """
    return "\n".join(map(_line, text.split("\n")))


def _line(line: str) -> str:
    line = " ".join(map(_word, line.split(" "))) if len(line) > WORD else line
    if len(line) <= LINE:
        return line
    return f"{line[: LINE // 2]}… ({len(line):,} characters in all) …{line[-LINE // 4 :]}"


def _word(word: str) -> str:
    if len(word) <= WORD:
        return word
    return f"{word[: WORD // 4]}… ({len(word):,} characters) …{word[-WORD // 10 :]}"


class ArenaInstructError(Exception):
    """The root of the family: catch it to catch all of ours. None tells a value at length."""

    def __str__(self) -> str:
        """Return what happened, with long values cut."""
        return told(super().__str__())


class UserError(ArenaInstructError, ValueError):
    """What the user wrote is wrong; the message names the place, the value found and the next move."""


class EpisodeError(ArenaInstructError):
    """One seed, call or battle failed; it becomes a counted reject and never stops its siblings."""

    alias: str = ""
    """The model that was asked, where a call failed."""
    calls: tuple[str, ...] = ()
    """The ledger's keys of the calls behind it."""

    def behind(self) -> "EpisodeError":
        """Return the error of the failed call that led to this one; itself where none did."""
        cause = self.__cause__
        return cause.behind() if isinstance(cause, EpisodeError) and not self.calls else self


class ModelError(EpisodeError):
    """The provider failed for good, after its retries.

    `status` is the HTTP status, 0 where no response came; `attempts` how often it was tried.
    """

    def __init__(self, message: str, status: int = 0, attempts: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.attempts = attempts


class ToolError(EpisodeError):
    """A tool raised or timed out."""


class ReplyError(EpisodeError):
    """A model's reply does not parse as the reply type that was asked for."""


class JudgeError(EpisodeError):
    """A juror gave no verdict; a verdict is never guessed and an error is not a tie."""


class PromptError(EpisodeError):
    """A prompt template lacks a variable it declares, or cannot be rendered."""


class RecordConflict(ArenaInstructError):
    """An id names one record for good: writing another one under it is a fault of the program."""


class StopRun(ArenaInstructError):
    """The run stops cleanly; `reason` becomes its status, and `resume` takes it up again."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class BudgetSpent(StopRun):
    """The next call could cross the run's ceiling in USD."""

    def __init__(self, message: str) -> None:
        super().__init__("budget", message)


class EndpointDown(StopRun):
    """An endpoint refuses us or stayed away for longer than `execution.patience_s`."""

    def __init__(self, message: str) -> None:
        super().__init__("endpoint", message)


class TrainingFailed(StopRun):
    """The training of a round ended before its end; the target in force stays what it was."""

    def __init__(self, message: str) -> None:
        super().__init__("training", message)


class JudgingFailed(StopRun):
    """A tournament gets no verdicts at all."""

    def __init__(self, message: str) -> None:
        super().__init__("judging", message)


class Interrupted(StopRun):
    """The user stops the run: nobody is asked any more."""

    def __init__(self) -> None:
        super().__init__("interrupt", "interrupted by the user")


class Halted(StopRun):
    """The user stops the run from another process: `ctl RUN stop`."""

    def __init__(self) -> None:
        super().__init__("ctl", "stopped from outside")


class Diverged(StopRun):
    """A call is not in the ledger, and nobody may be asked: a replay went another way."""

    def __init__(self, message: str) -> None:
        super().__init__("divergence", message)


@contextmanager
def boundary(kind: type[EpisodeError], what: str) -> Iterator[None]:
    """Classify a plain Python error raised inside as `kind`, naming `what` was being done."""
    try:
        yield
    except ArenaInstructError:
        raise
    except Exception as error:
        raise kind(f"{what}: {type(error).__name__}: {error}") from error
