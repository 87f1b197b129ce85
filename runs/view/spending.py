"""Where a run's money and time went: by model and role, and by skill."""

from dataclasses import dataclass

from .source import Source


@dataclass(frozen=True)
class Asked:
    """What one model did in one role, over all starts of a run."""

    alias: str
    role: str
    calls: int
    """That were paid."""
    tokens_in: int
    tokens_out: int
    usd: float
    seconds: float
    """Of all calls, which may have gone on side by side."""
    slowest: float
    """Seconds of the longest one."""
    failed: int
    """Attempts that failed."""

    @property
    def mean_s(self) -> float:
        """Mean seconds of a call."""
        return self.seconds / self.calls if self.calls else 0.0


@dataclass(frozen=True)
class OfSkill:
    """What one skill cost."""

    skill: str
    """Empty: what no skill had a part in yet, such as reading the documents."""
    instructions: int
    trains: int
    """Training rows."""
    calls: int
    tokens: int
    usd: float


@dataclass(frozen=True)
class Spending:
    """Where money and time went."""

    models: tuple[Asked, ...]
    """Those first that took the most time, then the most tokens."""
    skills: tuple[OfSkill, ...]


def spending(source: Source) -> Spending:
    """Return where a run's money and time went."""
    names = ", ".join(Asked.__dataclass_fields__)
    with source.opened() as connection:
        models = [Asked(*row) for row in connection.execute(f"SELECT {names} FROM asked")]
        skills = connection.execute(
            "SELECT skill, sum(kind = 'draft'), sum(kind IN ('sft', 'preference')), sum(calls), "
            "sum(tokens), sum(usd) FROM rows GROUP BY 1 ORDER BY 1 = '', 6 DESC, 5 DESC"
        ).fetchall()
    return Spending(
        tuple(sorted(models, key=lambda m: (-m.seconds, -m.tokens_in - m.tokens_out))),
        tuple(one for one in (OfSkill(*row) for row in skills) if one.instructions or one.calls),
    )
