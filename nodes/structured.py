"""Calls the model: structured answers and tool calls that survive weak endpoints, every try paid from the budget.

A structured answer is tried by json_schema, function_calling, json_mode and plain text, in this order or from the
method that worked last. The schema goes out as a plain dict, so the raw reply comes back whatever it holds and is
read here: clients that parse for themselves raise, and lose the reply together with what it cost.
"""

import asyncio
import json
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Self, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.runnables import Runnable, RunnableConfig, RunnableParallel, RunnableSequence
from langchain_core.utils.json_schema import dereference_refs
from pydantic import BaseModel

from surefoot.nodes import protocol
from surefoot.nodes.drive import Blocking, Call, Core
from surefoot.nodes.failures import Failure, cut_reply, failure_of, model_name, model_secrets
from surefoot.nodes.memo import Memo
from surefoot.nodes.reply import Reply, native_reply, read_object, said, text_reply
from surefoot.nodes.reservations import Cost, Grant, Reservation
from surefoot.nodes.run import BudgetExceeded, Run, noting
from surefoot.nodes.state import Json, Usage
from surefoot.tools.errors import ModelError, SurefootError
from surefoot.tools.redact import Redactor

METHODS = ("json_schema", "function_calling", "json_mode", "text")
REPLY_TOKENS = 400
"""Set aside for a reply before its size is known."""
LONGEST_REPLY = 8192
"""Tokens a reply may have at the most, where the model does not say: near a limit such calls go one at a time."""
KEPT_BINDINGS = 32
_LOOK_AGAIN_SECONDS = 0.05

S = TypeVar("S", bound=BaseModel)
Price = Callable[[int, int], float | None]
"""(input tokens, output tokens) -> US dollars, None where no price is known."""


@dataclass(slots=True)
class _Trip:
    """One question to the model with all its tries."""

    node: str
    task_id: str
    info: dict[str, Json]
    run: Run
    wrap_up: bool = False
    spent: Usage = field(default_factory=Usage)

    @property
    def config(self) -> RunnableConfig:
        about = {"task_id": self.task_id, "surefoot": {"node": self.node, **self.info}}
        return {"tags": [self.node], "metadata": about}

    def reserve(self, cost: Cost) -> Core[Reservation]:
        """Set a cost aside; near a limit wait for the calls under way.

        Raises:
            BudgetExceeded: it would pass a limit.
        """
        while True:
            ask = partial(self.run.reserve, cost, node=self.node, task_id=self.task_id, wrap_up=self.wrap_up)
            granted: Grant = yield Blocking(ask)
            if isinstance(granted, Reservation):
                return granted
            if granted is None:
                raise BudgetExceeded(
                    f"The next model call needs about {cost.tokens} tokens, more than the limits leave."
                )
            yield Call(lambda: time.sleep(_LOOK_AGAIN_SECONDS), lambda: asyncio.sleep(_LOOK_AGAIN_SECONDS))

    def settle(self, reserved: Reservation, usage: Usage) -> Core[None]:
        usd = None if usage.usd is None and self.spent.usd is None else (usage.usd or 0) + (self.spent.usd or 0)
        tokens, estimated = self.spent.tokens + usage.tokens, self.spent.estimated or usage.estimated
        self.spent = Usage(tokens=tokens, usd=usd, estimated=estimated)
        yield noting(self.run, partial(self.run.settle, reserved, node=self.node, task_id=self.task_id, usage=usage))


