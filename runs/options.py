"""Arguments and options that several commands have, in the same words."""

from pathlib import Path
from typing import Annotated

import typer

RUNS = Path("runs")
RunArg = Annotated[str, typer.Argument(help="A run's folder or id.")]
RunsOption = Annotated[
    Path, typer.Option("--runs-dir", metavar="DIR", help="Where run folders stand.")
]
LedgerOption = Annotated[
    Path, typer.Option("--runs-dir", metavar="DIR", help="Where the ledger is kept.")
]
OverridesOption = Annotated[
    list[str] | None, typer.Option("--set", help="Override a field: section.field=value.")
]
JudgeOption = Annotated[
    list[str] | None,
    typer.Option("--judge", metavar="NAME", help="Only this judge's verdicts. Repeatable."),
]
WhereOption = Annotated[
    list[str] | None,
    typer.Option("--where", metavar="COLUMN=VALUE", help="Only rows with this value. Repeatable."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
JsonLastOption = Annotated[bool, typer.Option("--json", help="Print one JSON object last.")]
