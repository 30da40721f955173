"""Decoding: the most probable label paths of images by beam search (section 3.3)."""

from cnn_rnn.decoding.paths import Paths
from cnn_rnn.decoding.protocol import PathNetwork
from cnn_rnn.decoding.search import beam_search

__all__ = ["PathNetwork", "Paths", "beam_search"]
