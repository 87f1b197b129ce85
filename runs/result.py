"""What a run hands back, to Python callers and as the last line of `--json`."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class RunResult:
    """The outcome of one start of a run."""

    run_id: str
    path: str
    """The run's folder."""
    status: str
    """`completed`, `stopped: ` with why it can be resumed (budget, endpoint, calls, …), or `failed: ` where
    it went to its end and made nothing."""
    reason: str
    """Why it ended or stopped, in words."""
    counts: dict[str, Any]
    """Records by kind over all rounds, and `rejects` by stage and reason."""
    calls: dict[str, int]
    """Of this start: `paid`, `served` from the ledger, `failed` for good, and `attempts_failed`: those
    that gave no reply to use, tried again or not."""
    calls_in_all: int
    """Paid in all starts of the run."""
    tokens: dict[str, int]
    """`input` and `output`, paid in all starts of the run; unusable replies that were paid count."""
    usd: float
    """Paid in all starts of the run."""
    tokens_this_start: dict[str, int]
    """`input` and `output`, paid in this start."""
    usd_this_start: float
    """Paid in this start."""
    reached: dict[str, Any] = field(default_factory=dict)
    """How far this start came: `round` of `rounds`, the last `stage`, `done` `of` its `units`; empty
    where there was nothing left to do."""
    ratings: list[dict[str, Any]] = field(default_factory=list)
    """The last round's, best first; `purpose` tells which jury gave the verdicts."""
    gates: list[dict[str, Any]] = field(default_factory=list)
    """What was said of each round's trained target, with its numbers."""
    policy_changes: list[dict[str, Any]] = field(default_factory=list)
    taxonomy_changes: list[dict[str, Any]] = field(default_factory=list)
    """Leaves that were split, merged, retired, proposed or promoted, each with its round and reason."""
    jurors: list[dict[str, Any]] = field(default_factory=list)
    """Those with games that gave no verdict, the worst first: how many of how many, and why."""
    failures: dict[str, str] = field(default_factory=dict)
    """What a call said that failed, by stage and reason, where calls failed."""
    judging: dict[str, Any] = field(default_factory=dict)
    """What a cascade saved and what conferring changed, where the config asked for them."""
    elapsed_s: float = 0.0
    """Wall-clock seconds of this start."""

    @property
    def completed(self) -> bool:
        """Whether the run went to its end."""
        return self.status == "completed"

    def data(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return asdict(self)
