"""Figures: data in, a matplotlib Figure out; matplotlib itself is loaded on first use."""

from cnn_rnn.plots.attention import Attention, draw_attention
from cnn_rnn.plots.box_area import draw_recall_by_area
from cnn_rnn.plots.class_bars import draw_class_bars
from cnn_rnn.plots.examples import draw_examples
from cnn_rnn.plots.nearest import draw_nearest
from cnn_rnn.plots.style import save, styled

__all__ = [
    "Attention",
    "draw_attention",
    "draw_class_bars",
    "draw_examples",
    "draw_nearest",
    "draw_recall_by_area",
    "save",
    "styled",
]
