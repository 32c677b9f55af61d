"""Judges from the log alone whether a subtask gets on, goes round in circles, or has lost its way."""

from collections.abc import Sequence
from dataclasses import fields

from langchain_core.language_models import BaseChatModel

from surefoot.nodes.drift import DriftJudge, ask_about_drift, astray
from surefoot.nodes.drive import Core, adrive, drive
from surefoot.nodes.patterns import Finding, find_trouble
from surefoot.nodes.reading import recent_signs
from surefoot.nodes.run import NoRun, Run
from surefoot.nodes.signals import Sign
from surefoot.nodes.state import ReactStep, Recommendation, ReflectionResult, SubTask
from surefoot.nodes.structured import ModelCaller
from surefoot.nodes.thresholds import Thresholds
from surefoot.tools.errors import SettingsError

__all__ = ["SelfReflection", "Thresholds"]


class SelfReflection:
    """Judges a log: a diagnosis, a recommendation, the entries that prove it, and a sentence for a person.

    The recommendation is a ladder. What is seen for the first time says `continue`, with an explanation to be put
    before the model; one occurrence more says `replan`. It says `escalate` where the log shows that telling the model
    did not help (as many occurrences again after a note as a replan takes), or where the subtask is in its last
    attempt. Notes in the log are neither actions nor results, so they never hide what happened around them.

    Drift is judged by words: `drift_window` actions in a row that share none with the subtask, the goal, or the
    results of earlier actions that did. It is a weak sign: alone it says `continue`, once in as many actions, and never
    `replan`, for code cannot know what words mean. Who was told and goes on like that for `patience` times as many
    actions, without a word on what that has to do with the subtask, is a person's to judge: `escalate`. A model, if
    there is one, has the say: it is asked every `drift_every` actions, when the words begin to say drift, and every
    `drift_window` actions while they do. Both together, or the model again after a note, say `replan`. A judgement
    that could not be had is recorded, is in the report, and leaves it to the words.

    Args:
        model: judges drift; None = no model is ever asked.
        caller: asks the model instead of a caller of its own, to share what is known of its server.
        thresholds: all of them; or single ones by name (`same_call=5`).

    Raises:
        SettingsError: a threshold is unknown, or not a whole number above zero.
    """

    def __init__(
        self,
        model: BaseChatModel | None = None,
        *,
        caller: DriftJudge | None = None,
        thresholds: Thresholds | None = None,
        **changed: float,
    ) -> None:
        known = {field.name: getattr(thresholds or Thresholds(), field.name) for field in fields(Thresholds)}
        for name, value in changed.items():
            if name not in known or not value > 0 or value != int(value):
                raise SettingsError(
                    f"{name}={value} is no threshold above zero, a whole number; there are {', '.join(known)}."
                )
        self.thresholds = Thresholds(**{**known, **{name: int(value) for name, value in changed.items()}})
        self._caller = ModelCaller(model) if caller is None and model is not None else caller

    def reflect(
        self, subtask: SubTask, log: Sequence[ReactStep], *, goal: str = "", run: Run | None = None
    ) -> ReflectionResult:
        """Judge a log, blocking where a model is asked."""
        return drive(self.judge(subtask, log, goal=goal, run=run))

    async def areflect(
        self, subtask: SubTask, log: Sequence[ReactStep], *, goal: str = "", run: Run | None = None
    ) -> ReflectionResult:
        """Judge a log, awaiting where a model is asked."""
        return await adrive(self.judge(subtask, log, goal=goal, run=run))

    def judge(
        self, subtask: SubTask, log: Sequence[ReactStep], *, goal: str = "", run: Run | None = None
    ) -> Core[ReflectionResult]:
        """Judge a log: first by the log itself, and only where that finds nothing by words and model."""
        signs = recent_signs(log)
        finding = find_trouble(signs, log, f"{goal}\n{subtask.description}\n{subtask.acceptance}", self.thresholds)
        if finding is not None:
            return _verdict(finding, log, subtask, self.thresholds)
        off = astray(signs, log, f"{goal} {subtask.description} {subtask.acceptance}", self.thresholds)
        new = _of_last_thought(signs, log)
        if self._caller is None:
            return self._by_words(off, log, new)
        if not self._is_due(signs, off, new):
            return ReflectionResult()
        shown = signs[-self.thresholds.drift_every :]
        since = shown[0].index
        judgement, missing = yield from ask_about_drift(
            self._caller, subtask, log, since=since, goal=goal, run=run or NoRun()
        )
        if judgement is None:
            return self._by_words(off, log, new, missing)
        if not judgement.drift:
            return ReflectionResult(explanation=judgement.explanation)
        before = signs[-len(shown) - 1].index if len(signs) > len(shown) else 0
        told = any(step.note for step in log[before:])
        return _drift(off or shown, judgement.explanation, recommendation="replan" if off or told else "continue")

    def _is_due(self, signs: list[Sign], off: list[Sign], new: int) -> bool:
        """Whether the last thought's actions took the log past the next judgement, however many they were."""
        every, window = self.thresholds.drift_every, self.thresholds.drift_window
        return _passed(len(signs), new, every) or (
            bool(off) and (len(off) - new < window or _passed(len(off), new, window))
        )

    def _by_words(self, off: list[Sign], log: Sequence[ReactStep], new: int, missing: str = "") -> ReflectionResult:
        """What the words alone say, and why no model does."""
        if not off:
            return ReflectionResult(explanation=missing)
        window = self.thresholds.drift_window
        told = next((i for i in range(off[0].index, len(log)) if log[i].note), len(log))
        if told < len(log) and not _passed(len(off), new, window):
            return ReflectionResult(explanation=missing)
        if sum(sign.index > told for sign in off) >= self.thresholds.patience * window:
            return _drift(off, f"{_NO_WORD}, though it was told", missing, "escalate")
        return _drift(off, _NO_WORD, missing)


def _of_last_thought(signs: list[Sign], log: Sequence[ReactStep]) -> int:
    """How many of the actions are new since the log was judged before."""
    latest = log[-1].turn if log else 0
    if latest:
        return [sign.turn for sign in signs].count(latest)
    return int(bool(signs) and signs[-1].index == len(log) - 1)


_NO_WORD = "its last actions share no word with the subtask"


def _passed(count: int, new: int, every: int) -> bool:
    return count // every > (count - new) // every


def _verdict(finding: Finding, log: Sequence[ReactStep], subtask: SubTask, t: Thresholds) -> ReflectionResult:
    """Find the rung of the ladder for a finding."""
    recommendation: Recommendation = "continue"
    evidence = finding.evidence
    if finding.count >= finding.replan_at:
        told = next((i for i in range(evidence[0], evidence[-1]) if log[i].note), None)
        after = sum(told is not None and index > told for index in evidence)
        hopeless = after >= finding.replan_at or subtask.attempts >= t.attempts
        recommendation = "escalate" if hopeless else "replan"
    return ReflectionResult(
        diagnosis=finding.diagnosis, recommendation=recommendation, evidence=evidence, explanation=finding.text
    )


def _drift(
    evidence: list[Sign], why: str, also: str = "", recommendation: Recommendation = "continue"
) -> ReflectionResult:
    text = f"The work seems to have left the subtask: {why.rstrip('.')}."
    return ReflectionResult(
        diagnosis="goal_drift",
        recommendation=recommendation,
        evidence=[sign.index for sign in evidence],
        explanation=f"{text} {also}".strip(),
    )
