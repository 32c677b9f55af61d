"""Assembles the ReAct graph: one attempt at one subtask."""

from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from surefoot.graph import routing
from surefoot.graph.parts import Parts
from surefoot.nodes.gates import gate_attempt
from surefoot.nodes.state import ReactState


def build_react(parts: Parts) -> "CompiledStateGraph[ReactState]":
    """Wire budget -> think -> checkpoint -> act -> observe -> reflect -> budget."""
    graph = StateGraph(ReactState)
    graph.add_node("budget", parts.react(gate_attempt))
    graph.add_node("think", parts.react(parts.loop.think))
    graph.add_node("checkpoint", parts.react(parts.human.review_actions))
    graph.add_node("act", parts.react(parts.loop.act_approved))
    graph.add_node("observe", parts.react(parts.loop.observe_asking))
    graph.add_node("reflect", parts.react(parts.loop.reflect))
    graph.add_edge(START, "budget")
    graph.add_conditional_edges("budget", routing.inline(routing.after_react_budget))
    graph.add_conditional_edges("think", routing.inline(routing.after_think))
    graph.add_conditional_edges("checkpoint", routing.inline(routing.after_react_checkpoint))
    graph.add_conditional_edges("act", routing.inline(routing.after_act))
    graph.add_conditional_edges("observe", routing.inline(routing.after_observe))
    graph.add_conditional_edges("reflect", routing.inline(routing.after_react_reflect))
    return graph.compile(name="react")