class ModelCaller:
    """The one door to a model; remembers what its server can do, so share one caller among components.

    Args:
        model: any LangChain chat model. It may say `structured_methods` (class variable, names of `METHODS`).
        price: what tokens cost; None = no money is counted.
        redactor: keeps secrets out of replies and of what failures say; it always knows the model's own key.
    """

    def __init__(self, model: BaseChatModel, *, price: Price | None = None, redactor: Redactor | None = None) -> None:
        self.model = model
        self.name = model_name(model)
        self._price = price
        self._redactor = (redactor or Redactor()).knowing(model_secrets(model))
        self._methods = tuple(getattr(model, "structured_methods", METHODS))
        self._orders: dict[type[BaseModel], tuple[str, ...]] = {}
        self._structured: dict[tuple[type[BaseModel], str], Runnable[Any, Any]] = {}
        self._bound: dict[int, tuple[Sequence[dict[str, Any]], Runnable[Any, Any]]] = {}
        self._takes_tools = True
        self._underrated = 1.0
        """How many times as many tokens as estimated a prompt turned out to have, at the most."""

    @classmethod
    def of(cls, model: "BaseChatModel | ModelCaller") -> "ModelCaller | Self":
        """Take a caller as it is, and make one for a model."""
        return model if isinstance(model, ModelCaller) else cls(model)

    def ask(
        self,
        messages: Sequence[BaseMessage],
        schema: type[S],
        *,
        node: str,
        task_id: str = "",
        info: dict[str, Json],
        run: Run,
    ) -> Core[tuple[S, Usage]]:
        """Ask for an object of a schema; returns it and what all tries cost.

        Raises:
            ModelError: the model cannot be had, or no method gave such an object.
            BudgetExceeded: the next try would pass the token limit.
        """
        trip, troubles = _Trip(node, task_id, info, run), list[str]()
        order, refused = self._order(schema), set[str]()
        for method in order:
            try:
                value, clean = yield from self._answer(messages, schema, method, trip, troubles)
            except Failure as failure:
                if failure.kind == "fatal" or method == "text":
                    raise ModelError(str(failure)) from None
                refused.add(method)
                continue
            if value is not None:
                self._remember(schema, order, refused, method, clean)
                return value, trip.spent
        most = Counter(troubles).most_common(1)
        raise ModelError(
            f"The model {self.name} gave no usable {schema.__name__.removeprefix('Draft').lower()} in {len(troubles)} replies "
            f"({most[0][0] if most else 'it takes no way of asking for one'}): use a model that can answer in JSON."
        )

    def _answer(
        self, messages: Sequence[BaseMessage], schema: type[S], method: str, trip: _Trip, troubles: list[str]
    ) -> Core[tuple[S | None, bool]]:
        """Try one method and one repair turn; returns the object, and whether it came without repair."""
        bound = self._structure(schema, method)
        prompt = _with_schema(messages, schema) if method in ("json_mode", "text") else list(messages)
        size = 0 if prompt != list(messages) else len(_schema_text(schema)) // 4
        for clean in (True, False):
            message = yield from self._invoke(bound, prompt, trip, size)
            value, trouble = read_object(message, schema)
            if value is not None:
                return value, clean
            troubles.append(trouble)
            if not (words := said(message)) and method != self._methods[-1]:
                break
            prompt += [AIMessage(words or "(nothing)"), HumanMessage(_repair(trouble, schema))]
        return None, False

    def _order(self, schema: type[BaseModel]) -> tuple[str, ...]:
        if schema in self._orders or not self._orders:
            return self._orders.get(schema, self._methods)
        best = next(reversed(self._orders.values()))[0]
        return (best, *(method for method in self._methods if method != best))

    def _remember(
        self, schema: type[BaseModel], order: tuple[str, ...], refused: set[str], method: str, clean: bool
    ) -> None:
        """Start the next question with what worked, drop what the server refused, try last what needed repair."""
        failed = [name for name in order[: order.index(method)] if name not in refused]
        untried = list(order[order.index(method) + 1 :])
        self._orders[schema] = tuple([method, *untried, *failed] if clean else [*untried, *failed, method])

    def _structure(self, schema: type[BaseModel], method: str) -> Runnable[Any, Any]:
        if method == "text":
            return self.model
        key = (schema, method)
        if key not in self._structured:
            plain = dereference_refs(schema.model_json_schema())
            plain.pop("$defs", None)
            try:
                self._structured[key] = _unread(
                    self.model.with_structured_output(plain, method=method, include_raw=True)
                )
            except Exception as error:  # noqa: BLE001  providers refuse a method in many ways
                raise Failure(f"The model {self.name} has no {method}: {error}", "refused") from None
        return self._structured[key]

    def call(
        self,
        messages: Sequence[BaseMessage],
        *,
        node: str,
        task_id: str = "",
        info: dict[str, Json],
        tools: Sequence[dict[str, Any]] = (),
        run: Run,
        wrap_up: bool = False,
    ) -> Core[Reply]:
        """Give the model one turn with tools on offer (OpenAI form; pass the same list again to bind it once).

        `wrap_up`: the turn may use the share of the budget kept back for the end.

        Raises:
            ModelError: the model cannot be had.
            BudgetExceeded: the call would pass the token limit.
        """
        trip = _Trip(node, task_id, info, run, wrap_up)
        turn = info["turn"] if "turn" in info else sum(isinstance(message, AIMessage) for message in messages)
        try:
            if not tools or self._takes_tools:
                try:
                    bound = self._bind(tools)
                    message = yield from self._invoke(bound, messages, trip, _size(tools))
                    return native_reply(message, tools, [task_id, turn], trip.spent)
                except Failure as failure:
                    if failure.kind != "refused" or not tools:
                        raise
            message = yield from self._invoke(self.model, protocol.as_text(messages, tools), trip)
        except Failure as failure:
            raise ModelError(str(failure)) from None
        self._takes_tools = False
        return text_reply(message, [task_id, turn], trip.spent)

    def _bind(self, tools: Sequence[dict[str, Any]]) -> Runnable[Any, Any]:
        if not tools:
            return self.model
        kept = self._bound.get(id(tools))
        if kept is None or kept[0] is not tools:
            try:
                kept = (tools, self.model.bind_tools(list(tools)))
            except NotImplementedError:
                raise Failure(f"The model {self.name} takes no tools.", "refused") from None
            if len(self._bound) >= KEPT_BINDINGS:
                self._bound = {}
            self._bound[id(tools)] = kept
        return kept[1]

    def _invoke(
        self, bound: Runnable[Any, Any], prompt: Sequence[BaseMessage], trip: _Trip, extra: int = 0
    ) -> Core[AIMessage]:
        """Make one call: reserved before, settled after, whatever came of it."""
        estimate = math.ceil((_tokens(prompt) + extra) * self._underrated)
        reserved = yield from trip.reserve(self._cost(estimate))
        config = trip.config
        try:
            got = yield Call(lambda: bound.invoke(prompt, config), lambda: bound.ainvoke(prompt, config))
            message: AIMessage = got["raw"] if isinstance(got, dict) else got
        except GeneratorExit:
            trip.run.abandon(reserved)
            raise
        except Exception as error:  # noqa: BLE001  settled and explained; what is not the model's own goes on as it is
            if (cut := cut_reply(error)) is None:
                failure = failure_of(self.model, error, self._redactor)
                tokens = estimate if failure.answered else 0
                yield from trip.settle(reserved, self._priced(tokens, 0, estimated=tokens > 0))
                raise error if isinstance(error, SurefootError | AssertionError) else failure from None
            message = cut
        yield from trip.settle(reserved, self._usage(message, estimate))
        return self._redacted(message)

    def _redacted(self, message: AIMessage) -> AIMessage:
        """The reply without known secrets. What only looks like a key stays: a model has seen none but made it up."""
        said = {name: getattr(message, name) for name in ("content", "tool_calls", "invalid_tool_calls")}
        plain = self._redactor.exact.data(said)
        return message if plain == said else message.model_copy(update=plain)

    def _cost(self, read: int) -> Cost:
        longest = getattr(self.model, "max_tokens", None) or LONGEST_REPLY
        price = self._price or (lambda *_: None)
        return Cost(
            tokens=read + REPLY_TOKENS,
            most_tokens=read + longest,
            usd=price(read, REPLY_TOKENS) or 0.0,
            most_usd=price(read, longest) or 0.0,
        )

    def _usage(self, message: AIMessage, estimate: int) -> Usage:
        told = message.usage_metadata
        if told and told["total_tokens"]:
            self._underrated = max(self._underrated, self._underrated * told["input_tokens"] / max(estimate, 1))
            return self._priced(told["input_tokens"], told["output_tokens"], total=told["total_tokens"])
        return self._priced(estimate, count_tokens_approximately([message]), estimated=True)

    def _priced(self, read: int, written: int, *, total: int = 0, estimated: bool = False) -> Usage:
        usd = self._price(read, written) if self._price else None
        return Usage(tokens=total or read + written, usd=usd, estimated=estimated)


