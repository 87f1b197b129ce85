"""What people say among themselves: several labels of one pair, and how often they disagree."""

from dataclasses import dataclass

from .items import Items


@dataclass(frozen=True)
class People:
    """People's labels of the pairs that were judged."""

    pairs: int
    labels: int
    several: int
    """Pairs that more than one label is known of."""
    disagreed: int
    """Those of them whose labels are not all one."""
    open: int
    """Those of them where no label leads: they count as ties."""
    elsewhere: int
    """Labels of pairs that no juror judged."""
    agreement: float | None
    """Chance that two labels of one pair are one; None where no pair has two."""


def people(items: Items, labels: int) -> People:
    """Count people's labels, of which there are so many in all."""
    votes = items.people
    total = votes.sum(axis=1)
    several = total > 1
    many, of = votes[several], total[several]
    most = many.max(axis=1, initial=0.0)
    pairs = float((of * (of - 1.0)).sum())
    return People(
        pairs=int((total > 0).sum()),
        labels=int(total.sum()),
        several=int(several.sum()),
        disagreed=int((most < of).sum()),
        open=int(((many == most[:, None]).sum(axis=1) > 1).sum()),
        elsewhere=labels - int(total.sum()),
        agreement=float((many * (many - 1.0)).sum()) / pairs if pairs else None,
    )


def told(found: People) -> str:
    """Return the same in words."""
    said = f"People labelled {found.pairs:,} of the pairs, {found.labels:,} times"
    if found.elsewhere:
        said += f" ({found.elsewhere:,} more labels are of pairs that nobody judged here: left out)"
    if not found.several or found.agreement is None:
        return said
    return (
        f"{said}; of {found.several:,} with several labels they disagree on {found.disagreed:,}, without a "
        f"majority on {found.open:,} (ties), and two labels are one in {found.agreement:.0%}"
    )
