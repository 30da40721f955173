import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnn_rnn.feature_extraction import extract
from cnn_rnn.feature_store import FeatureCacheError, FeatureStore, StoreSpec

NUM_IMAGES, FEATURE_DIM = 22, 5


class FakeImages:
    """Image i is made from i; `read` lists what was read in this process."""

    def __init__(self) -> None:
        self.image_ids = [f"{i:03d}.jpg" for i in range(NUM_IMAGES)]
        self.targets = self.ignored = torch.zeros(NUM_IMAGES, 2, dtype=torch.bool)
        self.read: list[int] = []

    def __len__(self) -> int:
        return NUM_IMAGES

    def __getitem__(self, index: int) -> dict[str, Any]:
        self.read.append(index)
        generator = torch.Generator().manual_seed(index)
        image = torch.randint(256, (3, 6, 6), dtype=torch.uint8, generator=generator)
        return {"image": image}


class Encoder(nn.Module):
    """A convolution with batch normalisation and dropout: only right in evaluation mode."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, FEATURE_DIM, 3)
        self.norm = nn.BatchNorm2d(FEATURE_DIM)
        self.dropout = nn.Dropout()

    def forward(self, images: Tensor) -> Tensor:
        maps: Tensor = self.dropout(self.norm(self.conv(images.float() / 255)))
        return maps.mean(dim=(2, 3))


@dataclass
class FakeBackbone:
    """Builds the encoder and counts how often."""

    feature_dim: int = FEATURE_DIM
    before_batch: Callable[[Tensor], Tensor] = field(default=lambda images: images)
    built: int = 0

    def identity(self) -> str:
        return "fake"

    def build(self) -> nn.Module:
        self.built += 1
        with torch.random.fork_rng():
            torch.manual_seed(7)
            encoder = Encoder()
        encoder.register_forward_pre_hook(lambda _, inputs: (self.before_batch(inputs[0]),))
        return encoder


def open_store(folder: Path, dtype: str = "float32") -> FeatureStore:
    return FeatureStore(folder, StoreSpec(NUM_IMAGES, FEATURE_DIM, dtype), chunk_size=8)


@pytest.fixture(scope="module")
def expected() -> Tensor:
    images = torch.stack([sample["image"] for sample in map(FakeImages().__getitem__, range(22))])
    with torch.no_grad():
        features: Tensor = FakeBackbone().build().eval()(images)
    return features


@pytest.mark.parametrize("batch_size", [1, 3, 8, 100])
def test_features_do_not_depend_on_the_batch_size(
    tmp_path: Path, expected: Tensor, batch_size: int
) -> None:
    store = open_store(tmp_path)
    extract(store, FakeImages(), FakeBackbone(), batch_size=batch_size)
    np.testing.assert_allclose(store.array(), expected, rtol=1e-5, atol=1e-6)


def test_a_cpu_takes_large_images_in_small_parts(
    tmp_path: Path, expected: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnn_rnn.feature_extraction.CPU_PIXELS", 2 * 6 * 6 + 5)
    sizes: list[int] = []

    def note(images: Tensor) -> Tensor:
        sizes.append(len(images))
        return images

    store = open_store(tmp_path)
    extract(store, FakeImages(), FakeBackbone(before_batch=note), batch_size=5)
    assert max(sizes) == 2
    assert sum(sizes) == NUM_IMAGES
    np.testing.assert_allclose(store.array(), expected, rtol=1e-5, atol=1e-6)


def test_workers_read_the_images(tmp_path: Path, expected: Tensor) -> None:
    store, images = open_store(tmp_path), FakeImages()
    extract(store, images, FakeBackbone(), batch_size=3, num_workers=2)
    np.testing.assert_allclose(store.array(), expected, rtol=1e-5, atol=1e-6)
    assert images.read == []


def test_half_precision_is_close(tmp_path: Path, expected: Tensor) -> None:
    store = open_store(tmp_path, "float16")
    extract(store, FakeImages(), FakeBackbone(), batch_size=4)
    np.testing.assert_allclose(store.array(), expected, rtol=1e-3, atol=1e-3)


def test_a_complete_store_needs_no_backbone(tmp_path: Path) -> None:
    extract(open_store(tmp_path), FakeImages(), FakeBackbone(), batch_size=4)
    images, backbone = FakeImages(), FakeBackbone()
    extract(open_store(tmp_path), images, backbone, batch_size=4)
    assert (images.read, backbone.built) == ([], 0)


def test_a_crash_in_a_chunk_costs_that_chunk_only(tmp_path: Path, expected: Tensor) -> None:
    batches = 0

    def crash(images: Tensor) -> Tensor:
        nonlocal batches
        batches += 1
        if batches == 4:  # the second batch of the second chunk
            raise KeyboardInterrupt
        return images

    with pytest.raises(KeyboardInterrupt):
        extract(open_store(tmp_path), FakeImages(), FakeBackbone(before_batch=crash), batch_size=4)
    store, images = open_store(tmp_path), FakeImages()
    extract(store, images, FakeBackbone(), batch_size=4)
    assert images.read == list(range(8, NUM_IMAGES))
    np.testing.assert_allclose(store.array(), expected, rtol=1e-5, atol=1e-6)


def test_the_random_state_is_left_alone(tmp_path: Path) -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    extract(open_store(tmp_path), FakeImages(), FakeBackbone(), batch_size=4)
    assert torch.equal(torch.get_rng_state(), before)


def test_each_rank_begins_elsewhere(tmp_path: Path) -> None:
    images = FakeImages()
    extract(open_store(tmp_path), images, FakeBackbone(), batch_size=8, share=(2, 3))
    assert images.read[0] == 16
    assert sorted(images.read) == list(range(NUM_IMAGES))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_features_that_are_not_finite_name_their_image(tmp_path: Path, value: float) -> None:
    def spoil(images: Tensor) -> Tensor:
        spoilt = images.float()
        if len(spoilt) == 2:
            spoilt[1] = value
        return spoilt

    store = open_store(tmp_path)
    with pytest.raises(FeatureCacheError, match=r"image 021\.jpg: its features are not finite"):
        extract(store, FakeImages(), FakeBackbone(before_batch=spoil), batch_size=4)
    assert store.ledger.missing() == [2]


def test_features_too_large_for_half_precision_are_refused(tmp_path: Path) -> None:
    backbone = FakeBackbone(before_batch=lambda images: images.float() * 1e6)
    with pytest.raises(FeatureCacheError, match="not finite in float16"):
        extract(open_store(tmp_path, "float16"), FakeImages(), backbone, batch_size=4)


def test_a_backbone_that_gives_another_width_is_refused(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, StoreSpec(NUM_IMAGES, 6))
    with pytest.raises(FeatureCacheError, match=r"shape \(4, 5\), but says it gives 6"):
        extract(store, FakeImages(), FakeBackbone(feature_dim=6), batch_size=4)


# A second process fills the same store; it stops inside its second batch until it is told to go
# on, and says how many images it has computed at the end.
OTHER_PROCESS = """
    import importlib.util, sys
    from pathlib import Path
    spec = importlib.util.spec_from_file_location("fakes", sys.argv[1])
    fakes = importlib.util.module_from_spec(spec)
    sys.modules["fakes"] = fakes
    spec.loader.exec_module(fakes)
    batches = 0
    def stop_once(images):
        global batches
        batches += 1
        if batches == 2:
            print("stopped", flush=True)
            sys.stdin.readline()
        return images
    images = fakes.FakeImages()
    backbone = fakes.FakeBackbone(before_batch=stop_once)
    fakes.extract(fakes.open_store(Path(sys.argv[2])), images, backbone, batch_size=4)
    print(len(images.read), flush=True)
