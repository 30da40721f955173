"""The attention study for the terminal and as Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.cells import Report, full_title
from benchmarks.drawing import Tabulated
from benchmarks.render import text_table, write_files
from benchmarks.render_markdown import markdown_table, provenance_lines

HEAD = (
    *("label", "given", "images", "attention in its boxes", "area of its boxes"),
    *("more than its area", "more than the mean map"),
)
CONDITIONING_HEAD = ("label", "images", "before", "after", "after minus before", "")


def write(report: Report, folder: Path) -> list[Path]:
    """Writes attention.md and .json.

    Returns:
        The files.
    """
    return write_files(folder / "attention", report, {".md": to_markdown(report)})


def to_text(report: Report) -> str:
    """The study for a terminal."""
    parts = [
        f"{full_title(report)}: percent of the attention",
        "",
        *text_table(HEAD, [on_label_lines(report)]),
        "",
        *text_table(CONDITIONING_HEAD, [conditioning_lines(report)], left=(0, 5)),
    ]
    return "\n".join(parts) + "\n"


def to_markdown(report: Report) -> str:
    """The whole study."""
    mini = (
        ["**MINI: drawn scenes, where it is known which pixels belong to which object.**", ""]
        if report["is_mini"]
        else []
    )
    parts = [
        f"# {full_title(report)}",
        "",
        *mini,
        _what_is_measured(report),
        "",
        *markdown_table(HEAD, on_label_lines(report)),
        "",
        "## Before and after conditioning on the first label",
        "",
        "The same labels under both maps: does the attention move to the second label, and away "
        "from the first, once the first is given?",
        "",
        *markdown_table(CONDITIONING_HEAD, conditioning_lines(report)),
        "",
        f"- {report['images']:,} test images were looked at; runs "
        f"{' '.join(f'`{key[:8]}`' for key in report['runs'])}.",
        "- The signal at each step is the average over the label nodes, each with its softmax "
        "probability, so that all probable labels, not the next one alone, are in a map.",
        "",
        *provenance_lines(report),
    ]
    return "\n".join(parts) + "\n"


def tabulated(report: Report) -> Tabulated:
    """The first table, as it stands with the figures."""
    moves = "; ".join(
        f"{found['label']} label {_interval(found['difference'], digits=2)}"
        for found in report["conditioning"]
    )
    return Tabulated(
        "attention",
        report["title"],
        f"{_what_is_measured(report)} Share after minus share before the first label is given: "
        f"{moves or 'no label to measure'}. Data: {report['data']['title']}.",
        HEAD,
        [tuple(line) for line in on_label_lines(report)],
    )


def _what_is_measured(report: Report) -> str:
    level = f"{100 * report['level']:g}%"
    return (
        f"{report['model']}, {report['method']}. For each test image the first two labels of the "
        "best path are taken that are really in the image; `next` is the label about to be "
        "predicted. The share of the attention inside the label's boxes is set against the boxes' "
        "share of the image, which a map reaches that does not look, and against the share of the "
        "mean map of all images at that step, which only knows where objects usually are. Percent; "
        f"means over seeds {', '.join(map(str, report['seeds']))}; in brackets the {level} "
        f"interval, bootstrap over images, {report['resamples']:,} resamples."
    )


def on_label_lines(report: Report) -> list[list[str]]:
    """The cells of the first table."""
    return [
        [
            found["label"] + (" (next)" if found["about_to_be_predicted"] else ""),
            "the first label" if found["given"] == "first" else found["given"],
            _images(found),
            f"{found['mass']:.1f}",
            f"{found['area']:.1f}",
            _interval(found["mass_minus_area"]),
            _interval(found["mass_minus_mean_map"]),
        ]
        for found in report["on_label"]
    ]


def conditioning_lines(report: Report) -> list[list[str]]:
    """The cells of the second table."""
    return [
        [
            found["label"],
            _images(found),
            f"{found['before']:.2f}",
            f"{found['after']:.2f}",
            _interval(found["difference"], digits=2),
            _verdict(found["difference"]),
        ]
        for found in report["conditioning"]
    ]


def _images(found: dict[str, Any]) -> str:
    """Of each seed, or the one number if they are equal."""
    return ", ".join(f"{count:,}" for count in dict.fromkeys(found["images"]))


def _interval(found: dict[str, Any], digits: int = 1) -> str:
    mean, low, high = (f"{found[name]:+.{digits}f}" for name in ("mean", "low", "high"))
    return f"{mean} ({low} to {high})"


def _verdict(found: dict[str, Any]) -> str:
    if not found["shown"]:
        return "no difference shown"
    return "more" if found["mean"] > 0 else "less"
