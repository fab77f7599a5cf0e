# make demo     the whole product with no hardware
# make test     every check there is (.ci/run calls exactly this)
# make install  the set-up alone
# The rest: style types unit browser docs bench faults lock clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.orview-ready
LIBRARIES := libusb-1.0-0 libgl1 libegl1 libx11-6 libgomp1 libglib2.0-0 fonts-dejavu-core fonts-droid-fallback
BROWSER := chromium
CLIENT_SOURCES := $(shell find headset_client/src headset_client/public headset_client/*.html headset_client/*.json headset_client/*.ts -type f 2>/dev/null)
CLIENT := headset_client/dist/sources.sha256
COMPILED_SOURCES := $(shell grep -rlw --include=*.py compiled orview)
COMPILED := $(VENV)/.orview-compiled
DEMO_FLAGS ?=
FAULTS_FLAGS ?=
# Tests that judge moments on a drawn page or after a fault run one at a time; all others on two cores, a file on one
# of them: those that compute, those that start processes and wait for them, and those of pages that draw nothing in 3D.
ALONE := tests/browser tests/faults
PAGES := $(filter-out %_wearing.py %_plan.py,$(wildcard tests/browser/test_console*.py)) \
	$(addprefix tests/browser/test_,bundle.py numerals.py nurse_page.py) \
	$(addprefix tests/faults/test_,hostile_files.py power_cuts.py unusable_machine.py)
WAITING_UNITS := $(addprefix tests/unit/edge/,cameras demo headset host network slots) tests/unit/cli
WAITING := tests/integration $(WAITING_UNITS)
SIDE_BY_SIDE := -n 2 --dist loadfile --no-loadscope-reorder
# Each of the two has a core: libraries that share a short loop out among threads only make them wait for one another.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS=1

.PHONY: install demo test checks style types python-types client unit browser bench faults lock clean libraries browser-package

install: libraries $(READY) $(CLIENT) $(COMPILED)

demo: install
	$(BIN)/orview demo $(DEMO_FLAGS)

test: install browser-package
	$(MAKE) --jobs=2 --output-sync=target checks
	$(ONE_THREAD) $(BIN)/python -m pytest $(SIDE_BY_SIDE) tests $(addprefix --ignore=,$(ALONE) $(WAITING))
	$(ONE_THREAD) $(BIN)/python -m pytest $(SIDE_BY_SIDE) $(WAITING)
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(PAGES)
	$(BIN)/python -m pytest $(ALONE) $(addprefix --ignore=,$(PAGES))

checks: style python-types client

style: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: python-types $(CLIENT)
	$(BIN)/python headset_client/hatch_build.py check

python-types: $(READY)
	$(BIN)/mypy

client: $(CLIENT)
	$(BIN)/python headset_client/hatch_build.py check
	$(BIN)/python headset_client/hatch_build.py test

unit: $(READY)
	$(ONE_THREAD) $(BIN)/python -m pytest $(SIDE_BY_SIDE) tests $(addprefix --ignore=,$(ALONE) $(WAITING))
	$(ONE_THREAD) $(BIN)/python -m pytest $(SIDE_BY_SIDE) $(WAITING_UNITS)

browser: install browser-package
	$(BIN)/python -m pytest tests/browser

# Every fault as often as the goals say; FAULTS_FLAGS=--record keeps the table in benchmarks/results/faults.md.
faults: install
	$(BIN)/python -m pytest tests/faults --faults-full $(FAULTS_FLAGS)

# What the models are compared with lives in an environment of its own.
bench: install
	@test -x benchmarks/.peers/bin/python || "$(PYTHON)" -m venv benchmarks/.peers
	@benchmarks/.peers/bin/pip install --quiet --disable-pip-version-check -r benchmarks/peers/requirements.txt
	for file in benchmarks/*.py; do case $$file in *__init__*|*/goal_table*|*/model_*|*/tracking_*|*/streaming_*) ;; *) $(BIN)/python -m benchmarks.$$(basename $$file .py) || exit 1;; esac; done

$(READY): requirements.lock pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "orview: Python 3.11 or newer is needed. Install it, or name it: make install PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --progress-bar on --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(CLIENT): $(READY) $(CLIENT_SOURCES)
	$(BIN)/python headset_client/hatch_build.py
	@touch $@

# Loops that numba compiles, kept beside their sources: nobody is to wait for it later.
$(COMPILED): $(READY) $(COMPILED_SOURCES) | libraries
	$(BIN)/python -m orview.edge.warm
	@touch $@

# Debian packages: what Open3D and OpenCV load, and pip's own venv where Debian split it off.
libraries:
	@packages="$(LIBRARIES)"; \
	"$(PYTHON)" -c 'import ensurepip' 2>/dev/null || packages="$$packages python3-venv"; \
	$(call install_debian,$$packages)

browser-package:
	@$(call install_debian,$(BROWSER))

define install_debian
missing=""; \
for package in $(1); do \
	dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
done; \
test -z "$$missing" && exit 0; \
command -v apt-get >/dev/null || { echo "orview: this is no Debian system. Install what these Debian packages hold, by hand:$$missing"; exit 0; }; \
if [ "$$(id -u)" = 0 ]; then as_root=""; elif command -v sudo >/dev/null; then as_root="sudo"; \
else echo "orview: these Debian packages are missing and there is no sudo. Ask an administrator to run: apt-get install$$missing"; exit 1; fi; \
echo "orview: installing$$missing"; \
{ $$as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq --no-install-recommends $$missing >/dev/null; } \
|| { echo "orview: these Debian packages could not be installed. Ask an administrator to run: apt-get install$$missing"; exit 1; }
endef

# The exact versions with their hashes, for every platform; no registry host is written.
lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet -o requirements.lock

clean:
	rm -rf $(VENV) headset_client/dist headset_client/node_modules build dist
