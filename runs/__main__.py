"""`python -m arenainstruct.runs` is the command line."""

from .cli import main

main()
