"""Figures: data in, a matplotlib Figure out; matplotlib itself is loaded on first use."""

from cnn_rnn.plots.style import save, styled

__all__ = ["save", "styled"]
