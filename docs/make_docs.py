"""Makes what in the pages comes from the code: the page of settings, and the drawings. `make docs` runs it."""

from pathlib import Path
from typing import Any

from surefoot.graph import ScriptedModel, Settings, build_graph
from surefoot.graph.settings import variable

DOCS = Path(__file__).parent

HEAD = """# Settings

`Settings(...)` in Python, the variable in the environment (`Settings.from_env`), options on the command line. Tables and lists
are written as JSON in the environment, `none` where a setting may be null. This page is made from the docstrings of
[graph/settings.py](../graph/settings.py) by `make docs`.
"""

SECTIONS = {
    "model": "The model",
    "workspace": "Places",
    "max_steps": "Limits",
    "confidence_threshold": "When a person is asked",
    "react_max_steps": "How it works",
    "secrets": "Secrets",
    "openai_base_url": "The endpoint",
}
"""The first setting of each section."""


def settings_page() -> str:
    """The page of settings, from their docstrings."""
    parts = [HEAD]
    about = Settings.about()
    for name, field in Settings.model_fields.items():
        if name in SECTIONS:
            parts.append(
                f"\n## {SECTIONS[name]}\n\n| setting | variable | default | what, and why |\n|---|---|---|---|\n"
            )
        told = " ".join(about[name].split()).replace("|", "\\|")
        default = _written(field.get_default(call_default_factory=True))
        parts.append(f"| `{name}` | `{variable(name)}` | {default} | {told} |\n")
    return "".join(parts)


def _written(value: Any) -> str:
    if isinstance(value, Path):
        return "current folder"
    if isinstance(value, bool | str):
        return f"`{str(value).lower()}`"
    return f"{value:,}" if isinstance(value, int | float) else {"None": "null", "{}": "none", "[]": "none"}[str(value)]


def drawing(*, inside: bool) -> str:
    """The main graph in Mermaid; with `inside` also what each subtask goes through."""
    return build_graph(ScriptedModel({}), []).get_graph(xray=inside).draw_mermaid()


def main() -> None:
    """Write them."""
    (DOCS / "settings.md").write_text(settings_page())
    for page, inside in ((DOCS.parent / "README.md", False), (DOCS / "how_it_works.md", True)):
        before, _, rest = page.read_text().partition("```mermaid\n")
        page.write_text(f"{before}```mermaid\n{drawing(inside=inside)}```{rest.partition('```')[2]}")


if __name__ == "__main__":
    main()
