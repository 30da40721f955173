"""The parts of the demo page that show a photo's prediction, as HTML that needs nothing else."""

from __future__ import annotations

import base64
import html
import io
import math
from collections.abc import Iterable

from PIL import Image
from torch import Tensor

from cnn_rnn.checkpoint_file import MINI
from cnn_rnn.demo_tree import percent, tree_svg
from cnn_rnn.demo_view import StepView, View
from cnn_rnn.label_neighbors import Neighbor
from cnn_rnn.predictor import Predictor

_QUALITY = 82  # of the overlays' JPEG
_RANKED = 8  # labels of a ranking model

EMPTY = '<p class="cnn-rnn-hint">What the model says of your photo comes here.</p>'


def about(predictor: Predictor, checkpoint: str) -> str:
    """Which model answers; of the mini model, that it does not understand photos."""
    task = predictor.task
    labels = f"{len(predictor.label_names):,} labels"
    model = f"{type(task).__name__}, {task.backbone_spec.name}, {labels}"
    if checkpoint != MINI and task.backbone_spec.weights != MINI:
        return f"<p>Model: <b>{_text(checkpoint)}</b> ({_text(model)})</p>"
    name = "the packaged one" if checkpoint == MINI else _text(checkpoint)
    return (
        f'<p><span class="cnn-rnn-mini">MINI</span> Model: <b>{name}</b> ({_text(model)}). '
        "It was trained on small <em>drawn</em> scenes: try one of those below. Of a real photo it "
        "will say something too, but please don't believe it. For photos: "
        "<code>cnn-rnn demo --checkpoint best.ckpt</code></p>"
    )


def error(message: str) -> str:
    """One line that says what is wrong."""
    return f'<p class="cnn-rnn-error" role="alert">{_text(" ".join(message.split()))}</p>'


def shown(view: View) -> str:
    """All that is said of a photo: labels, steps with attention, the beam, near labels."""
    prediction = view.prediction
    if prediction.beam is None:
        return _ranking(view)
    parts = [_answer(view)]
    if view.steps:
        parts.append(
            _section(
                "Step by step",
                "What the model looks at before each label, and what it then says. Bars are the "
                "most probable continuations; the bold one lies on the best path.",
                f'<ol class="steps">{"".join(map(_step, view.steps))}</ol>' + _reason(view),
            )
        )
    parts.append(
        _section(
            "The beam",
            "Every prefix that the search kept alive, with each label's probability given those "
            "before it. Filled: the best path. Dashed: given up.",
            f'<div class="scroll" tabindex="0" role="region" aria-label="the beam as a tree">'
            f"{tree_svg(prediction.tree())}</div>{_paths(view)}",
        )
    )
    near = [_near("of the photo", view.near_image)]
    near += [_near(f"of {label}", found) for label, found in view.near_labels.items()]
    parts.append(
        _section(
            "Nearest labels",
            "In the joint embedding, by the cosine; of the photo before any label is given.",
            f'<div class="near">{"".join(near)}</div>',
        )
    )
    return f'<div class="cnn-rnn">{"".join(parts)}</div>'


def _answer(view: View) -> str:
    prediction = view.prediction
    chips = "".join(
        f'<li>{_text(label)} <small title="given the labels before it">'
        f"{_text(percent(probability))}</small></li>"
        for label, probability in prediction.steps
    )
    if not prediction.paths:
        return '<p class="none">No path ended: make the beam wider.</p>'
    total = percent(math.exp(prediction.paths[0].log_prob))
    if not chips:
        return f'<p class="none">No label: the empty path is the best one, {_text(total)}.</p>'
    return (
        f'<ol class="labels" aria-label="labels">{chips}</ol>'
        f'<p class="whole">The whole path has a probability of {_text(total)}.</p>'
    )


def _step(step: StepView) -> str:
    given = " → ".join(step.given) or "nothing"
    alternative = f"Where the model looks, given {given}"
    picture = _picture(step.overlay, alternative) if step.overlay is not None else ""
    bars = "".join(_bar(label, chance, label == step.said) for label, chance in step.candidates)
    return (
        f'<li>{picture}<p class="given">given <b>{_text(given)}</b></p>'
        f'<ul class="bars">{bars}</ul></li>'
    )


def _bar(label: str, chance: float, said: bool) -> str:
    kind, mark = (' class="said"', "<i>said: </i>") if said else ("", "")
    width = max(0.5, 100 * chance)
    return (
        f'<li{kind}><span class="fill" style="width:{width:.1f}%"></span>'
        f"<span>{mark}{_text(label)}</span><small>{_text(percent(chance))}</small></li>"
    )


def _paths(view: View) -> str:
    paths = "".join(
        f"<li>{_text(' → '.join([*path.labels, 'END']))} "
        f"<small>{_text(percent(math.exp(path.log_prob)))}</small></li>"
        for path in view.prediction.paths
    )
    return f'<h3>Best paths</h3><ol class="paths">{paths}</ol>'


def _near(whose: str, found: Iterable[Neighbor]) -> str:
    rows = "".join(
        f"<tr><td>{_text(label)}</td><td>{_signed(similarity)}</td></tr>"
        for label, similarity in found
    )
    return (
        f'<table><caption>{_text(whose)}</caption><thead class="away"><tr><th>label</th>'
        f"<th>cosine</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _ranking(view: View) -> str:
    """What a model without paths says: its labels, and the best of the others."""
    prediction = view.prediction
    chips = "".join(f"<li>{_text(label)}</li>" for label in prediction.labels)
    rows = "".join(
        f"<tr><td>{_text(label)}</td><td>{_signed(score)}</td></tr>"
        for label, score in prediction.ranking[:_RANKED]
    )
    labels = f'<ol class="labels" aria-label="labels">{chips}</ol>' if chips else ""
    table = f'<div class="near"><table><caption>best scores</caption>{rows}</table></div>'
    words = f"There is no beam and no attention: {view.no_attention}."
    return f'<div class="cnn-rnn">{labels}{_section("Ranking", words, table)}</div>'


def _reason(view: View) -> str:
    if view.no_attention is None:
        return ""
    return f'<p class="whole">No attention is shown: {_text(view.no_attention)}.</p>'


def _section(heading: str, words: str, content: str) -> str:
    return f"<section><h2>{heading}</h2><p>{words}</p>{content}</section>"


def _picture(pixels: Tensor, alternative: str) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels.permute(1, 2, 0).contiguous().numpy()).save(
        buffer, "JPEG", quality=_QUALITY
    )
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="{_text(alternative)}" src="data:image/jpeg;base64,{data}">'


def _signed(value: float) -> str:
    return "-∞" if value == -math.inf else f"{value:.2f}"


def _text(value: object) -> str:
    return html.escape(str(value), quote=True)
