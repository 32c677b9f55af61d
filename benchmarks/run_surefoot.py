"""One goal with surefoot: `run_surefoot.py BASE_URL WORKSPACE GOAL`."""

import sys

from surefoot.graph import Settings, build_graph

url, workspace, goal = sys.argv[1:]
settings = Settings(workspace=workspace, openai_base_url=url, openai_api_key="none")
build_graph("openai:reader", None, settings).invoke({"goal": goal}, {"configurable": {"thread_id": "benchmark"}})
