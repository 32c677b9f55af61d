import asyncio
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from surefoot.tools.effects import effect_of
from surefoot.tools.errors import OutsideWorkspace, ToolError
from surefoot.tools.runner import Outcome, ToolRunner
from surefoot.tools.sealed import SealedFiles
from surefoot.tools.sql import query_tool
from surefoot.tools.toolbox import Toolbox

SALES = "region,amount,day\nnorth,10.5,2026-01-02\nsouth,4,2026-01-03\nnorth,1,2026-02-01\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "ws"
    (root / "data" / "deep").mkdir(parents=True)
    (root / ".surefoot").mkdir()
    (root / "sales.csv").write_text(SALES)
    (root / ".surefoot" / "runs.csv").write_text(SALES)
    (root / "data" / "people.jsonl").write_text('{"id": 1, "name": "Äda"}\n{"id": 2, "name": "Bo"}\n')
    (root / "data" / "deep" / "more.tsv").write_text("a\tb\n1\tx\n")
    (root / "notes.txt").write_text("x;y\n1;2\n")
    duckdb.sql("SELECT range AS id, range * 1.5 AS v FROM range(500)").write_parquet(str(root / "data" / "n.parquet"))
    (tmp_path / "secret.csv").write_text("word\nswordfish\n")
    return root


def query(root: Path, sql: str, **limits: Any) -> Any:
    return query_tool(root, **limits).invoke({"sql": sql})


def test_a_file_is_queried_by_its_name_in_the_from_clause(workspace: Path) -> None:
    result = query(workspace, "SELECT region, sum(amount) AS t FROM 'sales.csv' GROUP BY region ORDER BY t DESC")
    assert result == {"columns": ["region", "t"], "rows": [["north", 11.5], ["south", 4]], "row_count": 2} | {
        "truncated": False
    }


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT name FROM 'data/people.jsonl' WHERE id = 1", [["Äda"]]),
        ("SELECT b FROM './data/../data/deep/more.tsv'", [["x"]]),
        ("SELECT sum(v) FROM 'data/n.parquet'", [[187125.0]]),
        ('SELECT count(*) FROM "sales.csv"', [[3]]),
        ("SELECT max(sales.amount) FROM 'sales.csv'", [[10.5]]),
        ("SELECT 'é', 'sales.csv', count(*) FROM 'sales.csv'", [["é", "sales.csv", 3]]),
        ("SELECT y FROM read_csv('notes.txt', delim = ';')", [[2]]),
        ("SELECT count(*) FROM read_csv(['sales.csv', '*.csv'])", [[6]]),
        ("SELECT count(*) FROM 's*.csv'", [[3]]),
        ("SELECT DISTINCT filename FROM read_csv('sales.csv', filename = true)", [["sales.csv"]]),
        ("WITH \"x.csv\" AS (SELECT 7 AS n) SELECT n FROM 'x.csv'", [[7]]),
        ("SELECT p.name FROM 'data/people.jsonl' p JOIN 'data/n.parquet' n USING (id) ORDER BY 1", [["Bo"], ["Äda"]]),
        (
            "SELECT count(*) FROM (SELECT * FROM 'sales.csv' WHERE amount > (SELECT min(amount) FROM 'sales.csv'))",
            [[2]],
        ),
        (
            "SELECT n FROM (PIVOT (SELECT region[1] AS r, amount FROM 'sales.csv') ON r IN ('n') USING sum(amount))",
            [[11.5]],
        ),
        ("SELECT content FROM read_text('notes.txt')", [["x;y\n1;2\n"]]),
    ],
)
def test_every_way_to_name_a_file_reads_it(workspace: Path, sql: str, rows: list[Any]) -> None:
    assert query(workspace, sql)["rows"] == rows


def test_an_absolute_path_into_the_workspace_is_the_same_file(workspace: Path) -> None:
    assert query(workspace, f"SELECT count(*) FROM '{workspace}/sales.csv'")["rows"] == [[3]]


