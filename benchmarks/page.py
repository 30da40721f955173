"""One HTML page of all results: the tables, the claims, the studies, the figures, the provenance.

The page is one file and loads nothing: styles stand in it, pictures are data URIs, and there is no
script. It shows what lies in the results folder, and says which make target makes what does not.
"""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import page_results, page_sections, provenance
from benchmarks.comparison import LEVEL
from benchmarks.metric_names import PROTOCOLS
from benchmarks.page_results import Results
from benchmarks.render_comparison import CLAIM_VERDICTS, claims_markdown
from benchmarks.store import write_json, write_text

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "page_templates"


def write(folder: Path) -> tuple[list[Path], Results]:
    """Writes report.html, and the answered claims as claims.json and claims.md.

    Args:
        folder: the results; gets the files.
    Returns:
        The files, and what was found.
    Raises:
        ResultError: there is no such folder, or a report in it is damaged.
    """
    results = page_results.read(folder)
    answers = page_sections.all_answers(results)
    html, json, markdown = (folder / f for f in ("report.html", "claims.json", "claims.md"))
    write_text(html, to_html(results))
    write_json(json, {"format": page_results.FORMAT, "claims": answers})
    write_text(markdown, claims_markdown(answers))
    return [html, json, markdown], results


def to_html(results: Results) -> str:
    """The page."""
    reports = results.all
    tables = [page_sections.table(report) for report in results.tables.values()]
    titles = dict.fromkeys(report["data"]["title"] for report in reports)
    runs = {
        run["key"] for report in reports for row in report.get("rows", ()) for run in row["runs"]
    }
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            css=(TEMPLATES / "page.css").read_text(encoding="utf-8"),
            version=importlib.metadata.version("cnn-rnn"),
            commit=provenance.commit(),
            date=provenance.now()[:10],
            runs=len(runs),
            any_mini=any(report["is_mini"] for report in reports),
            data_titles=list(titles),
            level=f"{100 * LEVEL:g}%",
            claims=page_sections.claims_of(page_sections.all_answers(results), results),
            verdicts=CLAIM_VERDICTS,
            protocols=PROTOCOLS,
            tables=tables,
            ablation=page_sections.ablation(results.ablation) if results.ablation else None,
            studies=[
                page_sections.study(name, found, results.folder)
                for name, found in results.studies.items()
            ],
            figures=page_sections.figures(results.figures, results.figure_folder)
            if results.figures
            else None,
            missing=results.missing,
            provenance=page_sections.origins(results),
        )
    )


def _environment() -> Environment:
    """Escapes whatever a report says."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["minus"] = _minus
    return made


def _minus(text: Any) -> str:
    """A hyphen before a digit becomes a minus sign."""
    return str(text).replace("-", "\N{MINUS SIGN}")
