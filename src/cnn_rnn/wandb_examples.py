"""A pass over a part of the data for W&B: counts over all images, a close look at some."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import torch
from lightning.pytorch import Trainer
from lightning.pytorch.utilities import move_data_to_device
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from cnn_rnn.attention import attention_maps
from cnn_rnn.decoding import Paths
from cnn_rnn.label_counts import LabelCounts
from cnn_rnn.network import CNNRNN
from cnn_rnn.prediction import predictions_of
from cnn_rnn.tasks import MultiLabelTask, Predictions
from cnn_rnn.wandb_tables import Example

logger = logging.getLogger(__name__)


def examined(
    trainer: Trainer,
    task: MultiLabelTask,
    part: str,
    loader: Iterable[Any],
    num_batches: int,
    counts: LabelCounts,
    images: int,
) -> list[Example]:
    """Predicts this process's share of a part once more.

    Args:
        trainer: whose data module has the images, where batches bring features.
        task: in evaluation mode.
        part: train, val or test.
        loader: its batches.
        num_batches: of the loader, at most so many.
        counts: of the decisions; is added to.
        images: so many examples, from batches at equal distances.
    Returns:
        The examples; none where images are not to be had, which the log says.
    """
    wanted = Counter(index * num_batches // max(1, images) for index in range(images))
    examples: list[Example] = []
    source = _ImageSource(trainer, part)
    for number, batch in enumerate(islice(iter(loader), num_batches)):
        batch = move_data_to_device(batch, task.device)
        batch = trainer.precision_plugin.convert_input(batch)
        with trainer.precision_plugin.forward_context():
            features = task.features(batch)
            said = task.predict(features)
        counts.update(said.decisions, batch["target"], batch["ignored"])
        size = len(batch["target"])
        many = min(wanted[number], size)
        rows = [place * size // many for place in range(many)]
        if rows and source.has_images(batch):
            examples += _examples(task, source, batch, features, said, rows)
    return examples


def attention_of(task: MultiLabelTask, examples: Sequence[Example]) -> list[Tensor] | None:
    """The attention maps of each example, (T+1, H, W); None, and a word in the log, without any."""
    network = getattr(task, "network", None)
    if not isinstance(network, CNNRNN) or task.backbone_spec.regions > 1:
        return None
    images = torch.stack([example.image for example in examples])
    paths = pad_sequence(
        [example.prediction.path_ids for example in examples], batch_first=True, padding_value=-1
    )
    try:
        with torch.inference_mode(False), torch.enable_grad():
            encoder = task.image_encoder()
            if any(weight.is_inference() for weight in encoder.parameters()):
                encoder = task.backbone_spec.build().to(task.device)
            maps = attention_maps(encoder.eval(), network, images, paths)
    except (ValueError, OSError) as error:  # its weights are gone, or it has no map
        logger.warning("No attention in the table of images: %s", error)
        return None
    return [*maps.cpu()]


class _ImageSource:
    """Images of a batch: its own, or those behind its features, by their ids."""

    def __init__(self, trainer: Trainer, part: str) -> None:
        self._data: Any = getattr(trainer, "datamodule", None)
        self._part = part
        self._rows: dict[str, int] | None = None
        self._dataset: Any = None

    def has_images(self, batch: Any) -> bool:
        """Whether they are to be had; says so once where they are not."""
        if "image" in batch or self._rows is not None:
            return True
        if not hasattr(self._data, "split_indices"):
            if self._data is not None:
                logger.warning("No table of images: the data module names no splits")
                self._data = None
            return False
        split, _ = self._data.split_indices(self._part)
        self._dataset = self._data.dataset(split)
        self._rows = {name: row for row, name in enumerate(self._dataset.image_ids)}
        return True

    def image(self, batch: Any, row: int) -> Tensor:
        """(3, H, W) uint8 on the CPU."""
        if "image" in batch:
            image: Tensor = batch["image"][row].cpu()
        else:
            assert self._rows is not None
            image = self._dataset[self._rows[batch["image_id"][row]]]["image"]
        if image.is_floating_point():
            image = (255 * image.float()).round().to(torch.uint8)
        return image


def _examples(
    task: MultiLabelTask,
    source: _ImageSource,
    batch: Any,
    features: Tensor,
    said: Predictions,
    rows: list[int],
) -> list[Example]:
    paths = None if said.paths is None else Paths(*(part[rows] for part in said.paths))
    chosen = Predictions(said.scores[rows], said.decisions[rows], paths)
    ids = [batch["image_id"][row] for row in rows]
    true = (batch["target"] & ~batch["ignored"])[rows].cpu()
    return [
        Example(
            source.image(batch, row),
            tuple(task.labels.names[label] for label in truth.nonzero().flatten().tolist()),
            prediction,
        )
        for row, truth, prediction in zip(
            rows, true, predictions_of(task, ids, chosen, features[rows]), strict=True
        )
    ]