def _unread(asking: Runnable[Any, Any]) -> Runnable[Any, Any]:
    """The model that is asked for an object, without LangChain's parser behind it: replies are read here."""
    parts = asking.first if isinstance(asking, RunnableSequence) else None
    return parts.steps__.get("raw", asking) if isinstance(parts, RunnableParallel) else asking


def _tokens(messages: Sequence[BaseMessage]) -> int:
    """Estimate the size of a prompt: four characters a token, but one where they are not ASCII."""
    counted = _counted.each(messages)
    return sum(tokens for tokens, _ in counted) + sum(foreign for _, foreign in counted) * 3 // 4


def _count(message: BaseMessage) -> tuple[int, int]:
    """Tokens at four characters each, and characters that are not ASCII."""
    text = str(message.content)
    return count_tokens_approximately([message]), len(text) - len(text.encode("ascii", "ignore"))


_counted = Memo(_count)


_size = Memo[Sequence[dict[str, Any]], int](
    lambda tools: len(json.dumps(list(tools))) // 4 if tools else 0, KEPT_BINDINGS
)
"""Tokens the schemas of the tools on offer take."""


def _with_schema(messages: Sequence[BaseMessage], schema: type[BaseModel]) -> list[BaseMessage]:
    told = f"Reply with one JSON object and nothing else. Its JSON schema:\n{_schema_text(schema)}"
    return protocol.with_system(messages, told)


@cache
def _schema_text(schema: type[BaseModel]) -> str:
    return json.dumps(schema.model_json_schema(), ensure_ascii=False)


def _repair(trouble: str, schema: type[BaseModel]) -> str:
    fields = ", ".join(schema.model_fields)
    return f"This cannot be used: {trouble}. Reply again with the JSON object alone (fields: {fields})."
