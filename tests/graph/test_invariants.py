"""Whatever happens in whatever order, a run keeps its promises: people, tools and crashes, drawn at random."""

import json
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from mortal_store import Fate, Killed
from whole_agent import FATES, REPEATABLE, THREAD, TOKENS, Scenario, Way, Work, World, model, ways

from surefoot.graph import Door, Question, Settings, build_graph, open_store
from surefoot.nodes.state import ENDED, digest
from surefoot.tools.clean import clean
from surefoot.tools.errors import ResumeError, RunBusy, SettingsError, StoreError, SurefootError


@dataclass(frozen=True)
class Leg:
    """How a run is worked on for a while: by which way in, at which write its process dies, what its tools do."""

    way: str
    dies_at: int = 0
    stored: bool = False
    """That last write is still stored."""
    fates: tuple[str, ...] = ()
    refused: str = ""
    """What becomes of that write instead: refused `once`, or `for ever` with all that follow."""


CALLS = st.sampled_from(("fire", "launch", "fire", "wild", "move", "put", "look"))
THOUGHTS = st.lists(st.lists(CALLS, min_size=1, max_size=2), min_size=1, max_size=3)
ENDINGS = st.sampled_from(({}, {}, {"gives_up": True}, {"asks": True}))
GOALS = st.sampled_from(("one", "two"))
WAYS = st.sampled_from(("door", "invoke", "ainvoke"))
LEGS = st.builds(
    Leg,
    WAYS,
    st.just(0) | st.integers(1, 50),
    st.booleans(),
    st.lists(st.sampled_from(FATES), max_size=3).map(tuple),
)
ANSWERS = st.sampled_from(("approve", "approve", "approve", "modify", "modify", "reject", "respond", "trust", "abort"))
REFUSED = ("a lower limit", "a new goal", "a second click", "an unknown question", "nonsense", "a second writer")
MEANWHILE = st.sampled_from(("the process ends", "no answer", "a higher limit", *REFUSED))
NONSENSE = (None, "", {}, [], 7, {"type": "shrug"}, {"a" * 32: True}, {"decisions": []})


@st.composite
def scenarios(draw: Any) -> Scenario:
    work = []
    for number in range(draw(st.integers(1, 3))):
        after = draw(st.sets(st.integers(0, number - 1))) if number else ()
        work.append(Work(draw(THOUGHTS), tuple(after), **draw(ENDINGS)))
    return Scenario(work, sure=draw(st.sampled_from((True, True, False))))


