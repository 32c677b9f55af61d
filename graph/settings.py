"""All settings in one place, and the only reader of the environment."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from surefoot.tools.effects import Effect
from surefoot.tools.errors import SettingsError

Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Settings(BaseModel):
    """How the agent works. Every field can be set by `SUREFOOT_<NAME>` through `Settings.from_env`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    model: str = "offline"
    """The model where none is given: `offline`, `openai:NAME` or `provider:NAME`."""
    strong_model: str | None = None
    """A stronger model that takes over where a worker goes in circles, before the plan is changed; null = none."""
    judge_drift: bool = False
    """Ask the model now and then whether the work still serves the goal; each time costs a call."""
    stuck: dict[str, float] = {}
    """Thresholds of stuck detection by name, see `Thresholds`; those not named keep their defaults."""
    workspace: Path = Path()
    """Folder the built-in tools work on; they cannot leave it."""
    home: Path | None = None
    """Folder for the runs' database and outputs; None = `.surefoot` in the workspace."""

    max_steps: int | None = Field(default=200, ge=1)
    """Actions a run may take; null = no limit."""
    max_tokens: int | None = Field(default=1_000_000, ge=1)
    """Tokens a run may use, prompts and replies; null = no limit."""
    max_time_seconds: float | None = Field(default=3600, gt=0, allow_inf_nan=False)
    """Active seconds a run may last, waiting for a person not counted; null = no limit."""
    max_usd: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Money a run may cost; holds only for models whose price is known (`prices`); null = no limit."""
    budget_exceeded: Literal["stop", "ask"] = "stop"
    """When a limit is used up: stop with a summary (a stopped run can be resumed with more), or ask a person for more."""
    warning_fraction: float = Field(default=0.2, ge=0, lt=1)
    """At most this share left of any limit: the agent is told to wrap up."""
    prices: dict[str, tuple[Price, Price]] = {}
    """US dollars per million tokens by model name: (input, output)."""

    confidence_threshold: float = Field(default=0.7, ge=0, le=1)
    """Below this stated confidence a person is asked, before plans and before actions that change something."""
    desired_precision: float | None = Field(default=None, gt=0, lt=1)
    """Set the confidence threshold so that at least this share of what passes unasked goes well, as the runs kept so far
    show; while they are too few, `confidence_threshold` holds. null = always `confidence_threshold`."""
    max_replans: int = Field(default=3, ge=0)
    """So many replans go through unasked; each further one is a person's decision."""
    approvals: Literal["ask", "auto", "deny"] = "ask"
    """Who answers questions: a person, always yes, or always no."""
    undeclared_tools: Literal["ask_once", "ask", "trust"] = "ask_once"
    """Tools that do not declare their effect: ask before the first use in a run, before every use, or never."""
    effects: dict[str, Effect] = {}
    """Effects by tool name; these win over what a tool or an MCP server says."""

    react_max_steps: int = Field(default=25, ge=1)
    """Replies of the model per attempt at a subtask."""
    tool_timeout_seconds: float = Field(default=60, gt=0)
    """Seconds one tool call may take unless the tool declares its own."""
    context_tokens: int = Field(default=48_000, ge=1000)
    """Room for earlier steps in a prompt; older ones are condensed."""
    tools_offered: int = Field(default=14, ge=1)
    """Tools shown to the model at once; it finds the others with `find_tools`."""
    inline_chars: int = Field(default=12_000, ge=200)
    """Characters of a tool output shown at once; the rest is kept and can be read on."""
    allow_private_addresses: bool = False
    """Let `fetch_url` reach this machine and private networks."""

    openai_base_url: str | None = None
    """Address of an OpenAI-compatible endpoint; from OPENAI_BASE_URL."""
    openai_api_key: SecretStr | None = None
    """Its key; from OPENAI_API_KEY."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **given: Any) -> Self:
        """Read settings from the environment; `given` values that are not None win.

        Raises:
            SettingsError: a value is out of range or cannot be read; names the variable or field.
        """
        environ = os.environ if environ is None else environ
        given = {name: value for name, value in given.items() if value is not None}
        read = {
            name: (_variable(name), _parse(text, field.annotation))
            for name, field in cls.model_fields.items()
            if name not in given and (text := environ.get(_variable(name), "").strip())
        }
        variables = {name: variable for name, (variable, _) in read.items()}
        return cls._checked({**{name: value for name, (_, value) in read.items()}, **given}, variables)

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> Self:
        """Build settings, turning a bad value into one sentence."""
        return cls._checked(values, {})

    @classmethod
    def _checked(cls, values: Mapping[str, Any], variables: Mapping[str, str]) -> Self:
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            first = error.errors()[0]
            name, *inside = (str(part) for part in first["loc"])
            where = ".".join([variables.get(name, f"Setting {name}"), *inside])
            given = "" if name == "openai_api_key" else f" (given: {str(first['input'])[:80]!r})"
            raise SettingsError(f"{where}: {first['msg']}{given}.") from None

    @property
    def home_folder(self) -> Path:
        """Where runs are kept."""
        return self.home or self.workspace / ".surefoot"

    def price_of(self, model: str) -> Callable[[int, int], float | None] | None:
        """Function from input and output tokens to US dollars; None where the table has no price for the model."""
        if model not in self.prices:
            return None
        read, written = self.prices[model]
        return lambda tokens_in, tokens_out: (tokens_in * read + tokens_out * written) / 1e6

    @property
    def limits(self) -> dict[str, float | None]:
        """The budget's limits by name."""
        names = ("max_steps", "max_tokens", "max_time_seconds", "max_usd")
        return {name: getattr(self, name) for name in names}


def _variable(name: str) -> str:
    return name.upper() if name.startswith("openai_") else f"SUREFOOT_{name.upper()}"


def _parse(text: str, annotation: Any) -> Any:
    """Read JSON where the field is a table, and `none` where it means no limit; the rest is left to the field's type."""
    if get_origin(annotation) is dict:
        try:
            return json.loads(text)
        except ValueError:
            return text
    nullable = type(None) in get_args(annotation) and SecretStr not in get_args(annotation)
    return None if nullable and text.casefold() in ("none", "null") else text


def debugging(environ: Mapping[str, str] | None = None) -> bool:
    """Say whether errors are to be shown with where they arose: SUREFOOT_DEBUG."""
    environ = os.environ if environ is None else environ
    return environ.get("SUREFOOT_DEBUG", "").strip().casefold() not in ("", "0", "false", "no")
