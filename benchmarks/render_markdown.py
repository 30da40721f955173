"""A report as Markdown: the table, what stands below the line, other protocols, provenance."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.cells import (
    Report,
    class_lines,
    full_title,
    has_published,
    heading,
    lines_of_rows,
    main_columns,
    measured,
    note_of,
)
from benchmarks.metric_names import DECIDED, HEADINGS, PROTOCOLS, RANKED
from benchmarks.published import NOTHING_PRINTED
from benchmarks.render_comparison import (
    CLAIM_VERDICTS,
    claim_lines,
    comparison_table,
    comparison_words,
    reference_name,
)


def to_markdown(report: Report) -> str:
    """The whole report of a table."""
    parts = [
        *preamble(report),
        *_main_table(report),
        *_notes(report),
        *_comparison(report),
        *_claims(report),
        *_protocol_table(report),
        *_classes_table(report),
        *_run_table(report),
        *_legend(report),
        *provenance_lines(report),
    ]
    return "\n".join(parts) + "\n"


def preamble(report: Report) -> list[str]:
    """Title, a word on MINI, and what the numbers are."""
    parts = [f"# {full_title(report)}", ""]
    if report["is_mini"]:
        parts += [
            "**MINI: these numbers were made on drawn scenes, not on the paper's photos.** Compare "
            "our rows with each other, never with numbers of the paper: those are of other images.",
            "",
        ]
    seeds = report["seeds"]
    return [
        *parts,
        f"Percent; mean ± standard deviation (ddof 1) of {len(seeds)} "
        f"{'seed' if len(seeds) == 1 else 'seeds'} ({', '.join(map(str, seeds))}): each varies the "
        "initial weights, the order of the batches and the held-out part of the training images.",
        "",
    ]


def markdown_table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table; the first column to the left, the others to the right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return [f"| {' | '.join(line)} |" for line in (head, rule, *lines)]


def _main_table(report: Report) -> list[str]:
    head = ["method", "", *(heading(report, column) for column in main_columns(report))]
    parts = markdown_table(head, lines_of_rows(report, False))
    below = lines_of_rows(report, True)
    if below:
        parts += ["", "Below the line: not rows of the paper's table.", ""]
        parts += markdown_table(head, below)
    return [*parts, ""]


def _notes(report: Report) -> list[str]:
    notes = [f"- {': '.join(note_of(row))}" for row in report["rows"] if row["note"]]
    for row in report["rows"]:
        notes += [f"- {row['name']}: a run FAILED: {line}" for line in row["failures"]]
    return [*notes, ""] if notes else []


def _comparison(report: Report) -> list[str]:
    head, lines = comparison_table(report)
    if not lines:
        return []
    title = f"## Against {reference_name(report)}"
    return [title, "", comparison_words(report), "", *markdown_table(head, lines), ""]


def _claims(report: Report) -> list[str]:
    if not report["claims"]:
        return []
    head, groups = claim_lines(report["claims"], report["map_k"])
    lines = [line for group in groups for line in group]
    return [
        f"## The paper's claims, on {report['data']['title']}",
        "",
        *markdown_table(head, lines),
        "",
        *(f"- {name}: {words}." for name, words in CLAIM_VERDICTS.items()),
        "",
    ]


def _protocol_table(report: Report) -> list[str]:
    if report["kind"] != "top_k":
        return []
    lines: list[list[str]] = []
    for row in report["rows"]:
        for protocol, metrics in row["protocols"].items():
            mark = " (table)" if protocol == row["protocol"] else ""
            values = [measured(metrics[metric]) for metric in DECIDED]
            lines.append([row["name"], f"`{protocol}`{mark}", *values])
    ranked = [
        [
            row["name"],
            *(measured(row["ranked"][name]) for name in RANKED),
            measured(row["empty_paths"]),
        ]
        for row in report["rows"]
        if row["runs"]
    ]
    head = ["method", *(heading(report, name) for name in RANKED), "empty paths"]
    k = report["top_k"]
    return [
        "## The same runs by other protocols",
        "",
        *markdown_table(["method", "protocol", *(HEADINGS[m] for m in DECIDED)], lines),
        "",
        *(f"- `{name}`, k = {k}: {words}." for name, words in PROTOCOLS.items()),
        "",
        *markdown_table(head, ranked),
        "",
    ]


def _classes_table(report: Report) -> list[str]:
    if report["kind"] != "average_precision":
        return []
    head, (classes, means) = class_lines(report)
    bold = [[f"**{text}**" for text in line] for line in means]
    table = markdown_table(head, [*classes, *bold])
    return ["## Average precision of each class", "", *table, ""]


def _run_table(report: Report) -> list[str]:
    lines = []
    for row in report["rows"]:
        if not row["runs"]:
            continue
        trained = row["trained"]
        arguments = {**trained["arguments"], "clip": trained["training"]["gradient_clip"]}
        words = ", ".join(f"{name} {value}" for name, value in arguments.items())
        epochs = ", ".join(str(found["epochs"]) for found in row["runs"])
        seconds = sum(found["seconds"]["total"] for found in row["runs"])
        keys = " ".join(f"`{found['key'][:8]}`" for found in row["runs"])
        lines.append([row["name"], words, epochs, f"{seconds:.0f}", keys])
    head = ["method", "what it was trained with", "epochs", "seconds", "runs"]
    tuned = report["settings"]
    words = (
        f"Settings: {tuned}."
        if tuned
        else "Settings: NOT TUNED on this data: the defaults that worked on other data."
    )
    return ["## Runs", "", words, "", *markdown_table(head, lines), ""]


def _legend(report: Report) -> list[str]:
    if not has_published(report):
        return []
    return [
        "## The paper's cells",
        "",
        *(
            f"- {f'`{mark}`' if mark else 'no mark'}: {w}."
            for mark, w in report["evidence"].items()
        ),
        f"- `{NOTHING_PRINTED}`: the paper prints nothing (or, for ours, there is no such number).",
        "",
    ]


def provenance_lines(report: Report) -> list[str]:
    """Data, seeds, commit, versions, machine, date and time."""
    data, origin = report["data"], report["provenance"]
    changed = {True: ", with changes", False: "", None: ""}[origin["commit"]["dirty"]]
    parts = [
        "## Provenance",
        "",
        f"- data: {data['description']}",
        f"- fingerprint: `{data['fingerprint']}`; backbone: {data['backbone']}; "
        f"transform: {data['transform']}",
        f"- seeds: {', '.join(map(str, report['seeds']))}",
        f"- commit: {origin['commit']['id']}{changed}; sources: `{origin['code'][:16]}`",
    ]
    for versions in origin["versions"]:
        parts.append("- versions: " + ", ".join(f"{n} {v}" for n, v in versions.items()))
    for machine in origin["machine"]:
        gpus = ", ".join(machine["gpus"]) or "no GPU"
        parts.append(
            f"- machine: {machine['cpu']}, {machine['cores']} cores, "
            f"{machine['memory_gib']} GiB, {gpus}; {machine['system']}"
        )
    parts.append(
        f"- written {origin['date']}; this call took {origin['seconds']:.0f} s, all runs together "
        f"{origin['run_seconds']:.0f} s"
    )
    return parts
