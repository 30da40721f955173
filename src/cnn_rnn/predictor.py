"""Photos in, label paths out: a checkpoint's backbone, network and preprocessing in one call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import overload

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from cnn_rnn.checkpoint_file import LoadedCheckpoint, Preprocessing, load_checkpoint
from cnn_rnn.photos import Photo, PhotoError, read_photo
from cnn_rnn.prediction import Prediction, predictions_of
from cnn_rnn.tasks import MultiLabelTask

_READERS = 4  # threads; decoders release Python's lock


class DeviceError(ValueError):
    """A device that is not there; says why."""

    is_user_error = True


class Predictor:
    """A trained model that takes photos; `CNNRNN.load` makes it.

    Equal photos give equal answers, whatever else is in the batch, as far as the device's matrix
    products do; nothing is drawn at random.

    Args:
        loaded: a task and its preprocessing.
        device: where it runs; by default CUDA where there is any.
    Raises:
        DeviceError: this machine has no such device.

    Attributes:
        task: the LightningModule, in evaluation mode; its `beam_width`, `min_length` and
            `max_length` may be changed.
        preprocessing: `image_size` and `transform_id` of the training.
        device: where it runs.
    """

    def __init__(self, loaded: LoadedCheckpoint, device: str | torch.device | None = None) -> None:
        if device is None:
            device = "cuda" if torch.cuda.is_available() else "cpu"
        self.device = _usable(device)
        self.task: MultiLabelTask = loaded.task.to(self.device)
        self.preprocessing: Preprocessing = loaded.preprocessing
        self._transform = loaded.transform

    @classmethod
    def load(
        cls,
        checkpoint: str | Path,
        device: str | torch.device | None = None,
        *,
        backbone_weights: str | None = None,
        image_size: int | None = None,
    ) -> Predictor:
        """Reads a checkpoint of any task of this project.

        Args:
            checkpoint: a `.ckpt` that `lightning fit` wrote, or `mini`: a small model of drawn
                scenes that comes with the package.
            device: such as `cpu` or `cuda:1`; by default CUDA where there is any.
            backbone_weights: a file (or name) in the place of the one that the checkpoint names.
            image_size: side of the square photos, for checkpoints that do not say it.
        Raises:
            CheckpointError: it cannot be used; says why and what to do.
            DeviceError: this machine has no such device.
            WeightsError: the backbone's weights are missing.
        """
        return cls(load_checkpoint(checkpoint, backbone_weights, image_size), device)

    @property
    def label_names(self) -> list[str]:
        """The K labels, by id."""
        return list(self.task.labels.names)

    @property
    def network(self) -> nn.Module:
        """The head: a `CNNRNN`, or the linear layer of a ranking task."""
        network = self.task.network
        assert isinstance(network, nn.Module)
        return network

    @property
    def backbone(self) -> nn.Module:
        """The image encoder, on the predictor's device."""
        return self.task.image_encoder()

    # A str is an iterable of str, too; the first that fits is taken.
    @overload
    def predict(  # type: ignore[overload-overlap]
        self, photos: Photo, batch_size: int = ...
    ) -> Prediction: ...

    @overload
    def predict(self, photos: Iterable[Photo], batch_size: int = ...) -> list[Prediction]: ...

    def predict(
        self, photos: Photo | Iterable[Photo], batch_size: int = 32
    ) -> Prediction | list[Prediction]:
        """The labels of a photo, or of each of several.

        Args:
            photos: one photo or any number of them: paths, PIL images, (3, H, W) uint8 tensors or
                (H, W, 3) uint8 arrays, mixed at will.
            batch_size: photos that are encoded and searched at once.
        Returns:
            A `Prediction` for one photo, a list in the order given for several.
        Raises:
            PhotoError: a photo cannot be used; names it.
        """
        if isinstance(photos, str | Path | Image.Image | Tensor | np.ndarray):
            return self._predict_batch([(_name(photos, 0), photos)])[0]
        if not isinstance(photos, Iterable):
            raise PhotoError(f"expected a photo or several, got {type(photos).__name__}")
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {batch_size}")
        named = ((_name(photo, index), photo) for index, photo in enumerate(photos))
        return [
            prediction
            for batch in iter(lambda: list(islice(named, batch_size)), [])
            for prediction in self._predict_batch(batch)
        ]

    def prepare(self, photo: Photo, name: str = "photo") -> Tensor:
        """What the network sees of a photo: (3, S, S) uint8 on the CPU.

        Raises:
            PhotoError: it cannot be used.
        """
        pixels: Tensor = self._transform(read_photo(photo, name))
        return pixels

    @torch.inference_mode()
    def features(self, images: Tensor) -> Tensor:
        """(B, F) from prepared images (B, 3, S, S)."""
        encoded: Tensor = self.backbone(images.to(self.device))
        return encoded

    @torch.inference_mode()
    def _predict_batch(self, named: Sequence[tuple[str, Photo]]) -> list[Prediction]:
        with ThreadPoolExecutor(min(_READERS, len(named))) as pool:
            images = list(pool.map(lambda pair: self.prepare(pair[1], pair[0]), named))
        features = self.features(torch.stack(images))
        said = self.task.predict(features)
        return predictions_of(self.task, [name for name, _ in named], said, features)


def _name(photo: object, index: int) -> str:
    return str(photo) if isinstance(photo, str | Path) else f"photo {index}"


def _usable(device: str | torch.device) -> torch.device:
    try:
        return torch.empty(0, device=device).device
    except (AssertionError, RuntimeError) as error:  # what PyTorch raises, by device
        reason = str(error).splitlines()[0].partition(". ")[0]
        raise DeviceError(f"device {str(device)!r} cannot be used: {reason}; try cpu") from error
