"""Settings: every field has a default, a docstring and a variable; a bad value is one sentence that names it."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from surefoot.graph import Secret, Settings
from surefoot.graph.settings import debugging
from surefoot.tools.errors import SettingsError

CONTRACT = {
    "workspace",
    "max_steps",
    "max_tokens",
    "max_time_seconds",
    "max_usd",
    "warning_fraction",
    "confidence_threshold",
    "max_replans",
    "react_max_steps",
    "tool_timeout_seconds",
    "approvals",
    "undeclared_tools",
    "context_tokens",
    "context_turns",
}


def test_every_field_of_the_contract_is_there_with_a_default_and_a_docstring() -> None:
    assert set(Settings.model_fields) >= CONTRACT
    about = Settings.about()
    for name, field in Settings.model_fields.items():
        assert not field.is_required() and about[name], name


def test_without_an_environment_the_defaults_hold() -> None:
    assert Settings.from_env({}) == Settings()
    assert Settings.from_env({"SUREFOOT_MAX_STEPS": "  "}) == Settings()


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("SUREFOOT_MAX_STEPS", " 7 ", "max_steps", 7),
        ("SUREFOOT_MAX_STEPS", "none", "max_steps", None),
        ("SUREFOOT_MAX_USD", "NULL", "max_usd", None),
        ("SUREFOOT_MAX_TIME_SECONDS", "1.5", "max_time_seconds", 1.5),
        ("SUREFOOT_WORKSPACE", "/data/{x}", "workspace", Path("/data/{x}")),
        ("SUREFOOT_HOME", "none", "home", None),
        ("SUREFOOT_STORE", "postgresql://host/runs", "store", "postgresql://host/runs"),
        ("SUREFOOT_STORE", "none", "store", None),
        ("SUREFOOT_APPROVALS", "deny", "approvals", "deny"),
        ("SUREFOOT_ALLOW_PRIVATE_ADDRESSES", "yes", "allow_private_addresses", True),
        ("SUREFOOT_EFFECTS", '{"mail": "irreversible"}', "effects", {"mail": "irreversible"}),
        ("SUREFOOT_PRICES", '{"m": [1, 2.5]}', "prices", {"m": (1.0, 2.5)}),
        ("SUREFOOT_UNTRUSTED_TOOLS", '["read_file"]', "untrusted_tools", ["read_file"]),
        ("SUREFOOT_APPROVAL_EXPIRES_SECONDS", "60", "approval_expires_seconds", 60.0),
        ("SUREFOOT_APPROVAL_EXPIRES_SECONDS", "none", "approval_expires_seconds", None),
        ("SUREFOOT_MODEL", "openai:{x}", "model", "openai:{x}"),
        ("OPENAI_BASE_URL", "http://127.0.0.1:1/v1", "openai_base_url", "http://127.0.0.1:1/v1"),
    ],
)
def test_a_variable_sets_its_field(variable: str, text: str, field: str, value: Any) -> None:
    assert getattr(Settings.from_env({variable: text}), field) == value


@pytest.mark.parametrize("key", ["none", "EMPTY", '{"looks": "like json"}'])
def test_a_key_is_taken_as_it_stands_and_never_shown(key: str) -> None:
    settings = Settings.from_env({"OPENAI_API_KEY": key})
    assert settings.openai_api_key and settings.openai_api_key.get_secret_value() == key
    assert key not in repr(settings) and key not in settings.model_dump_json()


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("SUREFOOT_MAX_STEPS", "many"),
        ("SUREFOOT_MAX_STEPS", "0"),
        ("SUREFOOT_MAX_STEPS", "1.5"),
        ("SUREFOOT_MAX_REPLANS", "none"),
        ("SUREFOOT_MAX_REPLANS", "-1"),
        ("SUREFOOT_MAX_TIME_SECONDS", "nan"),
        ("SUREFOOT_MAX_TIME_SECONDS", "inf"),
        ("SUREFOOT_MAX_USD", "inf"),
        ("SUREFOOT_CONFIDENCE_THRESHOLD", "2"),
        ("SUREFOOT_CONFIDENCE_THRESHOLD", "nan"),
        ("SUREFOOT_WARNING_FRACTION", "1"),
        ("SUREFOOT_APPROVALS", "maybe"),
        ("SUREFOOT_UNDECLARED_TOOLS", "never"),
        ("SUREFOOT_ALLOW_PRIVATE_ADDRESSES", "maybe"),
        ("SUREFOOT_EFFECTS", "{bad"),
        ("SUREFOOT_EFFECTS", '["mail"]'),
        ("SUREFOOT_EFFECTS", '{"mail": "harmless"}'),
        ("SUREFOOT_PRICES", '{"m": [1]}'),
        ("SUREFOOT_PRICES", '{"m": [-1, 2]}'),
        ("SUREFOOT_PRICES", '{"m": [NaN, 2]}'),
        ("SUREFOOT_UNTRUSTED_TOOLS", "read_file"),
        ("SUREFOOT_UNTRUSTED_TOOLS", "[1]"),
        ("SUREFOOT_APPROVAL_EXPIRES_SECONDS", "0"),
        ("SUREFOOT_APPROVAL_EXPIRES_SECONDS", "nan"),
        ("SUREFOOT_CONTEXT_TOKENS", "1"),
    ],
)
def test_a_bad_value_is_one_sentence_that_names_the_variable(variable: str, text: str) -> None:
    with pytest.raises(SettingsError) as error:
        Settings.from_env({variable: text})
    sentence = str(error.value)
    assert sentence.startswith(variable) and sentence.endswith(".") and "\n" not in sentence


def test_a_given_value_wins_and_hides_a_bad_variable() -> None:
    environ = {"SUREFOOT_MAX_STEPS": "many", "SUREFOOT_MAX_TOKENS": "9"}
    settings = Settings.from_env(environ, max_steps=3, max_tokens=None)
    assert (settings.max_steps, settings.max_tokens) == (3, 9)


def test_a_bad_given_value_names_its_field_and_a_key_is_not_quoted() -> None:
    with pytest.raises(SettingsError, match=r"^Setting max_steps: .*\(given: '0'\)\.$"):
        Settings.from_env({"SUREFOOT_MAX_STEPS": "5"}, max_steps=0)
    with pytest.raises(SettingsError, match=r"^Setting openai_api_key: ") as error:
        Settings.checked({"openai_api_key": ["sk-secret"]})
    assert "sk-secret" not in str(error.value)
    with pytest.raises(SettingsError, match=r"^Setting max_stepz: "):
        Settings.checked({"max_stepz": 1})


def test_the_home_of_runs_is_in_the_workspace_unless_said_otherwise() -> None:
    assert Settings(workspace=Path("/w")).home_folder == Path("/w/.surefoot")
    assert Settings(workspace=Path("/w"), home=Path("/h")).home_folder == Path("/h")


def test_runs_are_in_the_home_unless_a_store_is_named() -> None:
    assert Settings(home=Path("/h")).database == Path("/h/runs.db")
    assert Settings(home=Path("/h"), store="other.db").database == "other.db"
    assert Settings(store="postgresql://host/runs").database == "postgresql://host/runs"


def test_the_password_of_a_store_is_not_shown() -> None:
    settings = Settings(store="postgresql://me:sesame@host/runs")
    assert "sesame" not in repr(settings) + str(settings) + settings.model_dump_json()
    with pytest.raises(SettingsError) as error:
        Settings.checked({"store": ["postgresql://me:sesame@host/runs"]})
    assert "sesame" not in str(error.value)


def test_a_price_is_known_for_the_models_of_the_table_alone() -> None:
    settings = Settings(prices={"m": (1.0, 10.0)})
    price = settings.price_of("m")
    assert price and price(1_000_000, 500_000) == 6.0
    assert settings.price_of("other") is None


def test_limits_are_those_of_the_budget() -> None:
    limits = Settings(max_steps=1, max_usd=2).limits
    assert limits == {"max_steps": 1, "max_tokens": 1_000_000, "max_time_seconds": 3600, "max_usd": 2}


@pytest.mark.parametrize(("text", "on"), [("", False), ("0", False), ("No", False), ("1", True), ("yes", True)])
def test_debugging_is_on_when_it_is_said(text: str, on: bool) -> None:
    assert debugging({"SUREFOOT_DEBUG": text}) is on
    assert debugging({}) is False


TABLE = '{"DEPLOY_TOKEN": ["push", "release"]}'


def test_secrets_are_variables_and_the_tools_they_are_for() -> None:
    settings = Settings.from_env({"SUREFOOT_SECRETS": TABLE, "DEPLOY_TOKEN": "s3cret-s3cret"})
    assert settings.secrets["DEPLOY_TOKEN"].value.get_secret_value() == "s3cret-s3cret"
    assert settings.secrets["DEPLOY_TOKEN"].tools == ["push", "release"]
    given = Settings.checked({"secrets": {"DEPLOY_TOKEN": {"value": "s3cret-s3cret", "tools": ["push", "release"]}}})
    assert given.secrets == settings.secrets
    assert Settings(secrets={"DEPLOY_TOKEN": Secret(value=SecretStr("s3cret-s3cret"), tools=["push"])}).secrets
    for shown in (repr(settings), settings.model_dump_json(), str(settings.secrets)):
        assert "s3cret" not in shown


@pytest.mark.parametrize(
    ("table", "value", "says"),
    [
        (TABLE, "", "SUREFOOT_SECRETS names DEPLOY_TOKEN, which is not set: set it, or leave it out."),
        (TABLE, "s3cret", "at least 8 characters"),
        ('{"DEPLOY_TOKEN": "push"}', "s3cret-s3cret", "SUREFOOT_SECRETS.DEPLOY_TOKEN.tools"),
        ('{"DEPLOY_TOKEN": {"value": "s3cret-typed", "tools": []}}', "s3cret-s3cret", "SUREFOOT_SECRETS"),
        ('["DEPLOY_TOKEN"]', "s3cret-s3cret", "SUREFOOT_SECRETS"),
        ("DEPLOY_TOKEN", "s3cret-s3cret", "SUREFOOT_SECRETS"),
    ],
)
def test_secrets_that_cannot_be_used_are_refused_without_showing_them(table: str, value: str, says: str) -> None:
    with pytest.raises(SettingsError) as error:
        Settings.from_env({"SUREFOOT_SECRETS": table, "DEPLOY_TOKEN": value})
    assert says in str(error.value) and "s3cret" not in str(error.value)


def test_a_secret_has_the_name_of_a_variable() -> None:
    with pytest.raises(SettingsError, match="secrets"):
        Settings.checked({"secrets": {"two words": {"value": "s3cret-s3cret", "tools": []}}})


def test_what_nobody_may_see_is_known_by_name() -> None:
    environ = {
        "OPENAI_API_KEY": "sk-1234567",
        "OPENAI_BASE_URL": "http://me:p4ssw0rd@proxy/v1",
        "SUREFOOT_STORE": "postgresql://me:p4ss%40word@db/runs",
        "SUREFOOT_SECRETS": '{"DEPLOY": []}',
        "DEPLOY": "s3cret-s3cret",
        "HF_TOKEN": "hf_123456",
        "PGPASSWORD": "correct-horse",
        "POSTGRES_PASSWORD": "postgres",
        "SOME_TOKEN": "disabled",
        "HOME": "/root",
        "SUREFOOT_MAX_TOKENS": "1000000",
    }
    assert Settings.from_env(environ).known_secrets(environ) == {
        "OPENAI_API_KEY": "sk-1234567",
        "OPENAI_BASE_URL": "p4ssw0rd",
        "SUREFOOT_STORE": "p4ss@word",
        "DEPLOY": "s3cret-s3cret",
        "HF_TOKEN": "hf_123456",
        "PGPASSWORD": "correct-horse",
    }
    assert Settings(store="postgresql://postgres:postgres@db/runs").known_secrets({}) == {}
    assert Settings(openai_api_key=SecretStr("a-key-of-mine")).known_secrets({}) == {"OPENAI_API_KEY": "a-key-of-mine"}
