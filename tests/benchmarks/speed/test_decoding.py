import json
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.speed import decoding, decoding_workload
from benchmarks.speed.decoding_peers import search_by_hypothesis, search_by_image
from benchmarks.speed.decoding_workload import build_workload
from cnn_rnn.decoding.batched import beam_search_batched
from cnn_rnn.decoding.reference import beam_search_reference


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        decoding_workload,
        "_kept_file",
        lambda recipe: tmp_path / f"{hash(str(recipe))}.safetensors",
    )
    monkeypatch.delenv("CNN_RNN_REAL_DATA", raising=False)
    monkeypatch.setattr(decoding, "OTHERS", 8)


@pytest.mark.parametrize("joint_activation", ["identity", "relu"])
def test_the_peers_find_the_paths_of_the_reference(joint_activation: Any, small: None) -> None:
    workload = build_workload(9, 20, joint_activation, train_steps=3, hidden_dim=16)
    expected = beam_search_reference(workload.network, workload.features, 4, 5)
    for search in (search_by_hypothesis, search_by_image):
        found = search(workload.network, workload.features, 4, 5)
        assert torch.equal(found.label_ids, expected.label_ids)
        assert torch.equal(found.lengths, expected.lengths)
        torch.testing.assert_close(found.log_probs, expected.log_probs)


def test_training_brings_the_path_loss_down(small: None) -> None:
    scores = []
    for train_steps in (0, 40):
        workload = build_workload(9, 50, train_steps=train_steps, hidden_dim=16)
        paths = beam_search_reference(workload.network, workload.features, 1, 5)
        scores.append(paths.log_probs.mean().item())
    assert scores[1] > scores[0] + 1


def test_a_kept_network_is_the_one_that_was_trained(small: None) -> None:
    built = [build_workload(9, 12, train_steps=3, hidden_dim=16) for _ in range(2)]
    for one, other in zip(
        built[0].network.parameters(), built[1].network.parameters(), strict=True
    ):
        assert torch.equal(one, other)
    assert torch.equal(built[0].features, built[1].features)


def test_the_results_hold_a_row_for_every_way_and_cache(
    small: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "results" / "decoding.json"
    options = ["--labels", "7", "--batch-sizes", "3", "--train-steps", "2"]
    options += ["--hidden-dim", "16", "--seconds", "0"]
    decoding.main([*options, "--output", str(output)])
    result = json.loads(output.read_text(encoding="utf-8"))
    assert result["label_lists"] == {"7": "drawn label lists"}
    assert result["torch"] == torch.__version__
    rows = result["rows"]
    assert {row["cache"] for row in rows if row["implementation"] == "batched"} == {
        "cold",
        "unseen",
        "known",
    }
    for row in rows:
        assert (row["B"], row["K"], row["N"], row["h"]) == (3, 7, 5, "identity")
        assert row["images_per_s"] > 0
        others = {"by hypothesis", "by image", "floor"}
        assert set(row["ratio_to"]) - {"generate"} == others
    assert rows[0]["ratio_to"]["by hypothesis"] == 1
    assert len(capsys.readouterr().out.splitlines()) == len(rows) + 1


def test_different_paths_stop_the_benchmark(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    workload = build_workload(7, 12, train_steps=2, hidden_dim=16)
    honest = beam_search_batched

    def wrong(*arguments: Any, **options: Any) -> Any:
        paths = honest(*arguments, **options)
        return paths._replace(label_ids=paths.label_ids.flip(1))

    monkeypatch.setattr(decoding, "beam_search_batched", wrong)
    with pytest.raises(RuntimeError, match="its paths are not those"):
        decoding.run_setting(workload, 4, 0.0)
