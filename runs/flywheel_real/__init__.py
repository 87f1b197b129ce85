"""The flywheel on a real model: `make flywheel-real`."""
