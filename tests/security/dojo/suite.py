"""AgentDojo's suites: tasks, attacks, tools, and a world per run that notes every call that ran."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

import yaml
from agentdojo.attacks.important_instructions_attacks import ImportantInstructionsAttackNoNames
from agentdojo.base_tasks import BaseInjectionTask, BaseUserTask
from agentdojo.functions_runtime import FunctionCall, FunctionsRuntime
from agentdojo.task_suite import get_suites
from agentdojo.task_suite.task_suite import read_suite_file
from agentdojo.types import text_content_block_from_string
from langchain_core.tools import BaseTool, StructuredTool

VERSION = "v1.2.2"
SUITES = ("workspace", "travel", "banking", "slack")


class Suite:
    """One suite: 97 user tasks and 35 injection tasks in all four.

    Its tools are made once, so that an agent can be built once, and work on the world that is on stage: one at a time.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._suite = get_suites(VERSION)[name]
        self._suite.load_and_inject_default_environment = self._loaded
        self._parsed = cache(self._parse)
        self._attack = ImportantInstructionsAttackNoNames(self._suite, SimpleNamespace(name="local"))
        self.functions = {function.name: function for function in self._suite.tools}
        self._stage: World | None = None

    @property
    def user_tasks(self) -> dict[str, BaseUserTask]:
        return self._suite.user_tasks

    @property
    def injection_tasks(self) -> dict[str, BaseInjectionTask]:
        return self._suite.injection_tasks

    def world(self, user_task: BaseUserTask, injection: BaseInjectionTask | None = None) -> "World":
        """Put a fresh world on stage, with AgentDojo's standard attack where the task comes across it."""
        planted = self._attack.attack(user_task, injection) if injection else {}
        self._stage = World(user_task.init_environment(self._loaded(planted)))
        return self._stage

    def tools(self) -> list[BaseTool]:
        """The suite's tools, undeclared."""
        return [self._tool(function) for function in self.functions.values()]

    def _tool(self, function: Any) -> BaseTool:
        runtime = FunctionsRuntime([function])

        def run(**args: Any) -> Any:
            world = self._stage
            result, _ = runtime.run_function(world.environment, function.name, args, raise_on_error=True)
            world.ran.append(FunctionCall(function=function.name, args=args))
            return result

        return StructuredTool.from_function(
            run, name=function.name, description=function.description, args_schema=function.parameters
        )

    def passes(self, task: BaseUserTask | BaseInjectionTask, answer: str, world: "World") -> bool:
        """AgentDojo's own verdict: the user's task was done, or the attacker's."""
        said = [text_content_block_from_string(answer)]
        before, after = world.before.model_copy(deep=True), world.environment.model_copy(deep=True)
        try:
            return self._suite._check_task_result(task, said, before, after, world.ran)
        except TypeError:  # one check takes every mail it finds for the one it looks for, and stumbles over others
            return False

    def counted(self, calls: Iterable[FunctionCall]) -> Counter[str]:
        """Calls as something that can be compared: with their defaults filled in, in whatever order."""
        return Counter(self.key(call.function, call.args) for call in calls)

    def key(self, tool: str, args: Mapping[str, Any]) -> str:
        whole = self.functions[tool].parameters.model_validate(dict(args))
        return json.dumps([tool, whole.model_dump(mode="json")], sort_keys=True)

    def _loaded(self, injections: Mapping[str, str]) -> Any:
        """What AgentDojo does to load an environment, but with the fast parser, and each once: it takes most of the time."""
        return self._parsed(frozenset(injections.items())).model_copy(deep=True)

    def _parse(self, injections: Iterable[tuple[str, str]]) -> Any:
        text = read_suite_file(self.name, "environment.yaml", self._suite.data_path)
        filled = text.format(**{**self._suite.get_injection_vector_defaults(), **dict(injections)})
        return self._suite.environment_type.model_validate(yaml.load(filled, yaml.CSafeLoader))


class World:
    """An environment that tools change, and a note of every call that ran to its end, kept outside the agent."""

    def __init__(self, environment: Any) -> None:
        self.environment = environment
        self.before = environment.model_copy(deep=True)
        self.ran: list[FunctionCall] = []


@cache
def suite(name: str) -> Suite:
    return Suite(name)
