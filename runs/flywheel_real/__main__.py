"""SmolLM2-135M-Instruct in the flywheel: rounds of battles and training, measured before and after each.

    make flywheel-real      or      python -m arenainstruct.runs.flywheel_real --minutes 8 --seeds-from DOCS

Nothing of IFEval or GSM8K is trained on; the report tells which of their prompts stand in what was made.
"""

import argparse
import asyncio
import sys
from dataclasses import fields, replace
from pathlib import Path

from ...agents.errors import UserError
from ...agents.models.causal import device_of
from ..screen.terminal import aside, say
from .recipe import Sizes, usual
from .study import Study, table
from .weights import gguf_file, hugging_face_folder

_DEMO = Path(__file__).parents[1] / "demo"


def main() -> None:
    """Run a study and print its table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs") / "flywheel-real")
    parser.add_argument("--minutes", type=float, default=240, help="it ends by itself after these")
    parser.add_argument("--seeds-from", type=Path, default=_DEMO, help="documents")
    parser.add_argument(
        "--base", type=Path, help="a folder in Hugging Face form, in the GGUF's place"
    )
    parser.add_argument(
        "--gguf", type=Path, nargs="*", default=[], help="the file, or its parts in order"
    )
    parser.add_argument("--ifeval-file", type=Path, help="IFEval's prompts")
    parser.add_argument("--gsm8k-file", type=Path, help="GSM8K's test rows")
    parser.add_argument("--seed", type=int, default=7)
    for size in fields(Sizes):
        parser.add_argument(f"--{size.name.replace('_', '-')}", type=type(size.default))
    options = parser.parse_args()
    given = {size.name: getattr(options, size.name) for size in fields(Sizes)}
    try:
        sizes = replace(
            usual(device_of("auto")), **{k: v for k, v in given.items() if v is not None}
        )
        lines = _study(options, sizes)
    except (UserError, ValueError) as error:
        sys.exit(f"error: {error}")
    for line in lines:
        say(line)


def _study(options: argparse.Namespace, sizes: Sizes) -> list[str]:
    files = {"ifeval": options.ifeval_file, "gsm8k": options.gsm8k_file}
    benchmarks = {name: file for name, file in files.items() if file is not None}
    if absent := [file for file in benchmarks.values() if not file.is_file()]:
        raise UserError(f"no file {absent[0]}")
    options.out.mkdir(parents=True, exist_ok=True)
    base = options.base
    study = Study(
        options.out, Path(), options.seeds_from, benchmarks, sizes, 60 * options.minutes, options.seed,
        aside,
    )  # fmt: skip
    if base is None:
        base = hugging_face_folder(gguf_file(options.gguf, options.out), options.out / "base")
        aside(f"the base is in {base}")
    study.base = base.absolute()
    return table(asyncio.run(study.run()))


if __name__ == "__main__":
    main()
