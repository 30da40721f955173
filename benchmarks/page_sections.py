"""The sections of the page as plain data for its template."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from benchmarks import claims, page_pictures, page_tables, render_ablation
from benchmarks.cells import Report, has_published, measured, note_of
from benchmarks.claims import Answer
from benchmarks.metric_names import HEADINGS
from benchmarks.page_results import TABLES, Results
from benchmarks.render_comparison import comparison_words, interval, signed

Section = dict[str, Any]


def all_answers(results: Results) -> list[Answer]:
    """The paper's claims, answered by every table and study; what was not run is not tested."""
    found: list[Answer] = []
    for name in TABLES:
        report = results.tables.get(name)
        found += claims.untested(name) if report is None else report["claims"]
    return [*found, *claims.convergence(results.studies.get("orders"))]


def claims_of(answers: Sequence[Answer], results: Results) -> list[Section]:
    """Claims with their answers, in the order of the paper's words."""
    mini = {report["data"]["title"] for report in results.all if report["is_mini"]}
    order = [claim.id for claim in claims.CLAIMS]
    map_k = next((report["map_k"] for report in results.all), 10)
    groups: dict[str, Section] = {}
    for answer in answers:
        group = groups.setdefault(
            answer["id"], {"id": answer["id"], "words": answer["claim"], "answers": []}
        )
        known = answer["difference"] is not None
        group["answers"].append(
            {
                "where": TABLES.get(answer["table"], "Label orders"),
                "metric": HEADINGS[answer["metric"]].format(k=map_k),
                "data": answer["data"],
                "is_mini": answer["data"] in mini,
                "against": answer["against"],
                "difference": signed(answer["difference"]) if known else None,
                "interval": interval(answer) if known else None,
                "verdict": answer["verdict"],
            }
        )
    for group in groups.values():
        group["answers"] = _untested_once(group["answers"])
    last = len(order)
    return sorted(
        groups.values(), key=lambda one: order.index(one["id"]) if one["id"] in order else last
    )


def _untested_once(answers: Sequence[Section]) -> list[Section]:
    """Metrics of a table that was not run at all share one line."""
    found: list[Section] = []
    for answer in answers:
        before = found[-1] if found else None
        alike = before and (before["where"], before["against"]) == (answer["where"], None)
        if before and alike and answer["verdict"] == before["verdict"] == claims.NOT_TESTED:
            before["metric"] += f", {answer['metric']}"
        else:
            found.append(dict(answer))
    return found


def table(report: Report) -> Section:
    """A table of the paper: ours beside the published cells, and against the reference row."""
    head, blocks = page_tables.main_table(report)
    compared = page_tables.comparison(report)[1]
    by_class = page_tables.class_table(report) if report["kind"] == "average_precision" else None
    groups = [names for _, names in by_class[0]] if by_class else []
    notes = [note_of(row) for row in report["rows"] if row["note"]]
    failed = [
        (row["name"], f"a run FAILED: {f}") for row in report["rows"] for f in row["failures"]
    ]
    return {
        "id": report["table"],
        "short": TABLES.get(report["table"], report["title"]),
        "title": report["title"],
        "is_mini": report["is_mini"],
        "data_title": report["data"]["title"],
        "lead": _lead(report),
        "head": head,
        "blocks": blocks,
        "reference": page_tables.reference_of(report),
        "marked": bool(compared),
        "evidence": report["evidence"] if has_published(report) else None,
        "notes": [*notes, *failed],
        "comparison": compared,
        "comparison_words": comparison_words(report).replace("`", ""),
        "classes": by_class,
        "class_heads": [name for names in groups for name in names],
        "class_firsts": list(accumulate((len(names) for names in groups), initial=0)),
        "protocols": page_tables.protocols(report),
    }


def ablation(report: Report) -> Section:
    """No RNN against CNN-RNN, and the recall by object size."""
    found = report["metrics"]
    reach = max(abs(one["difference"][part]) for one in found.values() for part in ("low", "high"))
    groups: dict[str, list[Section]] = {"Decisions and ranking": [], "Recall by object size": []}
    for name, one in found.items():
        by_size = name.startswith(render_ablation.RECALL)
        interval_of = {
            "difference": one["difference"]["mean"],
            "low": one["difference"]["low"],
            "high": one["difference"]["high"],
            "verdict": render_ablation.verdict(one["difference"]),
        }
        groups["Recall by object size" if by_size else "Decisions and ranking"].append(
            {
                "name": render_ablation.called(report, name).replace("`", ""),
                "baseline": measured(one["baseline"]),
                "row": measured(one["row"]),
                "difference": page_tables.difference_cell(interval_of, reach or 1.0),
            }
        )
    return {
        "title": report["title"],
        "is_mini": report["is_mini"],
        "words": f"On {report['data']['title']}. {render_ablation.what_the_interval_is(report)}",
        "names": [report["compared"][role]["name"] for role in ("baseline", "row")],
        "groups": [(heading, lines) for heading, lines in groups.items() if lines],
    }


def study(name: str, report: Report, folder: Path) -> Section:
    """A study: its plot, its caption, its numbers."""
    picture = page_pictures.best_of(folder / f"study-{name}{end}" for end in page_pictures.TYPES)
    has_rows = all("cells" in row for row in report.get("rows", ())) and bool(report.get("rows"))
    return {
        "id": name,
        "title": report["title"].removeprefix("Study: ").capitalize(),
        "is_mini": report["is_mini"],
        "caption": report["caption"],
        "alt": f"Plot of the study: {report['title'].removeprefix('Study: ')}. {report['caption']}",
        "data_title": report["data"]["title"],
        "picture": page_pictures.data_uri(picture) if picture else None,
        "table": page_tables.study_table(report) if has_rows else None,
        "reference": page_tables.reference_of(report) if has_rows else "",
    }


def figures(report: Report, folder: Path) -> Section:
    """The paper's figures from our runs, and the tables that were made with them."""
    drawn: list[Section] = []
    for figure in report["figures"]:
        picture = page_pictures.best_of(folder / name for name in figure["files"])
        if picture is not None:
            drawn.append({**figure, "picture": page_pictures.data_uri(picture)})
    names = ("id", "title", "caption", "head", "lines")
    tables = [{name: entry[name] for name in names} for entry in report["tables"]]
    return {"is_mini": report["is_mini"], "drawn": drawn, "tables": tables}


def origins(results: Results) -> list[Section]:
    """Where each report comes from: data, seeds, commit, versions, machine, run keys."""
    found: list[Section] = []
    for report in results.all:
        runs = [
            (row["name"], _trained_with(row), [run["key"] for run in row["runs"]])
            for row in report.get("rows", ())
            if row["runs"]
        ]
        title = report.get("title", "Figures of the paper")
        found.append({"title": title, "report": report, "runs": runs})
    return found


def _lead(report: Report) -> str:
    count = len(report["seeds"])
    seeds = f"mean ± standard deviation of {count} seeds" if count > 1 else "one seed"
    return f"Percent; {seeds}."


def _trained_with(row: dict[str, Any]) -> str:
    """How a row was trained, in words."""
    trained = row.get("trained")
    if not trained:
        return str(row.get("how") or "")
    return ", ".join(f"{name} {value}" for name, value in trained["arguments"].items())