class Lives(RuleBasedStateMachine):
    """One thread of one agent on a SQLite file, and the people, tools and crashes around it."""

    met: ClassVar[Counter[str]] = Counter()
    """What has come up in all lives so far: a battery that no longer gets there must not pass for a sound one."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="surefoot-"))
        self.world = World()
        self.store: Any = None
        self.standing: Any = None
        self.crashes = 0
        self.spent: dict[str, Any] = {}
        self.ended: dict[str, Any] = {}
        self.open: dict[str, tuple[str, str]] = {}  # question -> its name and digest
        self.answered: list[tuple[str, Any]] = []
        self.granted: dict[str, set[str]] = defaultdict(set)  # action -> digests a person said yes to
        self.told: dict[str, str] = {}  # action -> what a person said came of it
        self.again: Counter[str] = Counter()  # action -> how often a person wanted it begun once more
        self.denied: dict[str, int] = {}  # action -> how often it had run when a person said no
        self.aborted: dict[
            str, tuple[int, str]
        ] = {}  # run -> its effects when a person ended it, and at which question
        self.trusted: set[str] = set()  # runs in which `wild` needs no question

    @initialize(one=scenarios(), two=scenarios(), max_steps=st.sampled_from((2, 5, 200)))
    def begin(self, one: Scenario, two: Scenario, max_steps: int) -> None:
        self.scenarios = {"one": one, "two": two}
        self.settings = Settings(max_steps=max_steps)
        self.reopen()

    def teardown(self) -> None:
        try:
            if self.standing:
                self.come_to_an_end()
        finally:
            if self.store:
                self.store.close()
            shutil.rmtree(self.folder)

    # What happens. One rule, without a condition: threads make it hard to say where a run will stand, and Hypothesis wants
    # the same draws to have the same meaning each time.

    @rule(
        first=st.just("nothing") | MEANWHILE,
        way=WAYS,
        which=st.integers(0, 9),
        kind=ANSWERS,
        goal=GOALS,
        more=st.integers(0, 6),
        leg=LEGS,
    )
    def live(self, first: str, way: str, which: int, kind: str, goal: str, more: int, leg: Leg) -> None:
        self.meanwhile(first, self.ways[way], which)
        if self.status == "waiting":
            self.answer(which, kind, leg)
        elif self.status == "cut off":
            self.go_on(leg)
        elif self.status == "stopped" and more:
            self.raise_the_limit(more, leg)
        else:
            self.start(goal, leg)

    def start(self, goal: str, leg: Leg) -> None:
        self.open.clear()
        self.work(leg, lambda way: way.start(goal))

    def answer(self, which: int, kind: str, leg: Leg) -> None:
        question = self.standing.questions[which % len(self.standing.questions)]
        self.lost_abort(question.id)
        answer = self.meaning(question, kind)
        self.met[f"{kind} to {question.name}"] += 1
        self.answered.append((question.id, answer))
        self.open.pop(question.id, None)
        self.work(leg, lambda way: way.answer(question.id, answer))

    def lost_abort(self, question: str) -> None:
        """Where the very question is open again, the process died before the word that ended the run was saved."""
        self.aborted = {run: about for run, about in self.aborted.items() if about[1] != question}

    def go_on(self, leg: Leg) -> None:
        self.work(leg, lambda way: way.go_on())

    def raise_the_limit(self, more: int, leg: Leg) -> None:
        limit = self.limit(self.store.run(THREAD))
        if self.standing.state.get("plan") and limit:
            self.ended.pop(self.standing.run_id, None)
            self.work(leg, lambda way: self.raised_to(limit + more))

    def raised_to(self, limit: int) -> None:
        self.door.resume(THREAD, limits={"max_steps": limit})

    def meanwhile(self, what: str, into: Way, which: int) -> None:
        """What does not get the run any further."""
        if what == "the process ends":
            self.reopen()
        elif what == "no answer" and self.status == "waiting":
            self.work(Leg("door"), lambda way: into.go_on())
        elif what == "a higher limit" and self.status in ("waiting", "cut off"):
            self.raise_the_limit(1, Leg("door"))
        elif what in REFUSED:
            self.what_does_not_fit(what, into, which)

    def what_does_not_fit(self, what: str, into: Way, which: int) -> None:
        """Is refused in a sentence, and nothing is written."""
        number, answer = self.answered[which % len(self.answered)] if self.answered else ("", None)
        question = next(iter(self.open)) if self.status == "waiting" else ""
        calls: dict[str, tuple[Any, Callable[[], Any], type[SurefootError]]] = {
            "a lower limit": (not self.at_rest, lambda: self.raised_to(0), SettingsError),
            "a new goal": (not self.at_rest, lambda: into.start("two"), ResumeError),
            "a second click": (number and number not in self.open, lambda: into.answer(number, answer), ResumeError),
            "an unknown question": (True, lambda: into.answer("f" * 32, True), ResumeError),
            "nonsense": (question, lambda: self.ways["door"].answer(question, NONSENSE[which % 8]), ResumeError),
            "a second writer": (self.standing, lambda: self.held(into.go_on), RunBusy),
        }
        applies, call, kind = calls[what]
        if not applies:
            return
        self.met[what] += 1
        writes = self.fate.writes
        with pytest.raises(kind) as refusal:
            call()
        assert "\n" not in str(refusal.value)
        assert self.fate.writes == writes

    # What must hold

    @invariant()
    def an_effect_happens_once_unless_a_person_wants_it_again(self) -> None:
        for key, count in self.world.count().items():
            tool = next(e.tool for e in self.world.effects if e.key == key)
            assert tool in REPEATABLE or count <= 1 + self.again[key], f"{key}: {tool} ran {count} times"

    @invariant()
    def nothing_irreversible_happens_but_what_was_approved(self) -> None:
        for effect in self.world.effects:
            trusted = effect.tool == "wild" and effect.run in self.trusted
            if effect.tool in ("fire", "launch", "wild") and not trusted:
                assert effect.digest in self.granted[effect.key], f"nobody approved {effect}"

    @invariant()
    def what_was_refused_does_not_run(self) -> None:
        count = self.world.count()
        for key, then in self.denied.items():
            assert count[key] == then, f"{key} ran although a person had said no"
        for run, (then, asked) in list(self.aborted.items()):
            assert self.effects_of(run) == then, f"{run} went on although a person had ended it"
            if self.status == "waiting" and self.standing.run_id == run:
                assert asked in {q.id for q in self.standing.questions}, f"{run} asks on although a person had ended it"
                self.lost_abort(asked)

    @invariant()
    def the_journal_has_what_was_begun_and_what_the_tools_returned(self) -> None:
        begun = {f"{row['run_id']}:{row['action_id']}" for row in self.journal() if row["status"] != "PREPARED"}
        wanted_again = {key for key, times in self.again.items() if times}
        assert self.world.count().keys() <= begun | wanted_again
        for row in self.journal():
            key = f"{row['run_id']}:{row['action_id']}"
            if row["status"] == "DONE":
                by_probe = f"launch {row['args']['what']} done" if row["tool"] == "launch" else None
                found = self.told.get(key) or clean(self.world.returned.get(key)) or by_probe
                assert row["result"]["output"] in (found, by_probe)
            elif row["status"] == "FAILED" and row["result"]["error"]["kind"] == "exception":
                assert "has failed" in row["result"]["error"]["message"]

    @invariant()
    def its_status_is_what_the_graph_says(self) -> None:
        assert all(row["status"] in ENDED for row in self.rows()[1:])
        if not self.standing:
            return
        snapshot = self.graph.get_state({"configurable": {"thread_id": THREAD}})
        begun = snapshot.values.get("run_id") == self.standing.run_id
        if self.at_rest:
            assert begun and not snapshot.tasks and snapshot.values["report"]
            assert snapshot.values["status"] == self.status
        elif self.status == "waiting":
            assert snapshot.interrupts
        else:
            assert self.status == "cut off" and (snapshot.tasks or not begun)

    @invariant()
    def what_has_ended_stays_as_it_is(self) -> None:
        if self.standing and self.at_rest:
            state = self.standing.state
            told = (self.status, state["answer"])
            assert self.ended.setdefault(self.standing.run_id, told) == told
            spent = self.store.spent(self.standing.run_id)
            assert (state["usage"]["steps"], state["usage"]["tokens"]) == (spent["steps"], spent["tokens"])
            assert self.status != "done" or all(task["status"] == "completed" for task in state["plan"])

    @invariant()
    def an_open_question_stays_as_it_was(self) -> None:
        if self.status == "waiting":
            now = {q.id: (q.name, q.value["digest"]) for q in self.standing.questions}
            for number, asked in self.open.items():
                answered_by_trust = asked[0] == "wild" and self.standing.run_id in self.trusted
                assert now.get(number) == asked or answered_by_trust
            self.open = now

    @invariant()
    def every_step_is_counted_once_and_none_over_the_limit(self) -> None:
        for row in self.rows():
            run, counted = row["run_id"], self.store.charged(row["run_id"])
            begun = {a["action_id"] for e in self.store.events(run) if e["type"] == "action" for a in e["actions"]}
            ran = {e.key.partition(":")[2] for e in self.world.effects if e.run == run}
            assert ran <= counted <= begun
            assert self.store.spent(run)["steps"] == len(counted) <= self.limit(row)

    @invariant()
    def what_was_spent_is_never_forgotten(self) -> None:
        written = 0
        for row in self.rows():
            spent = self.store.spent(row["run_id"])
            was = self.spent.setdefault(row["run_id"], spent)
            assert all(spent[what] >= was[what] for what in ("steps", "tokens", "seconds"))
            self.spent[row["run_id"]] = spent
            written += spent["tokens"]
        # A call that died with its process counts with what was set aside for it, never with nothing.
        used = TOKENS * self.world.calls
        assert used <= written
        assert self.crashes or used == written

    # How it is driven

    @property
    def status(self) -> str:
        return self.standing.status if self.standing else ""

    @property
    def at_rest(self) -> bool:
        return self.status in ("", *ENDED)

    def reopen(self) -> None:
        """Go on in a new process on the same file."""
        if self.store:
            self.store.close()
        self.store = open_store(self.folder / "runs.db")
        # Processes die here, the machine does not: what was written is there without waiting for the disk.
        self.store.database.connection.execute("PRAGMA synchronous=OFF")
        self.fate = Fate(self.store)
        self.world.die = self.fate.die
        script = model(self.scenarios, self.world)
        self.graph = build_graph(script, self.world.tools, self.settings, store=self.store)
        self.door = Door(self.graph, self.store)
        self.ways = ways(self.graph, self.store)
        self.look()

    def look(self) -> None:
        self.standing = self.door.look(THREAD) if self.store.run(THREAD) else None

    def work(self, leg: Leg, work: Callable[[Way], Any]) -> None:
        """Work until the run ends, asks, or its process dies."""
        self.world.fates.extend(leg.fates)
        if leg.refused:
            self.fate.fail(leg.dies_at, once=leg.refused == "once")
        elif leg.dies_at:
            self.fate.kill(leg.dies_at, after=leg.stored)
        try:
            work(self.ways[leg.way])
        except StoreError as refusal:
            assert self.fate.failed and "The disk is full" in str(refusal) and "\n" not in str(refusal)
            self.crashes += 1
            self.fate.spare()
            self.look()
        except Killed:
            self.crashes += 1
            self.met["death"] += 1
            self.reopen()
        else:
            self.fate.spare()
            self.look()
            self.met[self.status] += 1

    def held(self, work: Callable[[], Any]) -> None:
        with self.store.lock(THREAD):
            work()

    def meaning(self, question: Question, kind: str) -> Any:
        """Put an answer into words, and write down what it allows."""
        run, count = self.standing.run_id, self.world.count()
        key, args = f"{run}:{question.value['action_id']}", question.args
        self.told.pop(key, None)
        if kind == "abort":
            self.aborted[run] = self.effects_of(run), question.id
            return "abort"
        if question.name == "ask_human":
            return "the first"
        if kind == "respond" and question.name == "unfinished_action":
            self.denied[key] = count[key]
            self.told[key] = f"it did happen {count[key]} times"
            return {"type": "respond", "message": self.told[key]}
        if kind == "modify" and question.name in ("fire", "wild"):
            self.denied[key] = count[key]
            edited = {"what": f"{args['what']}!"}
            changed = digest([question.name, edited])
            self.granted[f"{key}-{changed[:8]}"].add(changed)
            return {"type": "modify", "args": edited}
        if kind == "reject":
            self.denied[key] = count[key]
            return {"type": "reject", "message": "not this"}
        self.denied.pop(key, None)
        tool, args = (args["tool"], args["args"]) if question.name == "unfinished_action" else (question.name, args)
        self.granted[key].add(digest([tool, args]))
        self.again[key] += question.name == "unfinished_action"
        if kind == "trust" and question.name == "wild":
            self.trusted.add(run)
            return {"type": "approve", "scope": "run"}
        return True

    def effects_of(self, run: str) -> int:
        return sum(effect.run == run for effect in self.world.effects)

    def rows(self) -> list[Any]:
        return self.store.runs() if self.store else []

    def limit(self, row: Any) -> int:
        return row["settings"].get("limits", {}).get("max_steps", 0)

    def journal(self) -> list[Any]:
        names = ("run_id", "action_id", "tool", "args", "status", "result")
        if not self.store:
            return []
        with self.store.database.transaction(write=False) as cursor:
            cursor.execute(f"SELECT {', '.join(names)} FROM actions")
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return [{**row, "args": json.loads(row["args"]), "result": json.loads(row["result"] or "null")} for row in rows]

    def come_to_an_end(self) -> None:
        """Where nothing more goes wrong, the run comes to its end."""
        self.world.fates.clear()
        for _ in range(60):
            if self.at_rest:
                return
            if self.status == "waiting":
                self.answer(which=0, kind="approve", leg=Leg("door"))
            else:
                self.go_on(leg=Leg("door"))
            self.keep()
        raise AssertionError(f"after 60 legs it is {self.status}")

    def keep(self) -> None:
        for promise in self.invariants:
            promise.function(self)


def life(way: str, at: int = 0, refused: str = "") -> list[int]:
    """A whole run that dies once, at that write (0 = never); how many writes had been made after each of its legs.

    `refused`: it does not die, but that write is refused: `once`, or `for ever` until it is gone on with.
    """
    scenario = Scenario([Work((("put", "fire"),)), Work((("launch",),), after=(0,))])
    lives, made = Lives(), [0]
    lives.begin(scenario, scenario, 200)

    def leg(work: Callable[..., None], **options: Any) -> None:
        dies_at = at - made[-1] if at > made[-1] and not lives.crashes else 0
        before = lives.fate.writes
        effects: list[int] = []
        lives.fate.strikes = lambda: effects.append(len(lives.world.effects))
        work(leg=Leg(way, dies_at, refused=refused if dies_at else ""), **options)
        assert not effects or len(lives.world.effects) == effects[0], "it went on unrecorded"
        made.append(made[-1] + lives.fate.writes - before)
        lives.keep()

    try:
        leg(lives.start, goal="one")
        while not lives.at_rest:
            leg(lives.answer, which=0, kind="approve") if lives.status == "waiting" else leg(lives.go_on)
        assert lives.crashes == (at > 0)
        return made
    finally:
        lives.teardown()


@pytest.mark.parametrize("back", range(4))
def test_a_death_right_before_a_leg_is_over_leaves_it_as_the_graph_says(back: int) -> None:
    for end in life("door")[1:]:
        life("door", end - back)


@pytest.mark.parametrize("way", ["door", pytest.param("ainvoke", marks=pytest.mark.slow)])
def test_whenever_it_dies_no_answered_question_is_open_again(way: str) -> None:
    scenario, died, at = Scenario([Work((("fire",),))]), 2, 0
    while died == 2:
        lives, at = Lives(), at + 1
        lives.begin(scenario, scenario, 200)
        lives.start("one", Leg(way))
        lives.keep()
        lives.answer(0, "approve", Leg(way, fates=("dies after",)))
        lives.go_on(Leg(way, at))
        died = lives.crashes
        lives.keep()
        if lives.status == "waiting":
            lives.answer(0, "abort", Leg(way))
            assert lives.status == "aborted"
        lives.teardown()


def test_a_death_during_a_replan_leaves_one_plan_or_the_other_whole() -> None:
    scenario, died, at, plans = Scenario([Work((), gives_up=True), Work((), after=(0,))]), 1, 6, set()
    while died:
        lives, at = Lives(), at + 2
        lives.begin(scenario, scenario, 200)
        lives.start("one", Leg("door", at))
        died = lives.crashes
        lives.keep()
        state = lives.standing.state
        followed = tuple(task["task_id"] for task in state.get("plan", ()))
        assert followed in ((), ("s0", "s1"), ("r",)), followed
        assert len(state.get("revisions", ())) == {(): 0, ("s0", "s1"): 1, ("r",): 2}[followed], state["revisions"]
        plans.add(followed)
        lives.teardown()
    assert plans >= {("s0", "s1"), ("r",)}


@pytest.mark.slow
@pytest.mark.parametrize("way", ["door", "ainvoke"])
def test_a_death_at_any_write_breaks_no_promise(way: str) -> None:
    for at in range(1, life(way)[-1] + 1):
        life(way, at)


@pytest.mark.parametrize(
    ("way", "refused", "step"),
    [
        ("door", "for ever", 9),
        pytest.param("door", "once", 2, marks=pytest.mark.slow),
        pytest.param("ainvoke", "for ever", 2, marks=pytest.mark.slow),
    ],
)
def test_whichever_write_is_refused_the_run_stops_before_its_next_effect_and_can_go_on(
    way: str, refused: str, step: int
) -> None:
    for at in range(1, life(way)[-1] + 1, step):
        life(way, at, refused)


def lives(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=True,  # the same lives each time: which ones others live is for whoever changes this line
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.reuse, Phase.generate),  # to make a failing life shorter takes many minutes
    )


def test_a_run_keeps_its_promises() -> None:
    run_state_machine_as_test(Lives, settings=lives(15, 12))


@pytest.mark.slow
def test_a_run_keeps_its_promises_in_many_more_lives() -> None:
    run_state_machine_as_test(Lives, settings=lives(150, 15))
    told = {"approve to unfinished_action", "respond to unfinished_action", "reject to fire", "modify to fire"}
    assert Lives.met.keys() >= {"death", "done", "stopped", "aborted", *REFUSED, *told}
