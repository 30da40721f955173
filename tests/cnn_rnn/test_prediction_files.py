import json
from pathlib import Path
from typing import Any

import pytest

from cnn_rnn.prediction_files import (
    Entry,
    Parts,
    PredictionFileError,
    check_suffix,
    read_predictions,
    write_failures,
    write_predictions,
)


def record(image: str = "a.jpg") -> dict[str, Any]:
    return {
        "image": image,
        "labels": ["dog", "cat"],
        "steps": [{"label": "dog", "probability": 0.75}, {"label": "cat", "probability": 0.5}],
        "end_probability": 0.25,
        "paths": [{"labels": ["dog", "cat"], "log_prob": -2.5}, {"labels": [], "log_prob": -3.0}],
        "ranking": [{"label": "dog", "score": -0.5}, {"label": "cat", "score": None}],
    }


def ranked(image: str) -> dict[str, Any]:
    nothing: dict[str, Any] = {"steps": [], "end_probability": None, "paths": []}
    return {**record(image), **nothing}


def entry(position: int, error: str | None = None) -> Entry:
    name = f"{position}.jpg"
    return {
        "position": position,
        "image": name,
        "record": record(name) if error is None else None,
        "beam": None,
        "error": error,
    }


@pytest.mark.parametrize("suffix", [".jsonl", ".ndjson", ".parquet"])
def test_what_is_written_is_read_back(tmp_path: Path, suffix: str) -> None:
    records = [record("a.jpg"), ranked("é/b c.jpg"), record("c.jpg")]
    file = tmp_path / "new" / f"labels{suffix}"
    assert write_predictions(file, iter(records)) == 3
    assert read_predictions(file) == records
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_no_image_at_all_gives_a_file_that_is_read(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"labels{suffix}"
    assert write_predictions(file, []) == 0
    assert read_predictions(file) == []


def test_parquet_is_a_table_for_others(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    write_predictions(tmp_path / "labels.parquet", [record(f"{i}.jpg") for i in range(3000)])
    table = pandas.read_parquet(tmp_path / "labels.parquet")
    assert list(table.columns) == list(record())
    assert list(table["image"][:2]) == ["0.jpg", "1.jpg"]
    assert len(table) == 3000


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_a_file_name_that_is_no_text_is_spelt(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"labels{suffix}"
    write_predictions(file, [record("b\udce9.jpg")])
    assert read_predictions(file)[0]["image"] in ("b\udce9.jpg", "b\\udce9.jpg")


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_a_failed_write_leaves_the_old_file(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"labels{suffix}"
    write_predictions(file, [record("old.jpg")])

    def broken() -> Any:
        yield record("new.jpg")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        write_predictions(file, broken())
    assert [found["image"] for found in read_predictions(file)] == ["old.jpg"]
    assert list(tmp_path.iterdir()) == [file]


def test_another_suffix_is_refused() -> None:
    with pytest.raises(PredictionFileError, match=r"ends in .jsonl, .*got labels.csv"):
        check_suffix(Path("labels.csv"))


def test_a_missing_file_says_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(PredictionFileError, match="run `lightning predict` first"):
        read_predictions(tmp_path / "gone.jsonl")


def test_parts_of_several_processes_are_read_in_the_order_of_the_images(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "labels.jsonl")
    parts.begin(None)
    for rank in (1, 0):  # each third image, as data modules share them
        for start in (rank, rank + 6):
            parts.write(rank, [entry(start), entry(start + 3)])
    parts.write(2, [entry(2), entry(5), entry(8), entry(11)])
    assert [one["position"] for one in parts.read()] == list(range(12))


def test_parts_of_an_interrupted_run_of_the_same_plan_are_kept(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "labels.jsonl")
    plan = {"photos": "abc", "task": {"beam_width": 5}}
    assert parts.begin(plan) == {}
    parts.write(0, [entry(4), entry(5)])
    parts.write(1, [entry(0), entry(1)])
    again = Parts(tmp_path / "labels.jsonl")
    assert again.begin(plan) == {4: 2, 0: 2}
    again.write(0, [entry(2), entry(3)])
    assert [one["position"] for one in again.read()] == list(range(6))


@pytest.mark.parametrize("other", [None, {"photos": "xyz"}, {"photos": "abc", "more": 1}])
def test_parts_of_another_plan_are_removed(tmp_path: Path, other: Any) -> None:
    parts = Parts(tmp_path / "labels.jsonl")
    parts.begin({"photos": "abc"})
    parts.write(0, [entry(0)])
    assert parts.begin(other) == {}
    assert list(parts.read()) == []


def test_a_part_that_was_being_written_does_not_count(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "labels.jsonl")
    plan = {"photos": "abc"}
    parts.begin(plan)
    parts.write(0, [entry(0)])
    (parts.folder / "00000-0000000001-1.partial").write_text('{"position": 1, "im')
    assert parts.begin(plan) == {0: 1}
    parts.remove()
    assert not parts.folder.exists()


def test_failures_are_listed_and_an_old_list_goes(tmp_path: Path) -> None:
    file = tmp_path / "labels.failures.jsonl"
    assert write_failures(file, [entry(0), entry(1, "broken")]) == ["broken"]
    assert json.loads(file.read_text()) == {"image": "1.jpg", "error": "broken"}
    assert write_failures(file, [entry(0)]) == []
    assert not file.exists()
