"""The live components of one agent, and how each becomes a node."""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph._internal._runnable import RunnableCallable
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.runtime import get_runtime
from pydantic import BaseModel, ValidationError

from surefoot.graph.choices import ChosenCaller, choices_of
from surefoot.graph.live_run import LiveRun
from surefoot.graph.models.prices import listed_price
from surefoot.graph.models.resolve import resolve_model
from surefoot.graph.runs import Runs
from surefoot.graph.settings import Settings
from surefoot.graph.store import Store, open_store
from surefoot.graph.store.serde import hardened
from surefoot.nodes.act import StepExecutor
from surefoot.nodes.calibration import Pair, pairs, threshold_for
from surefoot.nodes.checkpoint import HumanCheckpoint
from surefoot.nodes.checks import vet
from surefoot.nodes.context import CHARS_PER_TOKEN
from surefoot.nodes.drive import Core, adrive, drive
from surefoot.nodes.failures import model_name, model_secrets
from surefoot.nodes.finish import Finisher
from surefoot.nodes.plan import TaskPlanner, check_goal
from surefoot.nodes.react import ReactLoop
from surefoot.nodes.reflect import SelfReflection
from surefoot.nodes.replan import Replanner
from surefoot.nodes.state import Json
from surefoot.nodes.structured import ModelCaller
from surefoot.tools import default_tools
from surefoot.tools.clean import clean_text
from surefoot.tools.errors import ModelError, SettingsError
from surefoot.tools.mcp import McpServer
from surefoot.tools.redact import Redactor
from surefoot.tools.runner import ToolRunner
from surefoot.tools.secrets import Secrets
from surefoot.tools.toolbox import Toolbox
from surefoot.tools.workspace import Workspace

State = Any
Step = Callable[[State, LiveRun], Core[State]]
"""A node's core: the state and its run in, the update out."""


@dataclass(frozen=True)
class Parts:
    """Everything `build.py` wires."""

    settings: Settings
    secrets: Secrets
    runs: Runs
    checkpointer: BaseCheckpointSaver[Any] | bool | None
    planner: TaskPlanner
    loop: ReactLoop
    replanner: Replanner
    human: HumanCheckpoint
    finisher: Finisher
    caller: ModelCaller
    choices: type[BaseModel] | None = None
    """What a run may choose for itself as it begins; None = nothing."""

    @property
    def config(self) -> RunnableConfig:
        """Defaults of every invocation: room for parallel subtasks, super-steps to use up the budget, durability.

        LangGraph writes checkpoints behind the work unless told otherwise; `invoke` takes `durability="sync"`, and this
        is the key by which it hands that to subgraphs: with it no caller has to remember. A graph whose checkpointer is
        somebody else's has no such default: where there is none, LangGraph breaks on it.
        """
        steps = self.settings.max_steps or 10_000
        bounds: RunnableConfig = {"max_concurrency": 256, "recursion_limit": max(10_000, 8 * steps)}
        return bounds if self.checkpointer is True else {**bounds, "configurable": {"__pregel_durability": "sync"}}

    def main(self, step: Step) -> RunnableCallable:
        """A node of the main graph: the run's clock is on while it works."""

        def node(state: State) -> State:
            with self.runs.entered(state) as run:
                return drive(step(state, run))

        async def anode(state: State) -> State:
            async with self.runs.aentered(state) as run:
                return await adrive(step(state, run))

        return _node(node, anode)

    def begin(self, step: Step) -> RunnableCallable:
        """The first node: it begins a new run in the thread."""

        def begun(state: State, config: RunnableConfig, context: Any) -> tuple[State, LiveRun]:
            state = {**state, "goal": self.secrets.redactor.text(clean_text(check_goal(state.get("goal"))))}
            return state, self.runs.begin(state, _thread_id(config), self.chosen(context))

        def node(state: State, config: RunnableConfig) -> State:
            state, run = begun(state, config, get_runtime().context)
            with self.runs.entered({"run_id": run.run_id}):
                return drive(step(state, run))

        async def anode(state: State, config: RunnableConfig) -> State:
            state, run = await asyncio.to_thread(begun, state, config, get_runtime().context)
            async with self.runs.aentered({"run_id": run.run_id}):
                return await adrive(step(state, run))

        return _node(node, anode)

    def chosen(self, context: Any) -> dict[str, Json] | None:
        """Read what is chosen for a new run; None = nothing.

        Raises:
            SettingsError: it is out of range, or the model cannot be had.
        """
        if self.choices is None or context is None:
            return None
        assert isinstance(self.caller, ChosenCaller)
        try:
            chosen = self.choices.model_validate(context, from_attributes=True).model_dump()
            model = chosen.pop("model")
            self.caller.of_name(None if model == self.settings.model else model)
        except ValidationError as error:
            first = error.errors()[0]
            raise SettingsError(f"{first['loc'][0]}: {first['msg']} (given: {str(first['input'])[:80]!r}).") from None
        except ModelError as error:
            raise SettingsError(str(error)) from error
        return {"limits": chosen} if model == self.settings.model else {"limits": chosen, "model": model}

    def end(self, step: Step) -> RunnableCallable:
        """The last node: afterwards the run is written off."""

        def node(state: State) -> State:
            with self.runs.entered(state) as run:
                update = drive(step(state, run))
            self.runs.close(run, state["status"])
            return update

        async def anode(state: State) -> State:
            async with self.runs.aentered(state) as run:
                update = await adrive(step(state, run))
            await asyncio.to_thread(self.runs.close, run, state["status"])
            return update

        return _node(node, anode)

    def react(self, step: Step) -> RunnableCallable:
        """A node of the ReAct graph; `execute` keeps the clock."""

        def node(state: State) -> State:
            return drive(step(state, self.runs.find(state)))

        async def anode(state: State) -> State:
            return await adrive(step(state, self.runs.find(state)))

        return _node(node, anode)


