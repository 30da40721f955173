import csv
import dataclasses
import io
from pathlib import Path
from typing import Any

import pytest

from benchmarks import render, report, suite
from benchmarks.data import DataSource
from benchmarks.published import EVIDENCE
from benchmarks.render_comparison import CLAIM_VERDICTS, interval, signed
from benchmarks.render_csv import to_csv
from benchmarks.render_markdown import markdown_table, to_markdown
from benchmarks.spec import TableSpec
from benchmarks.workers import in_this_process


@pytest.fixture
def built(tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path) -> dict[str, Any]:
    """The report of a small table with one seed."""
    plan = suite.make_plan(tiny_table, tiny_source, range(1), tmp_path)
    result = suite.run(plan, in_this_process, lambda _: None)
    return report.build(result, "what was read")


def test_all_forms_are_written_and_all_say_mini(built: dict[str, Any], tmp_path: Path) -> None:
    files = render.write(built, tmp_path)
    assert [file.name for file in files] == ["tiny.md", "tiny.csv", "tiny.json"]
    texts = [file.read_text() for file in files] + [render.to_text(built)]
    assert all("MINI" in text for text in texts)


def test_markdown_explains_marks_protocols_and_origin(built: dict[str, Any]) -> None:
    text = to_markdown(built)
    assert text.startswith("# A tiny table — on MINI (a tiny set)\n\n**MINI: ")
    assert "|  | paper | 58.9 | 63.3~ | - |" in text
    for words in (*EVIDENCE.values(), "`first_k`, k = 2: the best path, cut at k labels"):
        assert words in text
    for words in ("NOT TUNED", "what was read", "commit: ", "versions: python", "machine: "):
        assert words in text
    for row in built["rows"]:
        for run in row["runs"]:
            assert f"`{run['key'][:8]}`" in text


def test_on_real_data_nothing_says_mini(built: dict[str, Any]) -> None:
    real = {**built, "is_mini": False, "data": {**built["data"], "title": "COCO", "name": "coco"}}
    for text in (to_markdown(real), to_csv(real), render.to_text(real)):
        assert "MINI" not in text
        assert "coco" in text.lower()


def test_a_failure_is_told_below_the_table(built: dict[str, Any]) -> None:
    built["rows"][0].update(status="failed", failures=["ValueError: too much"], runs=[])
    text = to_markdown(built)
    assert "| Binary cross-entropy | ours on MINI | failed | failed | failed |" in text
    assert "- Binary cross-entropy: a run FAILED: ValueError: too much" in text


def test_csv_has_one_line_for_each_number(built: dict[str, Any]) -> None:
    lines = list(csv.DictReader(io.StringIO(to_csv(built))))
    keys = [(line["row"], line["protocol"], line["metric"]) for line in lines]
    assert len(set(keys)) == len(keys)
    found = dict(zip(keys, lines, strict=True))
    line = found["bce", "exactly_k", "o_f1"]
    assert (line["published"], line["evidence"], line["data"]) == ("63.3", "~", "MINI")
    expected = built["rows"][0]["cells"]["o_f1"]["ours"]["mean"]
    assert float(line["mean"]) == pytest.approx(expected, abs=1e-4)
    assert ("cnn_rnn", "as_decoded", "c_p") in found
    assert ("cnn_rnn", "", "map") in found


def test_the_terminal_table_is_aligned(built: dict[str, Any]) -> None:
    lines = render.to_text(built).splitlines()
    head = next(line for line in lines if "C-F1" in line)
    ours = next(line for line in lines if line.startswith("CNN-RNN"))
    paper = next(line for line in lines if "63.3~" in line)
    assert head.index("O-F1") + len("O-F1") == paper.index("63.3~") + len("63.3~")
    assert len(head) == len(ours) == len(paper)


def test_a_table_of_average_precision_lists_the_classes(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    rows = tuple(dataclasses.replace(row, published={}) for row in tiny_table.rows)
    table = dataclasses.replace(
        tiny_table, kind="average_precision", columns=("map_11", "map"), rows=rows
    )
    plan = suite.make_plan(table, tiny_source, range(1), tmp_path)
    built = report.build(suite.run(plan, in_this_process, lambda _: None), "read")
    for text in (to_markdown(built), render.to_text(built)):
        assert "CNN-RNN, 11-point" in text
        assert "green" in text
        assert "| paper |" not in text
    assert any("ap: green" in line for line in to_csv(built).splitlines())


def test_markdown_tables_have_a_rule_for_each_column() -> None:
    assert markdown_table(["a", "b"], [["1", "2"]]) == ["| a | b |", "| --- | ---: |", "| 1 | 2 |"]


def test_differences_stand_in_every_form(built: dict[str, Any]) -> None:
    bce = built["rows"][0]
    assert set(bce["against_reference"]) == {"c_f1", "o_f1", "map_at_k"}
    found = bce["against_reference"]["o_f1"]
    shown = f"{signed(found['difference'])} ({interval(found)}), {found['verdict']}"
    assert shown in to_markdown(built)
    assert "## Against CNN-RNN" in to_markdown(built)
    assert f"{interval(found)}" in render.to_text(built)
    lines = list(csv.DictReader(io.StringIO(to_csv(built))))
    (line,) = [
        line
        for line in lines
        if (line["row"], line["protocol"], line["metric"]) == ("bce", "exactly_k", "o_f1")
    ]
    assert float(line["difference"]) == pytest.approx(found["difference"], abs=1e-4)
    assert line["verdict"] == found["verdict"]


def test_claims_stand_in_markdown_and_on_the_terminal(built: dict[str, Any]) -> None:
    answer = {
        **{"id": "best_f1", "claim": "CNN-RNN has the best F1", "data": "MINI", "table": "tiny"},
        **{"metric": "o_f1", "against": "Softmax", "verdict": "not seen"},
        **{"difference": -0.04, "low": -1.25, "high": 1.5},
    }
    untested = {**answer, "metric": "c_f1", "against": None, "verdict": "not tested"}
    untested.update(difference=None, low=None, high=None)
    claimed = {**built, "claims": [answer, untested]}
    text = to_markdown(claimed)
    assert "| CNN-RNN has the best F1 | O-F1 | Softmax | -0.04 | -1.2 to +1.5 | not seen |" in text
    assert "|  | C-F1 | - | - | - | not tested |" in text
    for name, words in CLAIM_VERDICTS.items():
        assert f"- {name}: {words}." in text
    assert "not tested" in render.to_text(claimed)
