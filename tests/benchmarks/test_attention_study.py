"""The share of attention on labels: maps and boxes by hand, intervals, the written report."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks import attention_study, render_attention, suite
from benchmarks.attention_study import Shares, as_shares
from benchmarks.data import DataSource
from benchmarks.spec import TableSpec
from benchmarks.trained_models import TrainedModels
from benchmarks.workers import in_this_process
from cnn_rnn.backbones import build_backbone
from cnn_rnn.network import CNNRNN
from data_modules.dataset import MultiLabelDataset
from data_modules.records import ImageBoxes


class Images(MultiLabelDataset):
    """Blank images of 8 x 8."""

    def __init__(self, count: int) -> None:
        nothing = torch.zeros(count, 3, dtype=torch.bool)
        super().__init__([str(i) for i in range(count)], [], nothing, nothing, lambda image: image)

    def __getitem__(self, index: int) -> dict[str, Tensor]:  # type: ignore[override]  # no labels
        return {"image": torch.zeros(3, 8, 8, dtype=torch.uint8)}


def left_half(label: int) -> ImageBoxes:
    box = torch.tensor([[0.0, 0, 4, 8]])
    return ImageBoxes(torch.tensor([label]), box, torch.tensor([32.0]), 8, 8)


def test_shares_of_maps_that_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def maps(backbone: object, network: object, images: Tensor, paths: Tensor) -> Tensor:
        found = torch.ones(len(images), 2, 8, 8)
        found[:, 1, :, :4] = 3.0  # given the first label: three quarters on the left
        found[paths[:, 0] == 2, 1] = 0.0
        return found

    monkeypatch.setattr(attention_study, "attention_maps", maps)
    best_path = np.array([[0, 1, 2], [1, 0, -1], [2, -1, -1], [-1, -1, -1]])
    boxes = [left_half(1), left_half(1), left_half(2), left_half(0)]
    backbone = build_backbone("vgg16_mini", "mini")
    network = CNNRNN(3, 512).eval()
    found = attention_study.shares_of(backbone, network, Images(4), boxes, best_path)
    # Image 0 shows its second label, image 1 its first, image 2 its first (a map of zeros).
    nan = np.nan
    np.testing.assert_allclose(found.area, [[nan, 0.5, 0.5, nan], [0.5, nan, nan, nan]])
    np.testing.assert_allclose(found.mass[0], [[nan, 0.5, 0.5, nan], [nan, 0.75, 0.5, nan]])
    np.testing.assert_allclose(found.mass[1], [[0.5, nan, nan, nan], [0.75, nan, nan, nan]])
    mean = (3 * 0.75 + 0.5) / 4
    np.testing.assert_allclose(found.mean_map[1, :, 0], [0.5, mean])


def test_maps_become_shares_and_one_that_is_zero_looks_everywhere_alike() -> None:
    found = as_shares(np.array([[[1.0, 3.0]], [[0.0, 0.0]]]))
    assert found.tolist() == [[[0.25, 0.75]], [[0.5, 0.5]]]


def test_the_summary_has_means_of_seeds_and_intervals_around_them() -> None:
    generator = np.random.default_rng(0)
    area = generator.uniform(0.1, 0.2, (2, 300))
    area[1, 100:] = np.nan
    mass = np.stack([area + 0.05, area + 0.08], axis=1)
    seeds = [Shares(mass, mass, area), Shares(mass + 0.02, mass, area)]
    found = attention_study.summarise(seeds, resamples=200)
    rows = {(row["label"], row["given"]): row for row in found["on_label"]}
    assert rows["second", "nothing"]["images"] == [100, 100]
    assert [key for key, row in rows.items() if row["about_to_be_predicted"]] == [
        ("first", "nothing"),
        ("second", "first"),
    ]
    difference = rows["second", "first"]["mass_minus_area"]
    assert difference["mean"] == pytest.approx(9)
    assert difference["low"] == pytest.approx(9)  # it is the same in every image
    assert difference["shown"]
    assert rows["first", "nothing"]["mass_minus_mean_map"]["mean"] == pytest.approx(1)
    moved = {row["label"]: row["difference"]["mean"] for row in found["conditioning"]}
    assert moved == {"first": pytest.approx(3), "second": pytest.approx(3)}


def test_a_label_that_is_never_right_is_left_out() -> None:
    nothing = np.full((2, 2, 4), np.nan)
    area = np.full((2, 4), np.nan)
    area[0, 0] = nothing[0, :, 0] = 0.5
    found = attention_study.summarise([Shares(nothing, nothing, area)], resamples=50)
    assert {row["label"] for row in found["on_label"]} == {"first"}


def test_a_label_that_one_of_the_runs_never_gets_right_is_left_out() -> None:
    mass, area = np.full((2, 2, 4), 0.5), np.full((2, 4), 0.5)
    worse, less = mass.copy(), area.copy()
    worse[1], less[1] = np.nan, np.nan
    found = attention_study.summarise(
        [Shares(mass, mass, area), Shares(worse, worse, less)], resamples=50
    )
    assert {row["label"] for row in found["on_label"]} == {"first"}
    assert {row["label"] for row in found["conditioning"]} == {"first"}


def test_the_study_of_a_trained_row_is_written_and_says_mini(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    row = tiny_table.row("cnn_rnn")
    row = dataclasses.replace(row, arguments={**row.arguments, "min_length": 2})
    table = dataclasses.replace(tiny_table, rows=(row,))
    plan = suite.make_plan(table, tiny_source, range(2), tmp_path)
    result = suite.run(plan, in_this_process, lambda _: None)
    told: list[str] = []
    models = TrainedModels(result)
    report = attention_study.build(models, "what was read", told.append)
    assert len(told) == attention_study.steps(models) == 2
    assert report["images"] == 16
    assert report["runs"] == [run["key"] for run in result.runs(row)]
    files = render_attention.write(report, tmp_path)
    assert [file.name for file in files] == ["attention.md", "attention.json"]
    markdown, text = files[0].read_text(), render_attention.to_text(report)
    assert "MINI" in markdown
    assert "the deconvnet through the VGG" in markdown
    for line in render_attention.on_label_lines(report):
        assert f"| {' | '.join(line)} |" in markdown
        assert line[5] in text
    assert render_attention.tabulated(report).lines
