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
from cnn_rnn.network import CNNRNN


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
        assert set(row["ratio_to"]) - {"generate", "own products"} == others
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


def test_a_run_that_is_cut_short_keeps_the_settings_before(
    small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = decoding.run_setting

    def cut_at_four(workload: Any, batch_size: int, *rest: Any) -> Any:
        if batch_size == 4:
            raise KeyboardInterrupt
        return honest(workload, batch_size, *rest)

    monkeypatch.setattr(decoding, "run_setting", cut_at_four)
    output = tmp_path / "decoding.json"
    options = ["--labels", "7", "--batch-sizes", "3", "4", "--train-steps", "2", "--seconds", "0"]
    with pytest.raises(KeyboardInterrupt):
        decoding.main([*options, "--hidden-dim", "16", "--output", str(output)])
    rows = json.loads(output.read_text(encoding="utf-8"))["rows"]
    assert {row["B"] for row in rows} == {3}


@pytest.mark.parametrize(
    ("seconds_of_a_search", "repeats"), [(0.25, 3), (0.125, 3), (0.0625, 5), (2.0, 1), (1.25, 2)]
)
def test_a_measurement_ends_by_its_seconds_or_by_its_bound(
    seconds_of_a_search: float, repeats: int
) -> None:
    now = [0.0]

    def search(features: torch.Tensor) -> None:
        now[0] += seconds_of_a_search

    network = CNNRNN(3, 2, hidden_dim=4)
    batch = torch.zeros(1, 2)
    times = decoding._times(search, network, batch, [batch], "known", 0.3, lambda: now[0])
    assert times == [seconds_of_a_search] * repeats


def test_each_measurement_lasts_a_third_of_a_second_by_default(
    small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def keep(workload: Any, batch_size: int, seconds: float, *rest: Any) -> list[Any]:
        asked.append((workload.network.num_labels, workload.network.joint_activation, batch_size))
        assert seconds == 0.3
        return []

    monkeypatch.setattr(decoding, "run_setting", keep)
    options = ["--train-steps", "0", "--hidden-dim", "4", "--output", str(tmp_path / "d.json")]
    decoding.main(options)
    sizes = (1, 32, 256, 4096)
    settings = [(20, "identity"), (80, "identity"), (80, "relu"), (1000, "identity")]
    assert asked == [(*setting, size) for setting in settings for size in sizes]
