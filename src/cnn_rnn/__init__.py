"""CNN-RNN for multi-label image classification (Wang et al., CVPR 2016)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnn_rnn.network import CNNRNN

__all__ = ["CNNRNN"]


def __getattr__(name: str) -> object:
    """`cnn_rnn.CNNRNN` on first use: the command line answers before torch is imported."""
    if name == "CNNRNN":
        from cnn_rnn.network import CNNRNN

        return CNNRNN
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
