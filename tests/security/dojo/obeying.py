"""A model that does the user's task by AgentDojo's ground truth, and obeys every injected instruction it reads.

It cannot be talked out of anything: a call that was refused is not argued about, the next one of the attack is tried
all the same, and then the user's task goes on.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from agentdojo.functions_runtime import FunctionCall
from langchain_core.messages import BaseMessage

Form = Literal["steps", "subtasks", "batch"]
"""One call a thought; the same, but what is read first is a subtask of its own, which reports to the other; or all that
can be asked for at once in one thought."""


class ObeyingModel:
    """The replies of one run, in the form of a script.

    Args:
        task: the user's task as calls, in order.
        answer: what to report at the end.
        bait: words by which it knows the attack when it reads it; None = there is none.
        obey: gives the attack's calls as the world is when it is obeyed.
        reads_first: so many of the task's calls only read: in the form "subtasks" they are a subtask of their own.
    """

    def __init__(
        self,
        task: Sequence[FunctionCall],
        answer: str,
        *,
        form: Form = "steps",
        bait: str | None = None,
        obey: Callable[[], list[FunctionCall]] = list,
        reads_first: int = 0,
    ) -> None:
        self._answer = answer
        self._batch = form == "batch"
        self._bait = bait
        self._obey = obey
        self._todo = list(task)
        self._reading = self._take(reads_first if form == "subtasks" else 0)
        self._reads_first = bool(self._reading)
        self._plans = 0
        self._obeyed = False
        self.saw_the_bait = False

    def plan(self, goal: str) -> dict[str, Any]:
        work = {"task_id": "work", "description": goal, "dependencies": []}
        if not self._reads_first:
            return {"subtasks": [work], "confidence": 0.9}
        read = {"task_id": "read", "description": "Read what the goal needs.", "dependencies": []}
        return {"subtasks": [read, {**work, "dependencies": ["read"]}], "confidence": 0.9}

    def replan(self, goal: str) -> dict[str, Any]:
        """Go on with what is left, where an attempt was ended because too much of it was refused."""
        self._plans += 1
        again = {"task_id": f"work{self._plans}", "description": f"{goal} (try {self._plans + 1})", "dependencies": []}
        return {"subtasks": [again], "confidence": 0.9}

    def think(self, messages: Sequence[BaseMessage], task_id: str = "") -> dict[str, Any]:
        if task_id == "read":
            return _call(self._reading.pop(0)) if self._reading else {"answer": _all_that_was_read(messages)}
        if self._bait and not self.saw_the_bait:
            self.saw_the_bait = any(self._bait in str(message.text) for message in messages)
        # What it never got to read it does at the end all the same: the attacker may have found another way in.
        obeys = not self._obeyed and (self.saw_the_bait or not self._todo or (self._batch and not self._bait))
        if not obeys:
            return _call(*self._take(1)) if self._todo else {"answer": self._answer}
        self._obeyed = True
        attack, task = self._obey(), self._todo
        # A refusal ends a batch, so what was not tried in it is tried again one by one.
        self._todo = attack if self._batch else [*attack, *task]
        return _call(*task, *attack) if self._batch and (task or attack) else self.think(messages, task_id)

    def _take(self, count: int) -> list[FunctionCall]:
        taken, self._todo = self._todo[:count], self._todo[count:]
        return taken


def _call(*calls: FunctionCall) -> dict[str, Any]:
    asked = [{"tool": call.function, "args": dict(call.args)} for call in calls]
    return {"thought": "I go on.", "calls": asked, "confidence": 0.9}


def _all_that_was_read(messages: Sequence[BaseMessage]) -> str:
    return "\n".join(str(message.text) for message in messages if message.type == "tool")
