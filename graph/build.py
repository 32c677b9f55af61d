"""The whole agent on one screen: node table and edge table of the main graph."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph

from surefoot.graph import routing
from surefoot.graph.agent import Agent
from surefoot.graph.execute import make_execute
from surefoot.graph.parts import Parts, assemble
from surefoot.graph.react import build_react
from surefoot.graph.settings import Settings
from surefoot.graph.store import Store
from surefoot.nodes.gates import gate_run
from surefoot.nodes.outcome import review_run
from surefoot.nodes.state import AgentInput, AgentState
from surefoot.tools.mcp import McpServer


def build_graph(
    model: BaseChatModel | str = "offline",
    tools: Sequence[BaseTool | Callable[..., Any] | McpServer] | None = None,
    settings: Settings | None = None,
    *,
    store: str | Path | Store | None = None,
    checkpointer: BaseCheckpointSaver[Any] | None = None,
    strong_model: BaseChatModel | str | None = None,
) -> Agent:
    """Build the agent as a compiled LangGraph graph.

    Args:
        model: A chat model, or `"offline"`, `"openai:NAME"`, `"provider:NAME"`.
        tools: LangChain tools, plain functions and MCP servers; None = the built-in tools on the workspace. Those of
            `settings.mcp_servers` come to them.
        settings: How it works; None = all defaults.
        store: A path (SQLite), a `postgresql://` address, an opened Store, or None = in memory: nothing outlives the
            process.
        checkpointer: Any LangGraph checkpointer instead of the store's own; it is made to read plain data alone.
            The action journal then lives in the settings' `store`, or in their home folder.
        strong_model: Takes over where a worker goes in circles; None = what `settings.strong_model` names, if any.

    Returns:
        A compiled LangGraph graph for `invoke({"goal": ...}, {"configurable": {"thread_id": ...}})` and its twins, whose
        threads have one writer each. The output state has `goal, plan, revisions, status, answer, report, usage`.

    Raises:
        ModelError: the model cannot be had.
        StoreError: the database cannot be used.
    """
    chosen = settings or Settings()
    parts = assemble(model, tools, chosen, store=store, checkpointer=checkpointer, strong_model=strong_model)
    return compiled(parts)


def compiled(parts: Parts) -> Agent:
    """Compile the graph and guard its way in."""
    kept = None if parts.checkpointer is True else parts.checkpointer  # True: the server that loads it brings its own
    graph = main_graph(parts).compile(checkpointer=kept, name="surefoot")
    return Agent.of(graph.with_config(parts.config), parts.runs, parts.chosen)


def main_graph(parts: Parts) -> "StateGraph[AgentState, None, AgentInput, AgentState]":
    """Wire plan -> budget -> checkpoint -> execute -> reflect -> (replan -> budget ...) -> finish."""
    graph = StateGraph(AgentState, context_schema=cast(Any, parts.choices), input_schema=AgentInput)
    graph.add_node("plan", parts.begin(parts.planner.begin))
    graph.add_node("budget", parts.main(gate_run))
    graph.add_node("checkpoint", parts.main(parts.human.review_plan))
    graph.add_node("execute", make_execute(build_react(parts), parts.runs))
    graph.add_node("reflect", parts.main(review_run))
    graph.add_node("replan", parts.main(parts.replanner.propose))
    graph.add_node("finish", parts.end(parts.finisher.finish))
    graph.add_edge(START, "plan")
    graph.add_conditional_edges("plan", routing.inline(routing.after_plan))
    graph.add_conditional_edges("budget", routing.inline(routing.after_budget))
    graph.add_conditional_edges("checkpoint", routing.inline(routing.after_checkpoint))
    graph.add_conditional_edges("execute", routing.inline(routing.after_execute))
    graph.add_conditional_edges("reflect", routing.inline(routing.after_reflect))
    graph.add_conditional_edges("replan", routing.inline(routing.after_replan))
    graph.add_conditional_edges("finish", routing.inline(routing.after_finish))
    return graph
