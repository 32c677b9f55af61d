"""Where the open questions of a run lie, for the terminal and the page alike: whoever answers first has answered."""

import os
import select
import sys
import threading
from collections.abc import Sequence
from queue import SimpleQueue

from surefoot.graph.door import check_answer
from surefoot.graph.standing import Question
from surefoot.nodes.state import Json
from surefoot.tools.errors import ResumeError

__all__ = ["AnsweredElsewhere", "Desk"]


class AnsweredElsewhere(Exception):
    """The question that is asked at the terminal was answered on the page."""


class Desk:
    """The questions that are open now, and the answer that is given first."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._open: dict[str, Question] = {}
        self._given: SimpleQueue[tuple[str, Json]] = SimpleQueue()
        self._bell, self._ring = os.pipe()

    def lay(self, questions: Sequence[Question]) -> None:
        """Take answers to these from now on."""
        with self._mutex:
            self._open = {question.id: question for question in questions}

    def give(self, question_id: str, answer: Json) -> None:
        """Answer one of them; the others are laid out again when the run has come to them.

        Raises:
            ResumeError: it is not open, or the answer cannot be read; nothing is changed then.
        """
        with self._mutex:
            question = self._open.get(question_id)
            if question is None:
                raise ResumeError("This question is not open: it was answered already, or the run is at work.")
            check_answer(answer, question)
            self._open = {}
            self._given.put((question_id, answer))
            os.write(self._ring, b"!")

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
