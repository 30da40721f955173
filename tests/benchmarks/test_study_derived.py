"""Networks decoded anew and ensembles: the rule, the keys, and that nothing is made twice."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import study_derived, suite
from benchmarks.data import DataSource
from benchmarks.runs import RunRequest
from benchmarks.spec import TableSpec
from benchmarks.store import ResultError, ResultStore
from benchmarks.study_derived import DerivedRequest, combined
from benchmarks.workers import in_this_process


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the runs are made once for all tests."""
    return tmp_path_factory.mktemp("results")


@pytest.fixture
def runs(tiny_table: TableSpec, tiny_source: DataSource, results: Path) -> list[RunRequest]:
    """Two finished runs of the path model."""
    training = dataclasses.replace(tiny_table.rows[0].training, max_epochs=8, patience=8)
    row = dataclasses.replace(tiny_table.row("cnn_rnn"), training=training)
    table = dataclasses.replace(tiny_table, rows=(row,))
    plan = suite.make_plan(table, tiny_source, range(2), results)
    suite.run(plan, in_this_process, lambda _: None)
    return list(plan.requests["cnn_rnn"])


def test_an_ensemble_gives_what_half_of_its_networks_give_best_score_first() -> None:
    scores = [
        torch.tensor([[0.1, 0.8, 0.4, 0.0]]).log(),
        torch.tensor([[0.7, 0.2, 0.4, 0.0]]).log(),
    ]
    paths = [torch.tensor([[1, 3]]), torch.tensor([[3, 2, -1]])]
    mean, path = combined(scores, paths)
    torch.testing.assert_close(mean.exp(), torch.tensor([[0.4, 0.5, 0.4, 0.0]]))
    assert path.tolist() == [[1, 2, 3]]  # each is given by one of two; 3 has no probability
    _, path = combined([*scores, scores[0]], [*paths, torch.tensor([[1]])])
    assert path.tolist() == [[1, 3]]


def test_an_ensemble_of_paths_without_labels_gives_none() -> None:
    scores = torch.zeros(2, 3).log_softmax(1)
    _, path = combined([scores, scores], [torch.full((2, 1), -1)] * 2)
    assert path.shape == (2, 0)


def test_equal_networks_decide_as_one(runs: list[RunRequest], results: Path) -> None:
    store = ResultStore(results)
    request = DerivedRequest("twice", (runs[0], runs[0], runs[0]), {}, 0)
    record = study_derived.make(request, store)
    alone, together = store.read_arrays(runs[0].key), store.read_arrays(request.key)
    np.testing.assert_allclose(alone.scores, together.scores, atol=1e-5)
    as_decoded = store.read(runs[0].key)["measured"]["test"]["decided"]["as_decoded"]
    assert record["measured"]["test"]["decided"]["as_decoded"] == as_decoded


def test_decoding_anew_with_the_same_arguments_gives_the_same_result(
    runs: list[RunRequest], results: Path
) -> None:
    store = ResultStore(results)
    request = DerivedRequest("same", (runs[0],), {"beam_width": 2}, 0)
    record = study_derived.make(request, store)
    run, again = store.read_arrays(runs[0].key), store.read_arrays(request.key)
    for name in ("decisions", "best_path", "image_id", "target"):
        np.testing.assert_array_equal(getattr(run, name), getattr(again, name))
    np.testing.assert_allclose(run.scores, again.scores, atol=1e-5)
    assert (
        record["measured"]["test"]["decided"]
        == (store.read(runs[0].key)["measured"]["test"]["decided"])
    )


def test_decoding_anew_searches_otherwise(runs: list[RunRequest], results: Path) -> None:
    store = ResultStore(results)
    request = DerivedRequest("longer", (runs[0],), {"min_length": 3}, 0)
    study_derived.make(request, store)
    assert ((store.read_arrays(request.key).best_path >= 0).sum(axis=1) >= 3).all()


def test_what_is_there_is_not_made_again(runs: list[RunRequest], results: Path) -> None:
    store = ResultStore(results)
    request = DerivedRequest("once", tuple(runs), {}, 0)
    study_derived.make(request, store)
    written = store.run_file(request.key).stat().st_mtime_ns
    study_derived.make(dataclasses.replace(request, name="another name"), store)
    assert store.run_file(request.key).stat().st_mtime_ns == written


def test_keys_change_with_parents_and_decoding_only(runs: list[RunRequest]) -> None:
    requests = [
        DerivedRequest("a", (runs[0],), {"beam_width": 1}, 0),
        DerivedRequest("a", (runs[0],), {"beam_width": 2}, 0),
        DerivedRequest("a", (runs[1],), {"beam_width": 1}, 0),
        DerivedRequest("a", (runs[0], runs[1]), {}, 0),
        DerivedRequest("a", (runs[1], runs[0]), {}, 0),
    ]
    assert len({request.key for request in requests}) == len(requests)
    assert dataclasses.replace(requests[0], name="b").key == requests[0].key


def test_a_run_without_weights_cannot_be_decoded(
    runs: list[RunRequest], results: Path, tmp_path: Path
) -> None:
    store, source = ResultStore(tmp_path), ResultStore(results)
    store.write(runs[0].key, source.read(runs[0].key), source.read_arrays(runs[0].key))
    with pytest.raises(ResultError, match=r"\.ckpt is missing"):
        study_derived.make(DerivedRequest("a", (runs[0],), {"beam_width": 1}, 0), store)
