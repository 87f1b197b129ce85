"""The program's entry, also as `python -m arenainstruct.runs`: light, so that Ctrl-C ends it quietly."""

INTERRUPTED = 130


def main() -> None:
    """Run the command line; a Ctrl-C while it is still being loaded ends it too."""
    try:
        from .cli import main as command_line

        command_line()
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


if __name__ == "__main__":
    main()
