"""Calls a LangChain tool so that its failures come out as failures and its result as plain data."""

import asyncio
import contextlib
import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, get_type_hints

from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, InjectedToolCallId, ToolException

from surefoot.tools.clean import Unstorable, clean, clean_text
from surefoot.tools.deadline import run_on_background_loop
from surefoot.tools.errors import SurefootError
from surefoot.tools.redact import Redactor
from surefoot.tools.secrets import Secrets

__all__ = ["Failed", "FailureKind", "ShieldedTool", "cut", "failed", "innermost", "plain"]

FailureKind = Literal["exception", "unstorable", "timeout"]

_MAX_MESSAGE = 2_000
_BRIEF = 1_000
"""Characters of a text that are searched before a thread would begin to."""
_NOTHING_KNOWN = Redactor(shapes=False)

Fill = Callable[[Any], Any]
"""Puts secrets in place of their references."""
_LANGCHAINS_OWN = frozenset({"config", "run_manager", "callbacks"})
"""Arguments that are not the call's: the run's config and its callbacks."""


class Stopped(Exception):
    """Carries what LangChain or an event loop would not hand through: SystemExit, StopIteration and the like."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


class Failed(Exception):
    """A call that gave no result: the kind of its failure, and the message for whoever asked."""

    def __init__(self, kind: FailureKind, message: str) -> None:
        super().__init__(message)
        self.kind: FailureKind = kind


class ShieldedTool:
    """A tool as the runner calls it.

    LangChain turns a ToolException or a ValidationError of a tool with `handle_tool_error` into an ordinary result, and
    runs coroutines in tasks of its own, where SystemExit ends the whole loop. So the call goes through a copy that
    handles nothing and whose `_run` and `_arun` are the original tool's, guarded. There, past all that LangChain tells
    its callbacks, secrets take the place of their references.
    """

    def __init__(self, tool: BaseTool, secrets: Secrets) -> None:
        self._tool = tool.model_copy(update={"handle_tool_error": False, "handle_validation_error": False})
        fill = functools.partial(secrets.fill, tool.name)
        vars(self._tool).update(_run=_guarded(tool._run, fill), _arun=_async_guarded(tool._arun, fill))
        self._redactor = secrets.redactor
        self._handler = tool.handle_tool_error
        self._wants_id = _wants_call_id(tool)
        self.is_async = _is_async(tool)
        self.is_sync = _is_sync(tool) or not self.is_async

    def call(self, args: dict[str, Any], call_id: str, seconds: float) -> Any:
        """Call the tool and block; returns plain JSON. `seconds` limits a coroutine that a blocking tool returns."""
        value = self._tool.invoke(self._input(args, call_id))
        if inspect.iscoroutine(value):
            value = run_on_background_loop(lambda: value, seconds).result()
        return plain(value, self._redactor)

    async def acall(self, args: dict[str, Any], call_id: str) -> Any:
        """Call the tool and await it; returns plain JSON."""
        value = await self._tool.ainvoke(self._input(args, call_id))
        if isinstance(value, str) and len(value) <= _BRIEF:
            return plain(value, self._redactor)
        return await asyncio.to_thread(plain, value, self._redactor)

    def explain(self, error: ToolException) -> str:
        """Word a tool's own exception as the tool wants it worded."""
        if callable(self._handler):
            return str(_text(self._handler(error)))
        return self._handler if isinstance(self._handler, str) else str(error)

    def _input(self, args: dict[str, Any], call_id: str) -> Any:
        # Arguments that look like a ToolCall would be taken for one.
        if self._wants_id or args.get("type") == "tool_call":
            return {"type": "tool_call", "name": self._tool.name, "args": args, "id": call_id}
        return args


def plain(value: Any, redactor: Redactor) -> Any:
    """Reduce a tool's result to plain JSON without secrets: the content of a message, the text of content that is text.

    Raises:
        Unstorable: it is no data.
        ToolException: it is a message that says it failed.
    """
    if isinstance(value, ToolMessage):
        if value.status == "error":
            raise ToolException(str(_text(value.content)))
        value = value.content
    return redactor.data(clean(_text(value)))


