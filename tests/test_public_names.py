"""What users may import: these names, and none less."""

import importlib

import pytest

PUBLIC = {
    "surefoot.graph": {
        "Door",
        "Question",
        "ScriptedModel",
        "Secret",
        "Settings",
        "Standing",
        "Store",
        "build_graph",
        "open_store",
    },
    "surefoot.nodes": {
        "Action",
        "BudgetManager",
        "BudgetStatus",
        "Decision",
        "HumanCheckpoint",
        "PlanDiff",
        "PlanHistory",
        "ReactLoop",
        "ReactResult",
        "ReactStep",
        "ReflectionResult",
        "Replanner",
        "Revision",
        "SelfReflection",
        "StepExecutor",
        "StepResult",
        "SubTask",
        "TaskPlanner",
        "Usage",
    },
    "surefoot.tools": {
        "Effect",
        "Limits",
        "McpServer",
        "ToolEffect",
        "Workspace",
        "default_tools",
        "effect_of",
        "tool_effect",
    },
}


@pytest.mark.parametrize("module", sorted(PUBLIC))
def test_public_names_are_there(module: str) -> None:
    found = importlib.import_module(module)
    assert set(found.__all__) >= PUBLIC[module]
    for name in set(found.__all__) - {"Effect"}:  # a union of literals has no docstring
        assert getattr(found, name).__doc__, name


def test_no_name_is_public_by_accident() -> None:
    for module, names in PUBLIC.items():
        extra = set(importlib.import_module(module).__all__) - names
        assert not extra, f"{module}: {extra}: add them here, or take them out of __all__"
