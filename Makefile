# The verbs of the series. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help report reports new app course test test-all lab data bench bench-pages verdicts pdf clean format

# small models on many threads take several times as long (a build says so to its own steps too)
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
# the same last digits on every processor
export NUMBA_CPU_NAME := generic

PARAMS ?= params/sample.yml
BIN := .venv/bin
# the first of these that really runs (a version manager may leave names behind that do not)
PYTHON := $(shell for p in python3.12 python3.13 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

report: $(BIN)/.ready ## build one study: make report PARAMS=params/insiders.yml (the sample without PARAMS)
	@$(BIN)/python -m helpers.build.run $(PARAMS) $(if $(JOBS),-j $(JOBS))

reports: $(BIN)/.ready ## build every study whose source is here
	@$(BIN)/python -m helpers.build.run --all $(if $(JOBS),-j $(JOBS))

pdf: $(BIN)/.ready ## print a built study's board pack: make pdf PARAMS=params/insiders.yml
	@$(BIN)/python -m helpers.build.paper $(PARAMS)

new: $(BIN)/.ready ## write a study for a file of yours: make new NAME=acme DATA=acme.csv
	@$(BIN)/python -m helpers.new_study.write "$$NAME" "$$DATA" "$$CONNECTION"

app: $(BIN)/.ready ## a local web page: upload a file, build and read its report, predict
	@$(BIN)/python -m helpers.app.server

course: report ## the notebooks as a course: student's and teacher's copy, slides, a site in course/site
	@$(BIN)/python -m helpers.course.write $(PARAMS)

define checks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python -m pytest -n 2
endef

test: $(BIN)/.ready ## check style and run the tests
	$(checks)

test-all: $(BIN)/.ready ## the same, and every figure of every study
	$(checks) --all-studies

lab: report ## open the notebooks in JupyterLab
	@PYTHONPATH=$(CURDIR) PYTHONWARNINGS="ignore:IProgress not found" $(BIN)/jupyter lab --notebook-dir=notebooks \
		--FileContentsManager.pre_save_hook=helpers.course.lab.strip_outputs

data: $(BIN)/.ready ## say where each study's source comes from, and whether it is here
	@$(BIN)/python -m helpers.build.data

bench: $(BIN)/.ready ## measure ours against plain pandas, side by side; or one part: make bench PART=engines (or customers)
	@$(BIN)/python -m tests.bench.bench_$(or $(PART),cleaning)

bench-pages: $(BIN)/.ready ## measure a built study's pages, and the dashboard of many customers, in a browser: make bench-pages STUDY=sample
	@$(BIN)/python -m tests.bench.bench_pages reports/$(or $(STUDY),sample)
	@$(BIN)/python -m tests.bench.bench_dashboard

verdicts: $(BIN)/.ready ## try the verdicts on data of a known truth, and write the tables that chapters and docs quote
	@$(BIN)/python -m tests.operating_characteristics.run

clean: ## remove one study's reports: make clean STUDY=sample
	@$(if $(STUDY),,$(error say which study: make clean STUDY=sample))
	@$(if $(findstring /,$(STUDY))$(findstring .,$(STUDY)),$(error $(STUDY) is no study; give a name such as sample))
	rm -rf -- 'reports/$(STUDY)'

format: $(BIN)/.ready ## put Python and notebooks in order
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

$(BIN)/.ready: pyproject.toml uv.lock
	@$(if $(PYTHON),,$(error no Python 3.11, 3.12 or 3.13 found; install one, or use environment.yml))
	@command -v uv >/dev/null 2>&1 || [ -x .uv/bin/uv ] || { echo "fetching uv"; $(PYTHON) -m venv .uv && .uv/bin/python -m pip install --quiet uv; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] == (3, 11))' || command -v cc >/dev/null || command -v gcc >/dev/null \
		|| { echo "error: lightfm has no wheel for Python 3.11 and there is no C compiler: install gcc, or Python 3.12 or 3.13." >&2; exit 1; }
	@echo "setting up .venv"
	@# compiled once here, and not again by each kernel where Python may not write beside its sources
	@$(UV) sync --locked --quiet --compile-bytecode --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	@touch $@