def failed(
    error: BaseException,
    tool: ShieldedTool | None = None,
    redactor: Redactor = _NOTHING_KNOWN,
    most: int = _MAX_MESSAGE,
) -> Failed:
    """Word what a call of a tool ended with, in at most so many characters; never raises."""
    error = innermost(error)
    if isinstance(error, Failed):
        return error
    kind: FailureKind = "unstorable" if isinstance(error, Unstorable) else "exception"
    try:
        if tool and isinstance(error, ToolException):
            return Failed(kind, cut(tool.explain(error), redactor, most) or "ToolException")
        if isinstance(error, SurefootError | Unstorable):
            return Failed(kind, cut(str(error), redactor, most))
        return Failed(kind, cut(f"{type(error).__name__}: {error}", redactor, most).removesuffix(": "))
    except Exception:  # noqa: BLE001  an exception whose own text cannot be had
        return Failed(kind, type(error).__name__)


def innermost(error: BaseException) -> BaseException:
    """Unpack carriers and groups of one: what task groups make of a single failure."""
    while True:
        if isinstance(error, Stopped):
            error = error.error
        elif isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
            error = error.exceptions[0]
        else:
            return error


def cut(message: str, redactor: Redactor = _NOTHING_KNOWN, most: int = _MAX_MESSAGE) -> str:
    """Take secrets out of a message, bound it, and clean it."""
    # Before it is cut: half a secret is not found any more.
    whole = clean_text(redactor.text(message)[: most + 1])
    return whole if len(whole) <= most else whole[: most - 1] + "…"


def _text(content: Any) -> Any:
    if isinstance(content, list) and content and all(map(_is_text_block, content)):
        return "\n".join(block["text"] for block in content)
    return content


def _is_text_block(block: Any) -> bool:
    return isinstance(block, Mapping) and block.get("type") == "text" and isinstance(block.get("text"), str)


def _filled(fill: Fill, kwargs: dict[str, Any]) -> dict[str, Any]:
    return {name: value if name in _LANGCHAINS_OWN else fill(value) for name, value in kwargs.items()}


def _guarded(function: Callable[..., Any], fill: Fill) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*map(fill, args), **_filled(fill, kwargs))
        except BaseException as error:
            if _passes(error):
                raise
            raise Stopped(error) from error

    return _described(call)


def _async_guarded(function: Callable[..., Awaitable[Any]], fill: Fill) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return await function(*map(fill, args), **_filled(fill, kwargs))
        except BaseException as error:
            if _passes(error) or isinstance(error, asyncio.CancelledError):
                raise
            raise Stopped(error) from error

    return _described(call)


def _described(call: Callable[..., Any]) -> Callable[..., Any]:
    """Write down a function's signature and types: LangChain asks for them at each call, and working them out takes long."""
    vars(call)["__signature__"] = inspect.signature(call)
    with contextlib.suppress(Exception):  # names that only a type checker knows
        call.__annotations__ = get_type_hints(call)
    return call


def _passes(error: BaseException) -> bool:
    return isinstance(error, Exception) and not isinstance(error, StopIteration | StopAsyncIteration)


def _wants_call_id(tool: BaseTool) -> bool:
    fields = getattr(tool.args_schema, "model_fields", {})
    marks = [mark for field in fields.values() for mark in field.metadata]
    return any(mark is InjectedToolCallId or isinstance(mark, InjectedToolCallId) for mark in marks)


def _is_sync(tool: BaseTool) -> bool:
    if "func" in type(tool).model_fields:
        return getattr(tool, "func", None) is not None
    return _is_written(type(tool)._run)


def _is_async(tool: BaseTool) -> bool:
    if "coroutine" in type(tool).model_fields:
        return getattr(tool, "coroutine", None) is not None
    return type(tool)._arun is not BaseTool._arun and _is_written(type(tool)._arun)


def _is_written(method: Callable[..., Any]) -> bool:
    """Whether a method does anything but refuse: tools of one colour write the other as `raise NotImplementedError`."""
    code = getattr(inspect.unwrap(method), "__code__", None)
    return code is None or code.co_names != ("NotImplementedError",)
