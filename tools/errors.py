"""Every error surefoot raises on purpose, in one tree.

SurefootError                 one clear sentence for the person, nothing changed
├── GoalError                 the goal is empty or not text
├── PlanError                 a plan that is no DAG: a cycle, an unknown or a doubled id
├── ModelError                the model cannot be had, or answered nothing usable
├── ToolError                 a tool refuses its own call; becomes a failed StepResult, never a crash
│   └── OutsideWorkspace      a path that leaves the workspace, or is no plain file or folder
├── StoreError                the database is missing, read-only, damaged or newer than this release
│   └── RunBusy               another process is working on this run
├── ResumeError               unknown run, wrong question id, an answer nobody can read
└── SettingsError             a setting out of range or unknown
"""

__all__ = [
    "GoalError",
    "ModelError",
    "OutsideWorkspace",
    "PlanError",
    "ResumeError",
    "RunBusy",
    "SettingsError",
    "StoreError",
    "SurefootError",
    "ToolError",
]


class SurefootError(Exception):
    """Base of all errors surefoot raises on purpose; `str(error)` is a sentence for a person."""


class GoalError(SurefootError, ValueError):
    """The goal is empty or not text."""


class PlanError(SurefootError, ValueError):
    """A plan that cannot be executed in any order; `ids` names the subtasks at fault."""

    def __init__(self, message: str, ids: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.ids = ids


class ModelError(SurefootError, RuntimeError):
    """The model cannot be had, or it answered nothing usable after every try.

    A RuntimeError, as StoreError: what LangGraph's server does not know it reports as an "internal error".
    """


class ToolError(SurefootError):
    """A tool refuses or fails its own call and says why in one sentence."""


class OutsideWorkspace(ToolError):
    """A path that leaves the workspace, passes a link, or is neither plain file nor folder."""


class StoreError(SurefootError, RuntimeError):
    """The database is missing, read-only, damaged, replaced, or newer than this release."""


class RunBusy(StoreError):
    """Another process is working on this run."""


class ResumeError(SurefootError, ValueError):
    """An unknown run, a wrong question id, or an answer that cannot be read."""


class SettingsError(SurefootError, ValueError):
    """A setting is unknown or out of range."""
