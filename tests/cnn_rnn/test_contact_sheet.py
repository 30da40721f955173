import base64
import io
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnn_rnn.beam_tree import BeamNode
from cnn_rnn.contact_sheet import THUMBNAIL, ContactSheet
from cnn_rnn.prediction_files import Entry

NAMES = ["<b>.jpg", "b.jpg", "c.png", "d.jpg", "e.jpg"]


def beam() -> dict[str, Any]:
    dog = BeamNode("dog", 0.6, -0.51, 0, 0.5)
    cat = BeamNode("cat & co", 0.3, -1.2)
    return BeamNode("", 1.0, 0.0, 1, 0.1, (dog, cat)).to_dict()


def entry(position: int, name: str, error: str | None = None, path_model: bool = True) -> Entry:
    record = {
        "image": name,
        "labels": ["dog"],
        "steps": [{"label": "dog", "probability": 0.6}] if path_model else [],
        "end_probability": 0.5 if path_model else None,
        "paths": [{"labels": ["dog"], "log_prob": -1.2}] if path_model else [],
        "ranking": [{"label": "dog", "score": 1.5}, {"label": "cat & co", "score": None}],
    }
    return {
        "position": position,
        "image": name,
        "record": record if error is None else None,
        "beam": beam() if path_model and error is None else None,
        "error": error,
    }


@pytest.fixture
def paths(tmp_path: Path) -> dict[str, Path]:
    noise = np.random.default_rng(0).integers(0, 256, (900, 1200, 3), dtype=np.uint8)
    for name in NAMES:
        Image.fromarray(noise).save(tmp_path / name)
    return {name: tmp_path / name for name in NAMES}


def sheet(folder: Path, most: int = 100, per_page: int = 100) -> ContactSheet:
    return ContactSheet(folder / "out.jsonl", most, per_page, "Model, best.ckpt", len(NAMES))


def entries() -> list[Entry]:
    return [entry(position, name) for position, name in enumerate(NAMES)]


def test_a_page_needs_no_other_file(tmp_path: Path, paths: dict[str, Path]) -> None:
    (page,) = sheet(tmp_path).write(entries(), paths)
    assert page == tmp_path / "out.html"
    text = page.read_text()
    sources = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert len(sources) == len(NAMES)
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert "<script" not in text
    assert "@import" not in text
    assert "<!--" not in text


def test_thumbnails_are_small_pictures_of_the_photos(
    tmp_path: Path, paths: dict[str, Path]
) -> None:
    (page,) = sheet(tmp_path).write(entries(), paths)
    found = re.findall(r"base64,([^\"]*)", page.read_text())
    for source in found:
        with Image.open(io.BytesIO(base64.b64decode(source))) as image:
            assert image.size == (THUMBNAIL, THUMBNAIL * 3 // 4)


def test_labels_steps_and_tree_are_said(tmp_path: Path, paths: dict[str, Path]) -> None:
    (page,) = sheet(tmp_path).write(entries()[1:2], paths)
    text = page.read_text()
    assert "<li>dog <small>60%</small></li>" in text
    assert '<li class="end">END <small>50%</small></li>' in text
    assert '<li class="lost"><span>cat &amp; co <small>30%</small></span></li>' in text
    assert "<b>path 1: 30%</b>" in text
    assert "<b>path 2: 10%</b>" in text
    # The branch of the best path comes first.
    assert text.index('<li class="best"><span>dog') < text.index('<li class="lost">')


def test_names_are_text_not_markup(tmp_path: Path, paths: dict[str, Path]) -> None:
    (page,) = sheet(tmp_path).write(entries()[:1], paths)
    text = page.read_text()
    assert "&lt;b&gt;.jpg" in text
    assert "<b>.jpg" not in text


def test_a_broken_photo_is_on_the_sheet_with_its_error(
    tmp_path: Path, paths: dict[str, Path]
) -> None:
    (page,) = sheet(tmp_path).write([entry(0, "b.jpg", "b.jpg: <truncated>")], paths)
    text = page.read_text()
    assert '<article class="broken">' in text
    assert "b.jpg: &lt;truncated&gt;" in text


def test_a_photo_that_went_away_keeps_its_labels(tmp_path: Path, paths: dict[str, Path]) -> None:
    paths["b.jpg"].unlink()
    (page,) = sheet(tmp_path).write(entries()[1:2], paths)
    text = page.read_text()
    assert "the photo is gone" in text
    assert "<li>dog <small>60%</small></li>" in text


def test_a_ranking_model_shows_scores_and_no_tree(tmp_path: Path, paths: dict[str, Path]) -> None:
    (page,) = sheet(tmp_path).write([entry(0, "b.jpg", path_model=False)], paths)
    text = page.read_text()
    assert "<li>dog <small>1.50</small></li>" in text
    assert '<li class="end">cat &amp; co <small>-∞</small></li>' in text
    assert "<details>" not in text


def test_many_photos_go_on_pages_that_lead_to_each_other(
    tmp_path: Path, paths: dict[str, Path]
) -> None:
    pages = sheet(tmp_path, per_page=2).write(entries(), paths)
    assert [page.name for page in pages] == ["out.html", "out-2.html", "out-3.html"]
    texts = [page.read_text() for page in pages]
    assert [text.count("<article>") for text in texts] == [2, 2, 1]
    assert [re.findall(r'href="([^"]*)"', text) for text in texts] == [
        ["out-2.html"],
        ["out.html", "out-3.html"],
        ["out-2.html"],
    ]
    assert "page 2 of 3" in texts[1]


def test_a_bounded_sheet_says_what_it_leaves_out(tmp_path: Path, paths: dict[str, Path]) -> None:
    sheet(tmp_path, per_page=1).write(entries(), paths)
    pages = sheet(tmp_path, most=3, per_page=2).write(entries(), paths)
    assert "the first 3 are shown, out.jsonl has all" in pages[0].read_text()
    assert sorted(path.name for path in tmp_path.glob("out*.html")) == ["out-2.html", "out.html"]


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium: apt install chromium")
def test_a_phone_shows_the_page_without_scrolling_sideways(
    tmp_path: Path, paths: dict[str, Path]
) -> None:
    from playwright.sync_api import sync_playwright

    broken = entry(5, "f.jpg", "f.jpg: a truncated file in a folder/with-a-very-long-name" * 4)
    (page,) = sheet(tmp_path).write([*entries(), broken], paths)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        phone = browser.new_page(viewport={"width": 360, "height": 740})
        phone.goto(page.as_uri())
        assert phone.evaluate("document.documentElement.scrollWidth") == 360
        assert phone.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
        leaf = phone.get_by_text("path 1: 30%").first
        assert not leaf.is_visible()
        phone.get_by_text("beam: 1 best path").first.click()
        assert leaf.is_visible()
        browser.close()
