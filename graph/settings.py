"""All settings in one place, and the only reader of the environment."""

import ast
import inspect
import json
import os
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args, get_origin
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from surefoot.tools.effects import Effect
from surefoot.tools.errors import SettingsError
from surefoot.tools.mcp import McpServer
from surefoot.tools.redact import MIN_CHARS, says_secret

Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
SecretName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Secret(BaseModel):
    """A value that some tools may be given and nobody else sees."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: SecretStr
    """At least 8 characters: a shorter one could not be kept out of what is stored and shown."""
    tools: list[str]
    """Names of the tools it may be put in for; no other tool gets it."""

    @field_validator("value")
    @classmethod
    def _can_be_recognised(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value().strip()) < MIN_CHARS:
            raise ValueError(f"a secret needs at least {MIN_CHARS} characters, so that it can be told from other text")
        return value


class Settings(BaseModel):
    """How the agent works. Every field can be set by `SUREFOOT_<NAME>` through `Settings.from_env`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

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
    mcp_servers: Path | None = None
    """JSON file of MCP servers, in the form most clients share; the agent has their tools beside its own. null = none."""
    home: Path | None = None
    """Folder for the runs' database and outputs; None = `.surefoot` in the workspace."""
    store: str | None = Field(default=None, repr=False, exclude=True)
    """Where runs are kept: a file, or `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`; None = `runs.db` in the home."""

    events: Path | Literal["off"] | None = None
    """Folder where each run writes its events as they happen, to a file of JSON lines that other programs can follow; `off`
    = nowhere; null = `events` in the folder beside a SQLite database, nowhere with other stores."""

    traces: bool = False
    """Send a trace of each run to OpenTelemetry (extra `otel`): to the tracer provider of the program, or else over OTLP to
    where OTEL_EXPORTER_OTLP_ENDPOINT says. Names and times go out, no texts of the model, the tools or the person."""

    max_steps: int | None = Field(default=200, ge=1)
    """Actions a run may take; null = no limit. 200: far more than an ordinary goal takes, few enough to look through."""
    max_tokens: int | None = Field(default=1_000_000, ge=1)
    """Tokens a run may use, prompts and replies; null = no limit. A million: 5,000 for each of 200 actions."""
    max_time_seconds: float | None = Field(default=3600, gt=0, allow_inf_nan=False)
    """Active seconds a run may last, waiting for a person not counted; null = no limit. An hour: what is to take longer
    should be meant to."""
    max_usd: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Money a run may cost; holds only for models whose price is known (`prices`); null = no limit."""
    budget_exceeded: Literal["stop", "ask"] = "stop"
    """When a limit is used up: stop with a summary (a stopped run can be resumed with more), or ask a person for more.
    Stop: a run that nobody watches should end with what there is."""
    warning_fraction: float = Field(default=0.2, ge=0, lt=1)
    """At most this share left of any limit: the agent is told to wrap up. A fifth: enough to write up what there is."""
    subtask_share: float = Field(default=0.75, gt=0, le=1)
    """Of what is left of each limit and what it has used itself, so much one subtask may use while others are unfinished;
    then its attempt ends and the run goes on. Three quarters: room for one heavy subtask among light ones, and what is
    left can still do the others, or the same in a cheaper way; 1 = all. What a new plan puts in its place counts what it
    has used."""
    prices: dict[str, tuple[Price, Price]] = {}
    """US dollars per million tokens by model name: (input, output). For others the list of the extra `prices` counts."""

    confidence_threshold: float = Field(default=0.7, ge=0, le=1)
    """Below this stated confidence a person is asked, before plans and before actions that change something. 0.7: what may go
    wrong about one time in three is worth a look; how far a model can be believed is measured by `surefoot calibration`."""
    desired_precision: float | None = Field(default=None, gt=0, lt=1)
    """Set the confidence threshold so that at least this share of what passes unasked goes well, as the runs kept so far
    show; while they are too few, `confidence_threshold` holds. null = always `confidence_threshold`."""
    max_replans: int = Field(default=3, ge=0)
    """So many replans go through unasked; each further one is a person's decision. Three: if as many plans failed, the
    goal is in doubt rather than the plan."""
    approvals: Literal["ask", "auto", "deny"] = "ask"
    """Who answers questions: a person, always yes, or always no. Unattended, `auto` also lets through what a web page or
    a mail may have asked for; `deny` does not."""
    approval_expires_seconds: float | None = Field(default=7 * 24 * 3600, gt=0, allow_inf_nan=False)
    """Seconds a question about an action waits for a yes, and a yes for its action; afterwards it is asked anew. A week:
    long enough for a weekend and an absence, short enough that the yes is still about the world it was given for; null =
    for ever. A no always counts."""
    undeclared_tools: Literal["ask_once", "ask", "trust"] = "ask_once"
    """Tools that do not declare their effect: ask before the first use in a run, before every use, or never. Once: a person
    who is asked at every call no longer reads the questions."""
    effects: dict[str, Effect] = {}
    """Effects by tool name; these win over what a tool or an MCP server says."""
    untrusted_tools: list[str] = []
    """Names of tools whose results may carry text by strangers, beside those that say so themselves: once a worker has
    read one, what it does next asks a person. `read_file` belongs here where strangers write into the workspace."""

    react_max_steps: int = Field(default=25, ge=1)
    """Replies of the model per attempt at a subtask. 25: what takes more was planned too large."""
    tool_timeout_seconds: float = Field(default=60, gt=0)
    """Seconds one tool call may take unless the tool declares its own. A minute: more than pages and queries take, and a
    call that hangs is noticed before a person wonders."""
    context_tokens: int = Field(default=48_000, ge=1000)
    """Room for earlier steps in a prompt; older ones are condensed. 48,000: with rules, tools and reply it fits a model of
    64,000."""
    context_turns: int = Field(default=32, ge=4)
    """Turns of a subtask that a prompt shows whole; with one more, the older half becomes a line each, with the name by
    which the worker reads a result again. By age and not by size: where a hundred small results came since, an old one is
    seldom needed, and showing all of them makes what is sent grow with the square of the work, while a few large
    results are there until they have been worked with, or until `context_tokens` are full. 32: more turns than an attempt
    has unless `react_max_steps` allows it, so that ordinary work is never condensed by age; and half of them at a time, so
    that prompt caches find 15 of 16 requests to go on from the one before."""
    tools_offered: int = Field(default=14, ge=1)
    """Tools shown to the model at once; it finds the others with `find_tools`. 14: the eleven built-in ones and some more;
    each costs tokens at every turn."""
    inline_chars: int = Field(default=12_000, ge=200)
    """Characters of a tool output shown at once; the rest is kept and can be read on. 12,000: some 3,000 tokens, a few pages."""
    allow_private_addresses: bool = False
    """Let `fetch_url` reach this machine and private networks. Off: what is there often trusts whoever can reach it."""

    secrets: dict[SecretName, Secret] = {}
    """Secrets that tools get by reference, by name. In the environment: JSON, variable -> the tools its value is for."""
    hide_key_shapes: bool = True
    """Also take out what only looks like a key or a password; false = the work is on texts that hold such things."""

    openai_base_url: str | None = None
    """Address of an OpenAI-compatible endpoint; from OPENAI_BASE_URL."""
    openai_api_key: SecretStr | None = None
    """Its key; from OPENAI_API_KEY."""

    @classmethod
    def about(cls) -> dict[str, str]:
        """What each setting is for, by name: the text under it.

        Read when somebody wants to know: pydantic would read it at import, at a twentieth of what importing LangGraph takes.
        """
        (told,) = ast.parse(inspect.getsource(cls)).body
        assert isinstance(told, ast.ClassDef)
        return {
            field.target.id: inspect.cleandoc(text.value.value)
            for field, text in pairwise(told.body)
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
            if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
        }

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **given: Any) -> Self:
        """Read settings from the environment; `given` values that are not None win.

        Raises:
            SettingsError: a value is out of range or cannot be read; names the variable or field.
        """
        environ = os.environ if environ is None else environ
        given = {name: value for name, value in given.items() if value is not None}
        read = {
            name: (variable(name), _parse(text, field.annotation))
            for name, field in cls.model_fields.items()
            if name not in given and (text := environ.get(variable(name), "").strip())
        }
        variables = {name: variable for name, (variable, _) in read.items()}
        values = {name: value for name, (_, value) in read.items()}
        if isinstance(bound := values.get("secrets"), dict):
            values["secrets"] = {name: _secret(name, tools, environ) for name, tools in bound.items()}
        return cls._checked({**values, **given}, variables)

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
            given = "" if name in ("openai_api_key", "secrets", "store") else f" (given: {str(first['input'])[:80]!r})"
            raise SettingsError(f"{where}: {first['msg']}{given}.") from None

    @property
    def home_folder(self) -> Path:
        """Where runs are kept unless `store` says otherwise."""
        return self.home or self.workspace / ".surefoot"

    @property
    def database(self) -> str | Path:
        """The store of the runs, as `open_store` takes it; may hold a password."""
        return self.store or self.home_folder / "runs.db"

    def known_secrets(self, environ: Mapping[str, str] | None = None) -> dict[str, str]:
        """Values that nobody may see, by name: those of the settings, and what the environment keeps under names that
        say so (`..._API_KEY`, `..._TOKEN`, `..._SECRET`, `...PASSWORD...`) and that is not just a word.
        """
        environ = os.environ if environ is None else environ
        found = {name: value for name, value in environ.items() if says_secret(name) and not _WORD.fullmatch(value)}
        for name, address in (("OPENAI_BASE_URL", self.openai_base_url), ("SUREFOOT_STORE", self.store)):
            if (password := _URL_PASSWORD.search(address or "")) and not _WORD.fullmatch(password[1]):
                found[name] = unquote(password[1])
        if self.openai_api_key:
            found["OPENAI_API_KEY"] = self.openai_api_key.get_secret_value()
        return found | {name: secret.value.get_secret_value() for name, secret in self.secrets.items()}

    def servers(self, environ: Mapping[str, str] | None = None) -> list[McpServer]:
        """Read the file of MCP servers.

        Raises:
            ToolError: it cannot be read, or a server in it is not described rightly.
        """
        environ = os.environ if environ is None else environ
        return McpServer.from_file(self.mcp_servers, environ) if self.mcp_servers else []

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


_WORD = re.compile(r"[a-z]+|[A-Z]+|[A-Z][a-z]+")
"""`disabled`, `postgres`: what stands where a secret could be, and in every other text too."""
_URL_PASSWORD = re.compile(r"//[^/@:\s]*:([^/@\s]+)@")


def _secret(name: str, tools: Any, environ: Mapping[str, str]) -> dict[str, Any]:
    """A secret as the environment gives it: the tools in SUREFOOT_SECRETS, the value in its own variable."""
    if not environ.get(name, "").strip():
        raise SettingsError(f"SUREFOOT_SECRETS names {name}, which is not set: set it, or leave it out.")
    return {"value": environ[name], "tools": tools}


def variable(name: str) -> str:
    """Name the environment variable of a setting."""
    return name.upper() if name.startswith("openai_") else f"SUREFOOT_{name.upper()}"


def _parse(text: str, annotation: Any) -> Any:
    """Read JSON where the field is a table or a list, and `none` where it means no limit; the rest is left to the field's type."""
    if get_origin(annotation) in (dict, list):
        try:
            return json.loads(text)
        except ValueError:
            return text
    nullable = type(None) in get_args(annotation) and SecretStr not in get_args(annotation)
    return None if nullable and text.casefold() in ("none", "null") else text


def editor(environ: Mapping[str, str] | None = None) -> str:
    """The command that opens a file for a person to change it: VISUAL, else EDITOR, else what every system has."""
    environ = os.environ if environ is None else environ
    given = environ.get("VISUAL", "").strip() or environ.get("EDITOR", "").strip()
    return given or ("notepad" if os.name == "nt" else "vi")


def debugging(environ: Mapping[str, str] | None = None) -> bool:
    """Say whether errors are to be shown with where they arose: SUREFOOT_DEBUG."""
    environ = os.environ if environ is None else environ
    return environ.get("SUREFOOT_DEBUG", "").strip().casefold() not in ("", "0", "false", "no")
