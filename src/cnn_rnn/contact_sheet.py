"""An HTML contact sheet of predictions: photos, their labels step by step, the beam as a tree.

Each page is one file that needs nothing else: thumbnails are inlined, there is no script.
"""

from __future__ import annotations

import base64
import html
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any

from PIL import Image

from cnn_rnn.photos import FORMATS, upright_rgb
from cnn_rnn.prediction_files import Entry

THUMBNAIL = 360  # pixels of the longer side, sharp on a phone: about 20 kB a photo
_QUALITY = 72  # of the thumbnails' JPEG
_THREADS = 4
_SHOWN_RANKING = 5  # labels of a ranking model that are shown beside those given


@dataclass(frozen=True)
class ContactSheet:
    """The pages beside a file of predictions.

    Attributes:
        predictions: the file; the first page has its stem and `.html`.
        most: at most so many photos are shown, the first ones; the page says so.
        per_page: photos a page.
        model: a word on the model, for the heading.
        total: photos in all.
    """

    predictions: Path
    most: int
    per_page: int
    model: str
    total: int

    def page(self, number: int) -> Path:
        """The file of page `number`, from 1."""
        stem = self.predictions.stem
        return self.predictions.with_name(
            f"{stem}.html" if number == 1 else f"{stem}-{number}.html"
        )

    def write(self, entries: Iterable[Entry], paths: Mapping[str, Path]) -> list[Path]:
        """Writes all pages, and removes those of a longer sheet before.

        Args:
            entries: in the order of the images.
            paths: the file of each image.
        Returns:
            The pages; one at least.
        """
        shown = islice(entries, self.most)
        count = max(1, math.ceil(min(self.total, self.most) / self.per_page))
        pages = [self.page(number) for number in range(1, count + 1)]
        for number, page in enumerate(pages, start=1):
            cards = self._cards(list(islice(shown, self.per_page)), paths)
            text = self._document(number, count, cards)
            page.write_text(text, encoding="utf-8", errors="backslashreplace")
        stale = count + 1
        while self.page(stale).exists():
            self.page(stale).unlink()
            stale += 1
        return pages

    def _cards(self, entries: Sequence[Entry], paths: Mapping[str, Path]) -> list[str]:
        with ThreadPoolExecutor(_THREADS) as pool:
            files = [paths.get(e["image"]) if e["error"] is None else None for e in entries]
            pictures = list(pool.map(_thumbnail, files))
        return [_card(entry, picture) for entry, picture in zip(entries, pictures, strict=True)]

    def _document(self, number: int, count: int, cards: Sequence[str]) -> str:
        about = f"{self.total:,} photos · {_text(self.model)}"
        if self.total > self.most:
            about += f" · the first {self.most:,} are shown, {_text(self.predictions.name)} has all"
        template = (resources.files("cnn_rnn") / "contact_sheet.html").read_text(encoding="utf-8")
        parts = {
            "title": _text(self.predictions.stem),
            "about": about,
            "pages": self._links(number, count),
            "cards": "\n".join(cards),
        }
        for name, value in parts.items():
            template = template.replace(f"<!-- {name} -->", value)
        return template

    def _links(self, number: int, count: int) -> str:
        if count == 1:
            return ""
        links = []
        for word, other in (("← before", number - 1), ("next →", number + 1)):
            if 1 <= other <= count:
                name = html.escape(self.page(other).name, quote=True)
                links.append(f'<a href="{name}">{word}</a>')
        return f"<nav>page {number} of {count} {' '.join(links)}</nav>"


def _card(entry: Entry, picture: str | None) -> str:
    """One photo with everything that is said of it."""
    name = Path(entry["image"]).name
    heading = f'<h2 title="{_text(entry["image"])}">{_text(name)}</h2>'
    record = entry["record"]
    if record is None:
        return (
            '<article class="broken"><div class="no-photo">broken photo</div>'
            f"<div>{heading}<p>{_text(entry['error'])}</p></div></article>"
        )
    image = (
        f'<img loading="lazy" alt="{_text(name)}" src="data:image/jpeg;base64,{picture}">'
        if picture is not None
        else '<div class="no-photo">the photo is gone</div>'
    )
    body = _steps(record) if entry["beam"] is not None else _ranked(record)
    tree = _beam(entry["beam"], len(record["paths"])) if entry["beam"] is not None else ""
    return f"<article>{image}<div>{heading}{body}{tree}</div></article>"


