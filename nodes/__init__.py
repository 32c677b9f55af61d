"""The components that decide, each usable alone: plan, loop, executor, reflection, replanning, checkpoint, budget."""

from surefoot.nodes.act import StepExecutor
from surefoot.nodes.budget import BudgetManager
from surefoot.nodes.checkpoint import HumanCheckpoint
from surefoot.nodes.plan import TaskPlanner
from surefoot.nodes.react import ReactLoop
from surefoot.nodes.reflect import SelfReflection
from surefoot.nodes.replan import PlanHistory, Replanner
from surefoot.nodes.state import (
    Action,
    BudgetStatus,
    Decision,
    PlanDiff,
    ReactResult,
    ReactStep,
    ReflectionResult,
    Revision,
    StepResult,
    SubTask,
    Usage,
)

__all__ = [
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
]
