"""Runs with a real model behind a real server, small enough for two cores: what models do, not mocks."""
