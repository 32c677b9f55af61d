"""What a person may choose for one run where a server shows them a form, as LangGraph Studio does: the model, the limits.

A choice is made as the run begins and kept with it in the store: LangGraph hands it to the first leg of a run only.
"""

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any, TypeVar

from langchain_core.messages import BaseMessage
from pydantic import BaseModel, create_model

from surefoot.graph.settings import Settings
from surefoot.nodes.drive import Blocking, Core
from surefoot.nodes.reply import Reply
from surefoot.nodes.run import Run
from surefoot.nodes.state import Usage
from surefoot.nodes.structured import ModelCaller

__all__ = ["ChosenCaller", "choices_of"]

S = TypeVar("S", bound=BaseModel)
_NAMES = ("model", "max_steps", "max_tokens", "max_time_seconds", "max_usd")


def choices_of(settings: Settings) -> type[BaseModel]:
    """The form: those settings a run may have of its own, with their descriptions and ranges, and what holds otherwise."""
    fields: dict[str, Any] = {}
    about = Settings.about()
    for name in _NAMES:
        field = copy(Settings.model_fields[name])
        field.default, field.description = getattr(settings, name), about[name]
        fields[name] = (field.annotation, field)
    return create_model("Choices", **fields)


class ChosenCaller(ModelCaller):
    """The door to the model that a run has chosen; runs that have not go through the agent's own.

    Args:
        own: the agent's own.
        make: makes a caller of a model's name; may block, and raises ModelError where the model cannot be had.
    """

    def __init__(self, own: ModelCaller, make: Callable[[str], ModelCaller]) -> None:
        super().__init__(own.model)
        self._own = own
        self._make = make
        self._made: dict[str, ModelCaller] = {}

    def of_name(self, name: str | None) -> ModelCaller:
        """The caller of a model; None = the agent's own."""
        if name is None:
            return self._own
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def ask(self, messages: Sequence[BaseMessage], schema: type[S], *, run: Run, **more: Any) -> Core[tuple[S, Usage]]:
        return (yield from (yield from self._of(run)).ask(messages, schema, run=run, **more))

    def call(self, messages: Sequence[BaseMessage], *, run: Run, **more: Any) -> Core[Reply]:
        return (yield from (yield from self._of(run)).call(messages, run=run, **more))

    def _of(self, run: Run) -> Core[ModelCaller]:
        caller: ModelCaller = yield Blocking(self.of_name, (getattr(run, "model", None),))
        return caller