@pytest.mark.parametrize("sql", ["DESCRIBE 'sales.csv'", "DESCRIBE SELECT * FROM 'sales.csv'", "SUMMARIZE 'sales.csv'"])
def test_columns_can_be_inspected(workspace: Path, sql: str) -> None:
    assert [row[:2] for row in query(workspace, sql)["rows"]] == [
        ["region", "VARCHAR"],
        ["amount", "DOUBLE"],
        ["day", "DATE"],
    ]


def test_names_do_not_depend_on_the_process_folder(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = workspace.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "sales.csv").write_text("word\nwrong\n")
    monkeypatch.chdir(elsewhere)
    assert query(workspace, "SELECT count(*) FROM 'sales.csv'")["rows"] == [[3]]


async def test_it_runs_in_an_event_loop(workspace: Path) -> None:
    result = await query_tool(workspace).ainvoke({"sql": "SELECT count(*) FROM 'sales.csv'"})
    assert result["rows"] == [[3]]


def test_it_declares_that_it_only_reads(workspace: Path) -> None:
    assert effect_of(query_tool(workspace)).effect == "read_only"


def test_more_rows_than_the_limit_are_cut_and_said_so(workspace: Path) -> None:
    result = query(workspace, "SELECT id FROM 'data/n.parquet' ORDER BY id", max_rows=3)
    assert result == {"columns": ["id"], "rows": [[0], [1], [2]], "row_count": 3, "truncated": True}


