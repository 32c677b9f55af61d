"""Tells what a failed model call means: give up with a clear sentence, or try it another way."""

import re
from typing import Literal

from langchain_core.exceptions import ContextOverflowError, ModelConnectionError, ModelTimeoutError
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from pydantic import SecretStr

from surefoot.tools.redact import Redactor

Kind = Literal["fatal", "refused", "odd"]
"""fatal: no other form of the request can help. refused: the server rejects this form. odd: nobody knows."""

_FEATURE = re.compile(r"tool|function|response_format|json|grammar|structured|schema", re.IGNORECASE)
_TOO_LONG = re.compile(
    r"context.?(length|window|size)|maximum context|prompt is too long|too many tokens", re.IGNORECASE
)
_CREDENTIALS = re.compile(r"//[^/@\s]*@")
_NO_COMPLETION = re.compile(r"unexpected response type|null value for .?choices", re.IGNORECASE)
_KEYLIKE = re.compile(r"\b(?:sk|pk|gsk|xai)-[\w*-]{6,}")
"""Shorter than what counts as a key elsewhere: servers quote a key with its middle left out."""
_REFUSING = {400, 404, 405, 415, 422, 500, 501}
_TRANSPORT = {"httpx", "httpx2", "httpcore", "httpcore2", "requests", "urllib3", "aiohttp"}


class Failure(Exception):
    """One failed model call; `str(failure)` is a sentence for a person."""

    def __init__(self, sentence: str, kind: Kind, *, answered: bool = True) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.answered = answered
        """Whether the server answered at all, so that the prompt may have been charged."""


def model_name(model: BaseChatModel) -> str:
    """Name a model as the person knows it."""
    name = getattr(model, "model_name", None) or getattr(model, "model", None)
    return name if isinstance(name, str) and name else type(model).__name__


def model_secrets(model: BaseChatModel) -> dict[str, str]:
    """The keys a model object holds, by the names of their variables."""
    held = {name: getattr(model, field, None) for field, name in model.lc_secrets.items()}
    return {name: secret.get_secret_value() for name, secret in held.items() if isinstance(secret, SecretStr)}


def failure_of(model: BaseChatModel, error: Exception, redactor: Redactor) -> Failure:
    """Explain an exception that a chat model raised."""
    status = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)
    said = _quote(error, redactor)
    if isinstance(error, ContextOverflowError) or (status in (400, 413, 422, 500) and _TOO_LONG.search(said)):
        return Failure(
            f"The prompt is longer than the model {model_name(model)} takes: "
            "lower SUREFOOT_CONTEXT_TOKENS or use a model with a longer context.",
            "fatal",
        )
    if isinstance(status, int):
        return _of_status(model, status, said)
    if (unreached := _unreached(error)) is not None:
        how = "did not answer in time" if "time" in unreached.lower() else "cannot be reached"
        return Failure(
            f"The model server at {_address(model)} {how}: start it, or correct {_settings(model)[0]}.",
            "fatal",
            answered=False,
        )
    if hasattr(model, "openai_api_base") and _is_no_completion(error):
        return _nonsense(model, said)
    return Failure(f"The model {model_name(model)} failed: {type(error).__name__}: {_ended(said)}", "odd")


def cut_reply(error: Exception) -> AIMessage | None:
    """Take the reply out of an error that a client raises because it was cut off; None for any other error."""
    completion = getattr(error, "completion", None)
    choices = getattr(completion, "choices", None)
    if not choices or getattr(choices[0], "finish_reason", "") != "length":
        return None
    message = AIMessage(choices[0].message.content or "", response_metadata={"finish_reason": "length"})
    if (usage := getattr(completion, "usage", None)) is not None:
        message.usage_metadata = {
            "input_tokens": usage.prompt_tokens,
            "output_tokens": usage.completion_tokens,
            "total_tokens": usage.total_tokens,
        }
    return message


def _of_status(model: BaseChatModel, status: int, said: str) -> Failure:
    name, at, (url_setting, key_setting) = model_name(model), _address(model), _settings(model)
    if status < 300:
        return _nonsense(model, said)
    if status in (401, 403):
        return Failure(
            f"The server at {at} refused the key ({status}): set {key_setting} to a key that is valid there, "
            f"or correct {url_setting}.",
            "fatal",
        )
    if status in _REFUSING and (status in (400, 422) or _FEATURE.search(said)):
        return Failure(f"The model {name} at {at} refused the request ({status}): {_ended(said)}", "refused")
    if status == 404:
        return Failure(f"There is no model {name} at {at} (404): check the model name and {url_setting}.", "fatal")
    if status == 429:
        return Failure(
            f"The server at {at} keeps refusing the model {name} for too many requests (429): "
            f"wait and resume, or use another model ({said}).",
            "fatal",
        )
    if status >= 500 or status == 408:
        return Failure(
            f"The server at {at} keeps failing ({status}): resume when it works again, "
            f"or correct {url_setting} ({said}).",
            "fatal",
        )
    return Failure(f"The model {name} at {at} refused the request ({status}): {_ended(said)}", "refused")


def _is_no_completion(error: Exception) -> bool:
    """Tell what the client raises on a reply that is JSON or text but holds no completion."""
    return isinstance(error, IndexError) or bool(_NO_COMPLETION.search(str(error)))


def _nonsense(model: BaseChatModel, said: str) -> Failure:
    return Failure(
        f"What {_address(model)} answered is no chat completion: correct {_settings(model)[0]}, which mostly ends "
        f"in /v1, or see what runs there ({said}).",
        "odd",
    )


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _unreached(error: BaseException) -> str | None:
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None:
            return None
        if isinstance(seen, ModelTimeoutError | TimeoutError):
            return "timeout"
        if isinstance(seen, ModelConnectionError | OSError) or type(seen).__module__.split(".")[0] in _TRANSPORT:
            causes = (type(seen.__cause__).__name__, type(seen).__name__)
            return next((name for name in causes if "time" in name.lower()), causes[-1])
        seen = seen.__cause__ or seen.__context__
    return None


def _address(model: BaseChatModel) -> str:
    for name in ("openai_api_base", "anthropic_api_url", "base_url", "endpoint"):
        if isinstance(url := getattr(model, name, None), str) and url:
            return _CREDENTIALS.sub("//", url)
    return "api.openai.com" if hasattr(model, "openai_api_base") else f"the provider of {model_name(model)}"


def _settings(model: BaseChatModel) -> tuple[str, str]:
    key = next(iter(model.lc_secrets.values()), "the model's API key")
    return ("OPENAI_BASE_URL" if hasattr(model, "openai_api_base") else "the model's address"), key


def _quote(error: Exception, redactor: Redactor) -> str:
    body = getattr(error, "body", None)
    text = str(body["message"]) if isinstance(body, dict) and body.get("message") else str(error)
    text = " ".join(_KEYLIKE.sub("[secret key]", redactor.text(_CREDENTIALS.sub("//", text))).split())
    return text if len(text) <= 200 else text[:200] + "…"
