"""Arguments and options that several commands have, in the same words."""

from pathlib import Path
from typing import Annotated, Literal

import typer

RUNS = Path("runs")
RunArg = Annotated[str, typer.Argument(help="A run's folder or id.")]
RunsOption = Annotated[
    Path, typer.Option("--runs-dir", metavar="DIR", help="Where run folders stand.")
]
LedgerOption = Annotated[
    Path, typer.Option("--runs-dir", metavar="DIR", help="Where the ledger is kept.")
]
ConfigArg = Annotated[
    str | None, typer.Argument(help="YAML config; left out: the embedded offline models.")
]
OverridesOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="A.B=C", help="Override a field, with a YAML value. Repeatable."),
]
JudgeOption = Annotated[
    list[str] | None,
    typer.Option("--judge", metavar="NAME", help="Only this judge's verdicts. Repeatable."),
]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="COLUMN=VALUE",
        help="Only rows with this value; COLUMN= for none. Repeatable.",
    ),
]
OnError = Literal["stop", "drop"]
OnErrorOption = Annotated[
    OnError, typer.Option(help="A faulty row stops, or is dropped and counted.")
]
Control = Literal["length", "style"]
Method = Literal["bootstrap", "sandwich"]
"""How intervals are made."""
Aggregate = Literal["games", "majority", "median", "judge_aware"]
"""How several judges' verdicts become ratings."""
Ties = Literal["apart", "half", "drop"]
"""How a tie counts."""
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
JsonLastOption = Annotated[bool, typer.Option("--json", help="Print one JSON object last.")]
