"""The models that a table trained, taken back from its runs, and the photos they were tested on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from benchmarks.spec import RowSpec
from benchmarks.store import Arrays, ResultError
from benchmarks.suite import SuiteResult
from cnn_rnn.backbones import Backbone
from cnn_rnn.network import CNNRNN
from cnn_rnn.tasks import MultiLabelTask
from data_modules.images import read_image
from data_modules.records import ImageBoxes

Picture = npt.NDArray[np.uint8]  # (H, W, 3)


class TrainedModels:
    """A table's finished runs, opened on first use.

    Args:
        result: of the table; every row that is asked for has a finished run.
    """

    def __init__(self, result: SuiteResult) -> None:
        self.result = result

    @cached_property
    def images(self) -> Any:
        """The data module, which `benchmarks` keeps in memory."""
        from benchmarks.run_data import opened

        return opened(self.result.plan.source)

    @property
    def label_names(self) -> list[str]:
        """K names."""
        names: list[str] = self.images.label_names
        return names

    @cached_property
    def boxes(self) -> Sequence[ImageBoxes]:
        """Of the test images, in their order."""
        found: Sequence[ImageBoxes] = self.images.annotations(self.images.test_split)
        return found

    @cached_property
    def test_images(self) -> Any:
        """The test images as the backbone sees them."""
        return self.images.dataset(self.images.test_split)

    @cached_property
    def backbone(self) -> Backbone:
        """The frozen image encoder of the table's rows."""
        return self.result.plan.source.backbone_spec().build().requires_grad_(False)

    def row(self, row_id: str) -> RowSpec:
        """A row of the table."""
        return self.result.plan.table.row(row_id)

    def records(self, row_id: str) -> list[dict[str, Any]]:
        """The runs of a row, in the order of the seeds.

        Raises:
            ResultError: it has no finished run.
        """
        found = self.result.runs(self.row(row_id))
        if not found:
            raise ResultError(
                f"row {row_id} of {self.result.plan.table.id} has no finished run: "
                f"{'; '.join(self.result.failed(self.row(row_id))) or 'it was not run'}"
            )
        return found

    def arrays(self, row_id: str) -> list[Arrays]:
        """What each run of a row says of the test images."""
        return [self.result.plan.store.read_arrays(run["key"]) for run in self.records(row_id)]

    def task(self, record: dict[str, Any]) -> MultiLabelTask:
        """The trained model of a run, in evaluation mode, on the CPU.

        Raises:
            ResultError: its weights are missing or damaged; says how to have them made again.
        """
        from cnn_rnn.checkpoint_file import CheckpointError, load_checkpoint

        store, key = self.result.plan.store, record["key"]
        file = store.weights_file(key)
        try:
            return load_checkpoint(file, image_size=self.images.image_size).task.eval()
        except CheckpointError as error:
            raise ResultError(
                f"{file} is missing or damaged: delete {store.run_file(key)}, and the run is made "
                "again with its weights"
            ) from error

    def network(self, record: dict[str, Any]) -> CNNRNN:
        """The network of a CNN-RNN run, in evaluation mode."""
        network = self.task(record).get_submodule("network")
        assert isinstance(network, CNNRNN)
        return network

    def photo(self, index: int) -> Picture:
        """A test image as it lies on disk."""
        return _picture(read_image(self.test_images.image_paths[index]))

    def seen(self, index: int) -> Tensor:
        """(3, S, S) uint8: a test image as the backbone sees it."""
        image: Tensor = self.test_images[index]["image"]
        return image

    @torch.no_grad()
    def features(self, indices: Sequence[int]) -> Tensor:
        """(B, F) of some test images."""
        found: Tensor = self.backbone(torch.stack([self.seen(index) for index in indices]))
        return found


def _picture(image: Tensor) -> Picture:
    return image.permute(1, 2, 0).numpy()
