"""The paper's claims (section 4), each answered on the data at hand with an interval.

A claim says that CNN-RNN has more of a metric than another row. With the 95% interval of the paired
bootstrap of CNN-RNN minus that row, the verdict is

- `seen`: the whole interval lies above zero;
- `opposite`: the whole interval lies below zero;
- `not seen`: zero lies inside the interval or at its edge;
- `not tested`: one of the rows has no finished run.

"Best" is a claim against every other row of the paper's table that is trained here: `seen` if all
intervals lie above zero, `opposite` if any lies below, `not seen` otherwise; the interval shown is
the one that decides (the worst for the claim). Rows below the line are not the paper's and take no
part; rows that only the paper prints cannot.

"A random order in each mini-batch does not converge" is answered by the study of the label orders,
with the interval of that order minus the most frequent first: `seen` if it lies below zero and the
random order reaches less than half of the other's value (our reading of "does not converge": no
usable model comes of it), `opposite` if it lies above zero, `not seen` otherwise: it may be worse,
but it converges.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SEEN, NOT_SEEN, OPPOSITE, NOT_TESTED = "seen", "not seen", "opposite", "not tested"
ROW = "cnn_rnn"
RANDOM_ORDER, FREQUENT_FIRST = "random_per_batch", "frequency"  # rows of the study of the orders
Answer = dict[str, Any]
Report = dict[str, Any]


@dataclass(frozen=True)
class Claim:
    """CNN-RNN has more of some metrics than other rows.

    Attributes:
        id: names the claim.
        words: the claim.
        tables: ids of the tables that it is about.
        metrics: the columns.
        against: ids of the rows, each a question of its own; empty: best of all the paper's rows.
    """

    id: str
    words: str
    tables: tuple[str, ...]
    metrics: tuple[str, ...]
    against: tuple[str, ...] = ()


CLAIMS = (
    Claim(
        "recurrence_raises_recall",
        "The recurrent layer raises recall: CNN-RNN above No RNN",
        ("table3",),
        ("c_r", "o_r"),
        ("no_rnn",),
    ),
    Claim(
        "higher_precision",
        "CNN-RNN has a higher precision than softmax and WARP",
        ("table1", "table2", "table3"),
        ("c_p", "o_p"),
        ("softmax", "warp"),
    ),
    Claim(
        "best_f1",
        "CNN-RNN has the best F1 of the table",
        ("table1", "table2", "table3"),
        ("c_f1", "o_f1"),
    ),
    Claim(
        "best_map",
        "CNN-RNN has the best mAP of the table",
        ("table4",),
        ("map_11", "map"),
    ),
)


def answers(report: Report) -> list[Answer]:
    """The claims about a table, answered by its comparisons.

    Args:
        report: of a table: `rows` with `against_reference`, `reference`, `data`, `columns`.
    Returns:
        One answer a claim, metric and row asked for: {"id", "claim", "verdict", "data", "table",
        "metric", "against", "difference", "low", "high"}; the numbers are CNN-RNN minus the row
        named by `against`, in percentage points, or None.
    """
    return [answer for claim in CLAIMS for answer in _of(claim, report)]


def untested(table: str) -> list[Answer]:
    """The answers about a table that was not run: `not tested`."""
    return [
        {
            "id": claim.id,
            "claim": claim.words,
            "data": None,
            "table": table,
            "metric": metric,
            "against": None,
            **_answered(None),
        }
        for claim in CLAIMS
        if table in claim.tables
        for metric in claim.metrics
    ]


def convergence(study: Report | None) -> list[Answer]:
    """The claim that a random order in each mini-batch does not converge (section 3.4).

    Args:
        study: of the label orders; None: it was not run.
    Returns:
        An answer for C-F1 and one for O-F1; the numbers are the random order minus the most
        frequent first, in percentage points.
    """
    rows = {row["id"]: row for row in study["rows"]} if study else {}
    random, frequent = rows.get(RANDOM_ORDER), rows.get(FREQUENT_FIRST)
    found: list[Answer] = []
    for metric in ("c_f1", "o_f1"):
        answer: Answer = {
            "id": "random_order_does_not_converge",
            "claim": "A random order of the labels in each mini-batch does not converge",
            "data": study["data"]["title"] if study else None,
            "table": "study orders",
            "metric": metric,
            "against": frequent["name"] if frequent else None,
        }
        difference = ((random or {}).get("against_reference") or {}).get(metric)
        if study is None or study["reference"] != FREQUENT_FIRST or not (difference and frequent):
            found.append({**answer, **_answered(None)})
            continue
        numbers = {name: difference[name] for name in ("difference", "low", "high")}
        half = frequent["cells"][metric]["mean"] / 2
        fails = numbers["high"] < 0 and -numbers["difference"] > half
        said = SEEN if fails else OPPOSITE if numbers["low"] > 0 else NOT_SEEN
        found.append({**answer, "verdict": said, **numbers})
    return found


def verdict(low: float, high: float) -> str:
    """What an interval of CNN-RNN minus another row says of the claim that it is higher."""
    if low > 0:
        return SEEN
    return OPPOSITE if high < 0 else NOT_SEEN


def _of(claim: Claim, report: Report) -> Iterator[Answer]:
    if report["table"] not in claim.tables:
        return
    rows = {row["id"]: row for row in report["rows"]}
    for metric in claim.metrics:
        if metric not in report["columns"]:
            continue
        found = {row_id: _difference(report, rows[row_id], metric) for row_id in rows}
        head = {
            "id": claim.id,
            "claim": claim.words,
            "data": report["data"]["title"],
            "table": report["table"],
            "metric": metric,
        }
        if claim.against:
            for row_id in claim.against:
                name = rows[row_id]["name"] if row_id in rows else row_id
                yield {**head, "against": name, **_answered(found.get(row_id))}
            continue
        others = {
            row["id"]: found[row["id"]]
            for row in report["rows"]
            if row["id"] != ROW and not row["below_line"] and row["status"] != "published only"
        }
        known = {row_id: one for row_id, one in others.items() if one is not None}
        if not others or len(known) < len(others):
            yield {**head, "against": None, **_answered(None)}
            continue
        lost = [row_id for row_id, one in known.items() if one["high"] < 0]
        deciding = (
            min(lost, key=lambda row_id: known[row_id]["high"])
            if lost
            else min(known, key=lambda row_id: known[row_id]["low"])
        )
        yield {**head, "against": rows[deciding]["name"], **_answered(known[deciding])}


def _difference(report: Report, row: dict[str, Any], metric: str) -> dict[str, float] | None:
    """CNN-RNN minus a row, from what the report has: the row minus the reference."""
    if report["reference"] != ROW:
        return None
    found = (row["against_reference"] or {}).get(metric)
    if found is None:
        return None
    return {"difference": -found["difference"], "low": -found["high"], "high": -found["low"]}


def _answered(found: dict[str, float] | None) -> Answer:
    if found is None:
        return {"verdict": NOT_TESTED, "difference": None, "low": None, "high": None}
    return {"verdict": verdict(found["low"], found["high"]), **found}
