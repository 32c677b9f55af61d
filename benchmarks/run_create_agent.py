"""One goal with LangChain's agent and surefoot's tools: `run_create_agent.py BASE_URL WORKSPACE GOAL`."""

import sys

from langchain.agents import create_agent
from langchain_openai import ChatOpenAI

from surefoot.tools import default_tools

url, workspace, goal = sys.argv[1:]
agent = create_agent(
    ChatOpenAI(model="reader", base_url=url, api_key="none"),
    default_tools(workspace),
    system_prompt=(
        "You are a helpful assistant that works with tools on a workspace folder. Reach the person's goal, then answer."
    ),
)
agent.invoke({"messages": [("user", goal)]}, {"recursion_limit": 200})