"""


def start_other_process(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(OTHER_PROCESS), __file__, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "stopped\n"
    return process


def test_two_processes_share_the_images(tmp_path: Path, expected: Tensor) -> None:
    process = start_other_process(tmp_path)

    def let_it_go_on(images: Tensor) -> Tensor:
        if process.stdin is not None and not process.stdin.closed:
            process.stdin.write("go on\n")
            process.stdin.close()
        return images

    store, images = open_store(tmp_path), FakeImages()
    extract(store, images, FakeBackbone(before_batch=let_it_go_on), batch_size=4)
    assert process.stdout is not None
    theirs = int(process.stdout.read())
    assert process.wait() == 0
    assert theirs >= 8
    assert theirs + len(images.read) == NUM_IMAGES
    np.testing.assert_allclose(store.array(), expected, rtol=1e-5, atol=1e-6)


def test_the_chunk_of_a_killed_process_is_taken_over(tmp_path: Path, expected: Tensor) -> None:
    process = start_other_process(tmp_path)

    def kill_it(images: Tensor) -> Tensor:
        process.kill()
        process.wait()
        return images

    store, images = open_store(tmp_path), FakeImages()
    extract(store, images, FakeBackbone(before_batch=kill_it), batch_size=4)
    assert process.returncode == -9
    assert images.read == [*range(8, NUM_IMAGES), *range(8)]  # its half chunk last, and anew
    np.testing.assert_allclose(store.array(), expected, rtol=1e-5, atol=1e-6)
