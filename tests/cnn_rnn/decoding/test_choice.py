from types import SimpleNamespace
from typing import cast

import pytest
import torch
from torch import Tensor

from cnn_rnn.decoding.choice import why_not_fused
from cnn_rnn.network import CNNRNN

pytest.importorskip("triton", reason="triton comes with PyTorch on Linux only")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("shutil.which", lambda name: None), "triton needs gcc or clang"),
        (("torch.version.hip", "6.4"), "made for NVIDIA"),
    ],
    ids=["no compiler", "rocm"],
)
def test_machines_where_triton_cannot_launch_are_told(
    change: tuple[str, object], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = CNNRNN(6, 4, embedding_dim=3, hidden_dim=8).eval()
    features = cast(Tensor, SimpleNamespace(device=torch.device("cuda")))
    monkeypatch.delenv("CC", raising=False)
    assert why_not_fused(network, features, 3, observed=False) is None
    monkeypatch.setattr(*change)
    assert reason in str(why_not_fused(network, features, 3, observed=False))