def _node(sync: Callable[..., Any], async_: Callable[..., Any]) -> RunnableCallable:
    """Both colours as a node: LangGraph traces it as the node it is, a RunnableLambda would be traced inside once more."""
    return RunnableCallable(sync, async_, trace=False)


def assemble(
    model: BaseChatModel | str,
    tools: Sequence[BaseTool | Callable[..., Any] | McpServer] | None,
    settings: Settings,
    *,
    store: str | Path | Store | None,
    checkpointer: BaseCheckpointSaver[Any] | bool | None,
    strong_model: BaseChatModel | str | None = None,
    choosing: bool = False,
) -> Parts:
    """Make the components; see `build_graph`. `choosing`: a run may choose a model and limits of its own."""
    chat, strong = _chat(model, settings), strong_model or settings.strong_model
    chats = [chat, *([_chat(strong, settings)] if strong else [])]
    workspace = Workspace(settings.workspace)
    given = default_tools(workspace, allow_private=settings.allow_private_addresses) if tools is None else tools
    given = [*given, *settings.servers()]
    secrets = _secrets(settings, chats, [tool for tool in given if isinstance(tool, McpServer)])
    callers = [_caller(c, settings, secrets) for c in chats]
    caller = callers[0]
    if choosing:
        caller = ChosenCaller(caller, lambda name: _caller(_chat(name, settings), settings, secrets))
    toolbox = Toolbox(given, settings.effects, settings.untrusted_tools, secrets)
    opened = open_store(store if checkpointer is None else store or settings.database, events=settings.events)
    own = opened.checkpointer if checkpointer is None else checkpointer
    opened.redactor = secrets.redactor.knowing(opened.redactor.known)
    capacity = settings.context_tokens * CHARS_PER_TOKEN
    survey = (lambda: secrets.redactor.text(workspace.overview())) if tools is None else None
    described = [toolbox.outline(name) for name in toolbox.names]
    vetting = partial(vet, toolbox=toolbox, runner=ToolRunner(toolbox))
    executor = StepExecutor(toolbox, settings.tool_timeout_seconds, inline_chars=settings.inline_chars)
    return Parts(
        settings=settings,
        secrets=secrets,
        runs=Runs(opened, settings, model_name(chat), elsewhere=own is not opened.checkpointer),
        checkpointer=hardened(own) if isinstance(own, BaseCheckpointSaver) and own is not opened.checkpointer else own,
        planner=TaskPlanner(caller, described, survey=survey, capacity=capacity, vet=vetting),
        loop=ReactLoop(
            caller,
            executor,
            max_steps=settings.react_max_steps,
            context_tokens=settings.context_tokens,
            context_turns=_turns_shown(chat, settings),
            tools_offered=_offered(chat, settings, toolbox),
            judge=SelfReflection(caller=caller if settings.judge_drift else None, **cast(Any, settings.stuck)),
            strong=callers[1] if strong else None,
        ),
        replanner=Replanner(caller, described, capacity=capacity, vet=vetting),
        human=HumanCheckpoint(
            _threshold(settings, opened),
            approvals=settings.approvals,
            max_replans=settings.max_replans,
            undeclared_tools=settings.undeclared_tools,
            approval_expires_seconds=settings.approval_expires_seconds,
            toolbox=toolbox,
        ),
        finisher=Finisher(caller),
        caller=caller,
        choices=choices_of(settings) if choosing else None,
    )