def test_exactly_as_many_rows_as_the_limit_are_not_called_cut(workspace: Path) -> None:
    assert query(workspace, "FROM range(3)", max_rows=3)["truncated"] is False


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("DATE '2026-01-02'", "2026-01-02"),
        ("TIMESTAMP '2026-01-02 03:04:05'", "2026-01-02T03:04:05"),
        ("TIMESTAMPTZ '2026-01-02 03:04:05+02'", "2026-01-02T01:04:05+00:00"),
        ("1.50::DECIMAL(9,2)", 1.5),
        ("12345678901234567890.12::DECIMAL(30,2)", "12345678901234567890.12"),
        ("9223372036854775807", 9223372036854775807),
        ("170141183460469231731687303715884105727::HUGEINT", "170141183460469231731687303715884105727"),
        ("'nan'::DOUBLE", "NaN"),
        ("'-inf'::DOUBLE", "-Infinity"),
        ("{'a': [1, NULL], 'd': DATE '2026-01-02'}", {"a": [1, None], "d": "2026-01-02"}),
        ("MAP {1: 'x'}", {"1": "x"}),
        ("'ab'::BLOB", "ab"),
        ("'\\xFF'::BLOB", "ff"),
        ("INTERVAL 3 DAY", "3 days, 0:00:00"),
        ("true", True),
    ],
)
def test_every_value_is_plain_json(workspace: Path, value: str, plain: Any) -> None:
    result = query(workspace, f"SELECT {value}")
    assert result["rows"] == [[plain]]
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_times_are_utc_wherever_the_process_runs(workspace: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from surefoot.tools.sql import query_tool;"
        "print(query_tool(Path(sys.argv[1])).invoke({'sql': \"SELECT TIMESTAMPTZ '2026-01-02 03:00:00+00'\"})['rows'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(workspace)],
        env={**os.environ, "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[['2026-01-02T03:00:00+00:00']]"


def test_only_the_process_of_a_query_loads_the_engine(workspace: Path) -> None:
    code = """
import sys
from surefoot.tools import default_tools
from surefoot.tools.effects import effect_of
from surefoot.tools.finding import find
[tool] = [tool for tool in default_tools(sys.argv[1]) if tool.name == "query_data"]
print("duckdb" in sys.modules)
origin = effect_of(tool).isolate.origin
__import__(origin.module)  # as the process does before the first query
print("duckdb" in sys.modules, find(origin, "query_data").name)
"""
    done = subprocess.run([sys.executable, "-c", code, str(workspace)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "query_data"]


@pytest.mark.parametrize(
    "sql",
    [
        "COPY (SELECT 1) TO 'out.csv'",
        "CREATE TABLE t AS SELECT 1",
        "ATTACH 'x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET threads = 4",
        "PRAGMA enable_profiling",
        "CALL pragma_version()",
        "EXPORT DATABASE 'x'",
        "EXPLAIN ANALYZE DELETE FROM t",
        "SELECT 1; SELECT 2",
        "",
        "-- nothing",
        "PIVOT 'sales.csv' ON region USING sum(amount)",
    ],
)
def test_anything_but_one_reading_statement_is_refused(workspace: Path, sql: str) -> None:
    before = sorted(workspace.rglob("*"))
    with pytest.raises(ToolError, match=r"only reads|exactly one|PIVOT needs"):
        query(workspace, sql)
    assert sorted(workspace.rglob("*")) == before


def links(root: Path) -> None:
    secret = root.parent / "secret.csv"
    (root / "soft.csv").symlink_to(secret)
    (root / "folder").symlink_to(root.parent)
    (root.parent / "other.csv").write_text("word\nswordfish\n")
    os.link(root.parent / "other.csv", root / "hard.csv")
    (root / "up.csv").symlink_to("../secret.csv")


@pytest.mark.parametrize(
    "source",
    [
        "'soft.csv'",
        "'up.csv'",
        "'hard.csv'",
        "'folder/secret.csv'",
        "'../secret.csv'",
        "'data/../../secret.csv'",
        "'{outside}/secret.csv'",
        "'{outside}/*.csv'",
        "'folder/*.csv'",
        "'../*.csv'",
        "'workspace://../secret.csv'",
        "'file://{outside}/secret.csv'",
        "read_csv('soft.csv')",
        "read_csv('{outside}/secret.csv')",
        "read_csv(['sales.csv', 'soft.csv'])",
        "read_csv('/etc/passwd')",
        "read_csv('{outside}/sec' || 'ret.csv')",
        "read_csv('workspace://../sec' || 'ret.csv')",
        "read_csv('workspace://so' || 'ft.csv')",
        "read_csv('workspace://.sure' || 'foot/runs.csv')",
        "read_csv($${outside}/secret.csv$$)",
        "read_text('/etc/passwd')",
        "read_blob('folder/secret.csv')",
        "sniff_csv('{outside}/secret.csv')",
        "parquet_metadata('{outside}/secret.csv')",
        "glob('{outside}/*')",
        "glob('/etc/' || '*')",
        "query('FROM ''{outside}/secret.csv''')",
        "query('FROM read_csv(''{outside}/secret.csv'')')",
        "query_table('{outside}/secret.csv')",
        "sqlite_scan('{outside}/secret.csv', 't')",
        "'.surefoot/runs.csv'",
        "'.SUREFOOT/runs.csv'",
        "'data/../.surefoot/runs.csv'",
        "'.surefoot/*'",
        "'https://example.org/a.csv'",
        "read_parquet('s3://bucket/a.parquet')",
        "read_csv('htt' || 'p://127.0.0.1:9/a.csv')",
        "workspace",
    ],
)
def test_nothing_outside_the_workspace_can_be_read(workspace: Path, source: str) -> None:
    links(workspace)
    with pytest.raises(ToolError) as caught:
        query(workspace, f"SELECT * FROM {source.replace('{outside}', str(workspace.parent))}")
    message = str(caught.value)
    assert message
    assert "swordfish" not in message
    assert "Traceback" not in message


def test_a_computed_path_through_a_linked_folder_finds_nothing(workspace: Path) -> None:
    links(workspace)
    assert query(workspace, "FROM read_text('workspace://folder/sec' || 'ret.csv')")["rows"] == []


def test_patterns_pass_over_links_and_surefoots_own_files(workspace: Path) -> None:
    links(workspace)
    assert query(workspace, "SELECT count(*) FROM '**/*.csv'")["rows"] == [[3]]
    found = [row[0] for row in query(workspace, "FROM glob('**')")["rows"]]
    assert found == ["data/deep/more.tsv", "data/n.parquet", "data/people.jsonl", "notes.txt", "sales.csv"]


def test_no_variable_of_this_process_is_a_table(workspace: Path) -> None:
    relation = duckdb.sql("SELECT 'swordfish' AS word")
    with pytest.raises(ToolError, match="no table relation"):
        query(workspace, "FROM relation")
    relation.close()


def test_a_file_swapped_for_a_link_is_not_followed_when_it_is_opened(workspace: Path) -> None:
    files = SealedFiles(workspace)
    assert files.info("sales.csv")["type"] == "file"
    (workspace / "sales.csv").unlink()
    (workspace / "sales.csv").symlink_to(workspace.parent / "secret.csv")
    with pytest.raises(OutsideWorkspace):
        files.open("workspace://sales.csv")


def test_a_hard_link_that_is_gone_by_the_time_it_is_looked_at_opens_nothing(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace.parent / "secret.csv").write_text("swordfish")
    os.link(workspace.parent / "secret.csv", workspace / "hard.csv")
    opened = os.open

    def unlinked_at_once(path: Any, *args: Any, **kwargs: Any) -> int:
        descriptor = opened(path, *args, **kwargs)
        if path == "hard.csv":
            (workspace / "hard.csv").unlink()
        return descriptor

    monkeypatch.setattr(os, "open", unlinked_at_once)
    with pytest.raises(OutsideWorkspace):
        SealedFiles(workspace).open("workspace://hard.csv")


def test_a_pipe_is_refused_without_waiting(workspace: Path) -> None:
    os.mkfifo(workspace / "pipe.csv")
    with pytest.raises(OutsideWorkspace):
        query(workspace, "FROM 'pipe.csv'")


def test_a_missing_file_is_answered_with_those_that_exist(workspace: Path) -> None:
    with pytest.raises(ToolError, match=r"no file sale\.csv\. Data files here: sales\.csv, data/n\.parquet, "):
        query(workspace, "FROM 'sale.csv'")
    with pytest.raises(ToolError, match=r"No files found .*sales\.csv"):
        query(workspace, "FROM 'x*.csv'")
    with pytest.raises(ToolError, match=r"no table sales: .*sales\.csv"):
        query(workspace, "FROM sales")


def test_a_wrong_column_is_answered_with_the_right_ones(workspace: Path) -> None:
    with pytest.raises(ToolError, match=r'"amont" not found.*"amount"'):
        query(workspace, "SELECT amont FROM 'sales.csv'")


def test_a_long_query_is_stopped(workspace: Path) -> None:
    with pytest.raises(ToolError, match=r"longer than 0\.2 seconds"):
        query(workspace, "SELECT sum(a.range * b.range % 7) FROM range(10000000) a, range(1000) b", timeout=0.2)


ENDLESS = "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t"


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_in_a_process_of_its_own_a_query_is_the_same_and_ends_in_time(workspace: Path, colour: str) -> None:
    runner = ToolRunner(Toolbox([query_tool(workspace, timeout=1)]))

    def run(sql: str) -> Outcome:
        return (
            runner.run("query_data", {"sql": sql})
            if colour == "sync"
            else asyncio.run(runner.arun("query_data", {"sql": sql}))
        )

    assert run("SELECT count(*) FROM 'sales.csv'").output["rows"] == [[3]]
    assert "There is no file gone.csv" in run("SELECT * FROM 'gone.csv'").message
    ended = run(ENDLESS)
    assert "took longer than 1 seconds" in ended.message
    assert ended.duration_seconds < 6


def test_what_an_engine_takes_beside_its_own_limit_is_not_taken_from_the_agent(workspace: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    runner = ToolRunner(Toolbox([query_tool(workspace, memory_mb=64)]))
    for sql in ("SELECT list(range) FROM range(100000000)", "SELECT length(repeat('x', 3000000000))"):
        assert runner.run("query_data", {"sql": sql}).kind == "exception"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_greedy_query_is_stopped(workspace: Path) -> None:
    with pytest.raises(ToolError, match="more than 64 MB"):
        query(workspace, "SELECT list(range) FROM range(100000000)", memory_mb=64)
