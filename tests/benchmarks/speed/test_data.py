"""The data benchmark compares equal batches and writes what it measured."""

import json
from pathlib import Path

import pytest
import torch

from benchmarks.speed import __main__ as dispatcher
from benchmarks.speed import data
from benchmarks.speed.data_images import draw_images, image_files
from benchmarks.speed.data_reduced import read_half
from data_modules.images import read_image


@pytest.fixture(autouse=True)
def no_real_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CNN_RNN_REAL_DATA", raising=False)
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return draw_images(tmp_path / "drawn", 5)


def test_both_ways_give_the_same_batches(files: list[Path], tmp_path: Path) -> None:
    plain = list(data.plain_batches(files, tmp_path / "plain", 32, 2, 0)())
    ours = list(data.our_batches(files, 32, 2, 0)())
    assert [tuple(batch.shape) for batch in ours] == [(2, 3, 32, 32)] * 2 + [(1, 3, 32, 32)]
    assert data.largest_difference(ours, plain) <= 1.01
    assert max(float(batch.std()) for batch in ours) > 0.1


def test_other_pixels_give_no_ratio(files: list[Path]) -> None:
    ours = list(data.our_batches(files, 32, 5, 0)())
    with pytest.raises(RuntimeError, match="the batches differ by"):
        data.largest_difference(ours, [batch.flip(-1) for batch in ours])
    with pytest.raises(RuntimeError, match="batches of other shapes"):
        data.largest_difference(ours, [batch[..., 1:] for batch in ours])
    with pytest.raises(ValueError, match="shorter"):
        data.largest_difference(ours, [])


def test_drawn_pictures_are_the_same_each_time(files: list[Path], tmp_path: Path) -> None:
    again = draw_images(tmp_path / "again", 5)
    assert [file.read_bytes() for file in again] == [file.read_bytes() for file in files]
    assert read_image(files[0]).shape == (3, 375, 500)
    assert not torch.equal(read_image(files[0]), read_image(files[1]))


def test_a_folder_of_photos_is_taken_as_named(files: list[Path], tmp_path: Path) -> None:
    found, source = image_files(files[0].parent, 3, tmp_path / "unused")
    assert (found, source) == (files[:3], "3 photos of drawn")
    with pytest.raises(FileNotFoundError, match="expected JPEG files, got none"):
        image_files(tmp_path, 3, tmp_path / "unused")


def test_half_size_is_half_the_size_of_the_same_picture(files: list[Path]) -> None:
    half = read_half(files[0])
    assert half.shape == (3, 188, 250)

    def distance(file: Path) -> float:
        shrunk = torch.nn.functional.avg_pool2d(read_image(file)[:, :374].float(), 2)
        return float((half[:, :187].float() - shrunk).abs().mean())

    assert 5 * distance(files[0]) < distance(files[1])


def test_the_results_hold_a_row_for_every_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "results" / "data.json"
    sizes = ["--count", "4", "--size", "16", "--batch-size", "2", "--workers", "0", "--passes", "1"]
    status = dispatcher.main(["data", *sizes, "--reduced", "--output", str(output)])
    assert status == 0
    result = json.loads(output.read_text(encoding="utf-8"))
    assert result["torch"] == torch.__version__
    assert result["images"] == "4 drawn pictures of 500 x 375, JPEG 90"
    assert [row["way"] for row in result["rows"]] == ["plain", "ours", "ours, uint8"]
    assert [row["largest_difference"] is None for row in result["rows"]] == [False, False, True]
    assert all(row["images_per_s"] > 0 for row in result["rows"])
    assert result["rows"][0]["ratio_to_plain"] == 1
    assert set(result["stages_ms"]) == {"plain", "ours"}
    assert result["half_size"]["ms_half"] > 0
    assert result["half_size"]["map"].startswith("not measured")
    assert "ours" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "status"), [([], 2), (["nothing"], 2), (["--help"], 0)])
def test_the_dispatcher_names_the_benchmarks(
    arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dispatcher.main(arguments) == status
    printed = capsys.readouterr()
    assert "{data,decoding,training}" in (printed.err if status else printed.out)


def test_every_benchmark_has_a_main() -> None:
    folder = Path(dispatcher.__file__).parent
    for name in dispatcher.BENCHMARKS:
        assert "def main(" in (folder / f"{name}.py").read_text(encoding="utf-8")