def _chat(model: BaseChatModel | str, settings: Settings) -> BaseChatModel:
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else None
    return resolve_model(model, base_url=settings.openai_base_url, api_key=key)


def _caller(chat: BaseChatModel, settings: Settings, secrets: Secrets) -> ModelCaller:
    return ModelCaller(chat, price=_price(chat, settings), redactor=secrets.redactor)


def _price(chat: BaseChatModel, settings: Settings) -> Callable[[int, int], float | None] | None:
    """What the person says a model costs, else what is listed for it at its address."""
    name = model_name(chat)
    return settings.price_of(name) or listed_price(name, getattr(chat, "openai_api_base", None))


def _offered(chat: BaseChatModel, settings: Settings, toolbox: Toolbox) -> int:
    """How many tools a model is shown at once: one that reads them all by code gets them all."""
    return max(settings.tools_offered, len(toolbox.names) if getattr(chat, "reads_every_tool", False) else 0)


def _turns_shown(chat: BaseChatModel, settings: Settings) -> int | None:
    """How many turns a model is shown whole: one that reads by code works with results, and not with lines about them."""
    return None if getattr(chat, "reads_every_tool", False) else settings.context_turns


def _secrets(settings: Settings, chats: Sequence[BaseChatModel], servers: Sequence[McpServer]) -> Secrets:
    """What tools may be given, and a redactor that also knows the keys of models and servers and of the environment."""
    found = [*map(model_secrets, chats), *(server.known_secrets for server in servers), settings.known_secrets()]
    known = {name: value for each in found for name, value in each.items()}
    values = {name: secret.value.get_secret_value() for name, secret in settings.secrets.items()}
    bound = {name: secret.tools for name, secret in settings.secrets.items()}
    return Secrets(values, bound, redactor=Redactor(known, shapes=settings.hide_key_shapes))


def _threshold(settings: Settings, store: Store) -> float:
    """The stated confidence under which a person is asked: as earlier runs teach, or as it is set."""
    if settings.desired_precision is None:
        return settings.confidence_threshold
    learned = threshold_for(calibration_pairs(store), settings.desired_precision)
    return settings.confidence_threshold if learned is None else learned


def calibration_pairs(store: Store) -> list[Pair]:
    """What all runs of a store stated, and what came of it."""
    return [pair for row in store.runs() for pair in pairs(store.events(row["run_id"]))]


def _thread_id(config: RunnableConfig) -> str:
    """The thread's name; a graph without a checkpointer may be invoked without one."""
    return str(config.get("configurable", {}).get("thread_id") or uuid.uuid4().hex)
