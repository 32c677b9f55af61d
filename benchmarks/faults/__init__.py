"""Whatever dies and whenever: nothing twice, nothing lost.

Workers on one run after another are killed with SIGKILL at random times, in the middle of effects and while a question
is open, until the run ends; then what happened, by a log outside the system, is compared with what the run says of
itself. Beside it the same work, the same tools and the same deaths on LangChain's `create_agent`.
"""

from benchmarks.faults.command import main

__all__ = ["main"]
