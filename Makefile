# Everything runs in .venv, made from nothing but Python >= 3.11; see README.
PYTHON ?= python3
RUN := .venv/bin/

.PHONY: install demo test test-slow lint types notebooks docs bench studio clean

install: .venv/installed

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(RUN)python -m pip install --quiet --upgrade uv
	UV_PROJECT_ENVIRONMENT=.venv $(RUN)uv sync --quiet --inexact --all-groups
	touch $@

demo: install  ## the main job, without a key
	$(RUN)python notebooks/demo.py

test: install lint types  ## everything a change must pass
	$(RUN)python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder -m "not slow"

lint: install
	$(RUN)ruff format --check .
	$(RUN)ruff check .

types: install
	$(RUN)mypy
	$(RUN)pyright --pythonpath $(RUN)python

notebooks: install  ## execute the notebooks
	$(RUN)python -m pytest -q tests/test_notebooks.py

docs: install  ## what in the pages comes from the code
	$(RUN)python docs/make_docs.py

bench: install  ## what is measured, in short (under 10 minutes); see benchmarks/README.md
	$(RUN)python -m benchmarks --quick

# Without reloading: the agent may write Python files into this folder, and a server that starts anew ends its runs.
studio: install  ## LangGraph Studio's server on this graph
	LANGGRAPH_CLI_NO_ANALYTICS=1 LANGGRAPH_NO_VERSION_CHECK=true LANGSMITH_TRACING=false $(RUN)langgraph dev --no-browser --no-reload

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .langgraph_api

test-slow: install  ## the long ones
	$(RUN)python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder -m slow
