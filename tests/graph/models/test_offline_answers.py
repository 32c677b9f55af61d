"""What the offline model says it did is what was done."""

from pathlib import Path

from langgraph.types import Command

from surefoot.graph import Settings, build_graph


def test_an_answer_names_the_file_that_was_deleted_not_the_one_asked_for(tmp_path: Path) -> None:
    for name in ("f1.txt", "f2.txt"):
        (tmp_path / name).write_text("x")
    agent = build_graph("offline", None, Settings(workspace=tmp_path))
    config = {"configurable": {"thread_id": "t"}}
    agent.invoke({"goal": "Delete f1.txt"}, config)
    [question] = agent.get_state(config).interrupts
    state = agent.invoke(Command(resume={question.id: {"type": "modify", "args": {"path": "f2.txt"}}}), config)
    assert (tmp_path / "f1.txt").exists() and not (tmp_path / "f2.txt").exists()
    assert "f2.txt" in state["answer"] and "Deleted f1.txt" not in state["answer"]
