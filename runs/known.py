"""The benchmarks that no instruction may repeat, as `curation.benchmarks` names them."""

from pathlib import Path

from ..agents.errors import UserError
from ..graphs.settings import CurationSettings
from ..tools.decontamination import KnownTexts
from .testset.prompts import read_training


def known_texts(settings: CurationSettings) -> KnownTexts | None:
    """Return the rows of the benchmarks given; None where none are.

    Raises:
        UserError: a file cannot be read or holds no prompts, or scikit-learn is absent.
    """
    if not settings.benchmarks:
        return None
    rows = read_training(list(map(Path, settings.benchmarks)), "curation.benchmarks:")
    if not rows:
        raise UserError(
            f"curation.benchmarks: no prompt in {', '.join(settings.benchmarks)}; name files with prompts"
        )
    try:
        return KnownTexts(
            [(row.place, row.text) for row in rows],
            settings.benchmark_overlap,
            settings.benchmark_likeness,
        )
    except ValueError as error:
        raise UserError(f"curation.benchmarks: {error}") from error
