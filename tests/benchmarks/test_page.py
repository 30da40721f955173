"""The page, as built from results and as a real browser shows it."""

import dataclasses
import json
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from benchmarks import page, page_results, page_sections, render, report, suite
from benchmarks.cells import measured, published
from benchmarks.data import DataSource
from benchmarks.published import PublishedCell
from benchmarks.spec import TableSpec
from benchmarks.store import ResultError, write_json
from benchmarks.workers import in_this_process

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
ARGUMENTS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="300"><path d="M0 0h9v9"/></svg>'
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def results(
    tiny_table: TableSpec,
    tiny_source: DataSource,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A copy of tables 3 and 4 of short runs, a study, a figure; a name is no tag of HTML."""
    made = tmp_path_factory.getbasetemp() / "page-results"
    if not made.exists():
        partly = tmp_path / "made"
        _make(tiny_table, tiny_source, partly)
        partly.rename(made)
    return Path(shutil.copytree(made, tmp_path / "results"))


def _make(tiny_table: TableSpec, tiny_source: DataSource, folder: Path) -> None:
    rows = (
        dataclasses.replace(tiny_table.row("bce"), name="<b>Binary</b> & more", note="<i>note"),
        tiny_table.row("cnn_rnn"),
    )
    classes = {"ap_11/red": PublishedCell(96.7), "map_11": PublishedCell(84.0, "~")}
    voc = (
        dataclasses.replace(rows[1], published=classes),
        dataclasses.replace(rows[0], published={}),
        dataclasses.replace(rows[0], id="inria", name="INRIA", task=None, published=classes),
    )
    columns = (*(f"ap_11/{name}" for name in ("red", "green", "blue", "rare")), "map_11", "map")
    voc_table: dict[str, Any] = {"kind": "average_precision", "columns": columns, "rows": voc}
    tables = (
        dataclasses.replace(tiny_table, id="table3", title="Table 3. Tiny", rows=rows),
        dataclasses.replace(tiny_table, id="table4", title="Table 4. Tiny", **voc_table),
    )
    for table in tables:
        plan = suite.make_plan(table, tiny_source, range(2), folder)
        result = suite.run(plan, in_this_process, lambda _: None)
        render.write(report.build(result, "what was read"), folder)
    _write_study_and_figures(folder)


def _write_study_and_figures(folder: Path) -> None:
    table = _report(folder, "table3")
    frequent, random = (dict(row) for row in table["rows"][:2])
    frequent.update(id="frequency", name="most frequent first", against_reference=None, how="so")
    random.update(id="random_per_batch", name="random in each mini-batch", how="so")
    random["against_reference"] = {
        metric: {"difference": -40.0, "low": -44.0, "high": -36.0, "verdict": "lower"}
        for metric in ("c_f1", "o_f1")
    }
    for row in (frequent, random):
        row["cells"] = {
            metric: {"mean": 50.0, "sd": None, "seeds": 1} for metric in ("c_f1", "o_f1")
        }
    study = {**table, "study": "orders", "title": "Study: the order", "caption": "What it is."}
    study.update(rows=[frequent, random], reference="frequency", metrics=["c_f1", "o_f1"])
    study["headings"] = {"c_f1": "C-F1", "o_f1": "O-F1"}
    write_json(folder / "study-orders.json", study)
    (folder / "study-orders.svg").write_text(SVG)
    figure = {"id": "figure6", "title": "Figure 6", "caption": "It is.", "alt": "a square"}
    neighbors = {
        "id": "table5",
        "title": "Table 5",
        "caption": "Near.",
        "head": ["label", "nearest"],
        "lines": [["a", "b (1.00)"]],
    }
    figures = {**table, "figures": [{**figure, "files": ["figure6.svg"]}], "tables": [neighbors]}
    del figures["rows"], figures["title"]
    write_json(folder / "figures" / "figures.json", figures)
    (folder / "figures" / "figure6.svg").write_text(SVG)


def _report(folder: Path, name: str) -> dict[str, Any]:
    found = json.loads((folder / f"{name}.json").read_text())
    assert isinstance(found, dict)
    return found


def test_the_page_is_one_file_that_loads_nothing(results: Path) -> None:
    files, _ = page.write(results)
    assert [file.name for file in files] == ["report.html", "claims.json", "claims.md"]
    text = files[0].read_text()
    for loads in ("<script", 'rel="stylesheet', "@import", "url(", "srcset", "http://", "https://"):
        assert loads not in text
    assert text.count('src="') == text.count('src="data:image/') == 2


def test_what_a_report_says_is_text_and_no_markup(results: Path) -> None:
    text = page.to_html(page_results.read(results))
    assert "&lt;b&gt;Binary&lt;/b&gt; &amp; more" in text
    assert "&lt;i&gt;note" in text
    assert "<b>Binary" not in text


def test_mini_is_marked_everywhere(results: Path) -> None:
    text = page.to_html(page_results.read(results))
    assert "<title>MINI: " in text
    for part in ("table3-h", "table4-h", "figures-h"):
        heading = text.partition(f'<h2 id="{part}">')[2].partition("</h2>")[0]
        assert 'class="tag">MINI<' in heading
    assert text.count('class="whose">MINI<') == 5  # every line of ours: 2 rows, the oracle, 2 rows


def test_what_is_no_report_of_a_table_stays_off_the_page(results: Path) -> None:
    before = list(page_results.read(results).tables)
    write_json(results / "rehearsal-table3.json", {"rehearsal": "table3", "rows": []})
    write_json(results / "mine.json", [1, 2])
    assert list(page_results.read(results).tables) == before
    write_json(results / "own.json", {**_report(results, "table3"), "format": 0})
    with pytest.raises(ResultError, match=r"own\.json is no report of this version"):
        page_results.read(results)


def test_what_is_missing_says_which_target_makes_it(results: Path) -> None:
    _, found = page.write(results)
    missing = {part.name: part.target for part in found.missing}
    assert missing["Table 1"] == "make table1"
    assert missing["Study: Beam width"] == "make study-beam"
    assert missing["Ablation: No RNN"] == "make ablation"
    assert "Table 3" not in missing
    assert "<code>make study-beam</code>" in (results / "report.html").read_text()


def test_claims_are_gathered_from_tables_and_studies(results: Path) -> None:
    page.write(results)
    answers = _report(results, "claims")["claims"]
    verdicts = {(a["id"], a["table"], a["metric"]): a["verdict"] for a in answers}
    assert verdicts["random_order_does_not_converge", "study orders", "o_f1"] == "seen"
    assert verdicts["best_f1", "table1", "c_f1"] == "not tested"
    assert verdicts["best_map", "table4", "map_11"] in {"seen", "not seen", "opposite"}
    assert "**CNN-RNN has the best mAP of the table**" in (results / "claims.md").read_text()
    claims = page_sections.claims_of(answers, page_results.read(results))
    untested = [
        a["metric"] for claim in claims for a in claim["answers"] if a["where"] == "Table 1"
    ]
    assert untested == ["C-P, O-P", "C-F1, O-F1"]


def test_a_damaged_report_is_named(results: Path) -> None:
    (results / "table1.json").write_text("{")
    with pytest.raises(ResultError, match=r"table1\.json is no report of this version"):
        page.write(results)
    with pytest.raises(ResultError, match="is no folder of results"):
        page.write(results / "nowhere")


@pytest.fixture
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no chromium: the page was not opened in a browser")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


def _open(browser: Any, file: Path, **viewport: Any) -> tuple[Any, list[str]]:
    """The page in a browser, and all that it asked for or complained about."""
    shown = browser.new_page(**viewport)
    told: list[str] = []
    shown.on("console", lambda message: told.append(f"console: {message.text}"))
    shown.on("pageerror", lambda error: told.append(f"error: {error}"))
    shown.on("request", lambda request: told.append(request.url))
    shown.goto(file.as_uri())
    return shown, [line for line in told if not line.startswith("data:")]


def test_a_browser_shows_the_numbers_of_the_json(results: Path, browser: Any) -> None:
    page.write(results)
    file = results / "report.html"
    shown, told = _open(browser, file)
    assert told == [file.as_uri()]  # itself, and nothing else
    for name in ("table3", "table4"):
        table = _report(results, name)
        columns = [c for c in table["columns"] if not c.startswith("ap_11/")]
        for row in table["rows"]:
            lines = shown.query_selector_all(
                f'table[data-table="{name}"] tr[data-row="{row["id"]}"]'
            )
            expected = []
            if row["status"] != "published only":
                expected.append([measured(row["cells"][c]["ours"]) for c in columns])
            if any(row["cells"][c]["published"] is not None for c in columns):
                expected.append([published(row, c) for c in columns])
            texts = [
                [
                    cell.inner_text().splitlines()[0].strip("▲▼ ")
                    for cell in line.query_selector_all("td")
                ]
                for line in lines
            ]
            assert texts == expected, (name, row["id"])
    compared = _report(results, "table3")["rows"][0]["against_reference"]["o_f1"]
    cells = shown.query_selector_all('table[data-comparison="table3"] tbody td')
    assert compared["verdict"] in cells[1].inner_text()
    red = shown.query_selector('table[data-classes="table4"] tbody tr')
    assert red.inner_text().split()[0] == "red"
    assert red.inner_text().split().count("96.7") == 2  # the paper's CNN-RNN and INRIA


def test_a_phone_never_scrolls_the_page_sideways(results: Path, browser: Any) -> None:
    page.write(results)
    shown, _ = _open(browser, results / "report.html", viewport=PHONE)
    for closed in shown.query_selector_all("details"):
        closed.evaluate("box => { box.open = true }")
    assert shown.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    scrolled = (
        "[...document.querySelectorAll('.box')].some(box => box.scrollWidth > box.clientWidth)"
    )
    assert shown.evaluate(scrolled)  # wide tables scroll inside their own box
    assert shown.evaluate("[...document.images].every(image => image.naturalWidth > 0)")


def test_it_prints_with_every_part_open(results: Path, browser: Any) -> None:
    page.write(results)
    shown, _ = _open(browser, results / "report.html")
    assert shown.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    shown.emulate_media(media="print")
    heights = (
        "[...document.querySelectorAll('details')].map(box => box.getBoundingClientRect().height)"
    )
    assert min(shown.evaluate(heights)) > 40  # a closed one is a single line


def test_headings_tables_and_pictures_can_be_read_aloud(results: Path, browser: Any) -> None:
    page.write(results)
    shown, _ = _open(browser, results / "report.html")
    levels = shown.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert shown.evaluate("[...document.querySelectorAll('th')].every(th => th.scope)")
    assert shown.evaluate("[...document.images].every(image => image.alt.length > 0)")
    assert shown.evaluate("document.documentElement.lang") == "en"
    ids = shown.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)")
    assert len(ids) == len(set(ids))
    targets = shown.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href').slice(1))"
    )
    assert set(targets) <= set(ids)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_their_ground(results: Path, browser: Any, scheme: str) -> None:
    """WCAG AA: 4.5 to 1, of every text in every colour of the page."""
    page.write(results)
    shown, _ = _open(browser, results / "report.html", color_scheme=scheme)
    worst = shown.evaluate(CONTRAST)
    assert worst["ratio"] >= 4.5, worst


CONTRAST = """() => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const found = channels(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  let worst = {ratio: 99, text: ''};
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !element.checkVisibility()) continue;
    const [a, b] = [light(channels(getComputedStyle(element).color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst.ratio) worst = {ratio, text: element.textContent.slice(0, 60)};
  }
  return worst;
}"""
