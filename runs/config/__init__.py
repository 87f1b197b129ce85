"""The config: what a run is told, read, explained and checked before anything is paid."""
