"""What making an agent does not do, because its work may never need it."""

import json
import subprocess
import sys

READY = """
import json, linecache, sys
from surefoot.graph import build_graph
build_graph("offline")
late = ("duckdb", "fsspec", "html_to_markdown", "json_repair", "jsonschema", "mcp", "openai")
loaded = [name for name in late if name in sys.modules]
print(json.dumps([loaded, [name for name in linecache.cache if name.endswith("settings.py")]]))
"""


def test_an_agent_is_made_without_loading_what_only_some_of_its_work_needs_and_without_reading_what_settings_are_for() -> (
    None
):
    done = subprocess.run([sys.executable, "-c", READY], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[], []]
