"""Where the open questions of a run lie, for the terminal and the page alike: whoever answers first has answered.

A question of one branch lies there while the others run on. Its answer makes the run rest at its next step, and is then
delivered: LangGraph takes answers between two legs of a run only.
"""

import os
import select
import sys
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue

from surefoot.graph.door import check_answer
from surefoot.graph.standing import Question
from surefoot.nodes.state import Json
from surefoot.tools.errors import ResumeError

__all__ = ["AnsweredElsewhere", "Desk"]


class AnsweredElsewhere(Exception):
    """The question that is asked at the terminal was answered on the page."""


class Desk:
    """The questions that are open now, and the answer that is given first.

    `rest`: called when an answer is given.
    """

    def __init__(self, rest: Callable[[], None]) -> None:
        self._rest = rest
        self._mutex = threading.Lock()
        self._open: dict[str, Question] = {}
        self._given: SimpleQueue[tuple[str, Json]] = SimpleQueue()
        self._bell, self._ring = os.pipe()

    def lay(self, questions: Sequence[Question]) -> None:
        """Take answers to these, and to no others."""
        with self._mutex:
            self._open = {question.id: question for question in questions}

    def add(self, question: Question) -> None:
        """Take answers to this one, too, while the run is at work."""
        with self._mutex:
            self._open[question.id] = question

    def give(self, question_id: str, answer: Json) -> None:
        """Answer one of them; the next one once the run has taken it.

        Raises:
            ResumeError: it is not open, or the answer cannot be read; nothing is changed then.
        """
        with self._mutex:
            question = self._open.get(question_id)
            if question is None:
                raise ResumeError("This question is not open: it was answered already, or the run is at work.")
            if not self._given.empty():
                raise ResumeError("Another answer is just being taken: try again in a moment.")
            check_answer(answer, question)
            del self._open[question_id]
            self._rest()  # before whoever takes the answer lets the run go on
            self._given.put((question_id, answer))
            os.write(self._ring, b"!")

    @property
    def answered(self) -> bool:
        """Whether an answer is there to be taken."""
        return not self._given.empty()

    @property
    def asks(self) -> bool:
        """Whether a question is open."""
        return bool(self._open)

    def take(self) -> tuple[str, Json]:
        """Wait for the answer, and for which question it is."""
        given = self._given.get()
        os.read(self._bell, 1)
        return given

    def read(self, prompt: str) -> str:
        """Read a line a person types, as `input` does.

        Raises:
            AnsweredElsewhere: the page was first.
            EOFError: there is nobody.
        """
        sys.stdout.write(prompt)
        sys.stdout.flush()
        ready, _, _ = select.select([sys.stdin, self._bell], [], [])
        if self._bell in ready:
            raise AnsweredElsewhere
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line.rstrip("\n")