def _steps(record: Mapping[str, Any]) -> str:
    """The best path, a chip for each step."""
    chips = [_chip(step["label"], _percent(step["probability"])) for step in record["steps"]]
    if record["end_probability"] is not None:
        chips.append(_chip("END", _percent(record["end_probability"]), "end"))
    return f'<ol class="path">{"".join(chips)}</ol>'


def _ranked(record: Mapping[str, Any]) -> str:
    """The labels given, and the best of the others, by a model without paths."""
    scores = {pair["label"]: pair["score"] for pair in record["ranking"]}
    chips = [_chip(label, _score(scores[label])) for label in record["labels"]]
    others = [label for label in scores if label not in record["labels"]][:_SHOWN_RANKING]
    chips += [_chip(label, _score(scores[label]), "end") for label in others]
    return f'<ol class="labels">{"".join(chips)}</ol>'


def _beam(root: Mapping[str, Any], num_paths: int) -> str:
    """The beam's tree as nested lists, folded away."""
    word = "best path" if num_paths == 1 else "best paths"
    return (
        f"<details><summary>beam: {num_paths} {word}</summary>"
        f'<ul class="tree">{_branches(root)}</ul></details>'
    )


def _branches(node: Mapping[str, Any]) -> str:
    """The list items below a node: END, then each label, those of the best paths first."""
    items = []
    if node["rank"] is not None:
        total = _percent(math.exp(node["log_prob"]) * node["end_probability"])
        best = " best" if node["rank"] == 0 else ""
        items.append(
            f'<li class="leaf{best}"><span>END {_percent(node["end_probability"])}</span> '
            f"<b>path {node['rank'] + 1}: {total}</b></li>"
        )
    ranked = [(_best_rank(child), child) for child in node["children"]]
    for rank, child in sorted(ranked, key=lambda pair: math.inf if pair[0] is None else pair[0]):
        kind = "lost" if rank is None else "best" if rank == 0 else "kept"
        below = _branches(child)
        nested = f"<ul>{below}</ul>" if below else ""
        items.append(
            f'<li class="{kind}"><span>{_text(child["label"])} '
            f"<small>{_percent(child['probability'])}</small></span>{nested}</li>"
        )
    return "".join(items)


def _best_rank(node: Mapping[str, Any]) -> int | None:
    ranks = [node["rank"], *(_best_rank(child) for child in node["children"])]
    return min((rank for rank in ranks if rank is not None), default=None)


def _chip(label: str, value: str, kind: str = "") -> str:
    attribute = f' class="{kind}"' if kind else ""
    return f"<li{attribute}>{_text(label)} <small>{value}</small></li>"


def _percent(probability: float) -> str:
    percent = 100 * probability
    if percent < 0.1:
        return "&lt;0.1%"
    return f"{percent:.0f}%" if percent >= 9.95 else f"{percent:.1f}%"


def _score(score: float | None) -> str:
    return "-∞" if score is None else f"{score:.2f}"


def _text(value: object) -> str:
    return html.escape(str(value), quote=True)


def _thumbnail(path: Path | None) -> str | None:
    """A small JPEG in base64; None where the photo cannot be read (any more)."""
    if path is None:
        return None
    try:
        with Image.open(path, formats=FORMATS) as image:
            image.draft("RGB", (2 * THUMBNAIL, 2 * THUMBNAIL))  # a JPEG is decoded small
            small = upright_rgb(image, str(path))
            small.thumbnail((THUMBNAIL, THUMBNAIL))
            buffer = io.BytesIO()
            small.save(buffer, "JPEG", quality=_QUALITY, optimize=True)
    except Exception:  # decoders raise nearly anything; the prediction stands without a picture
        return None
    return base64.b64encode(buffer.getvalue()).decode("ascii")
