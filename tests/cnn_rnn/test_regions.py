"""Region hypotheses: how many, where, and that the same pixels always give the same ones."""

import pytest
import torch
from torch import Tensor
from torchvision.ops import box_iou
from torchvision.transforms import v2

from cnn_rnn.regions import OVERLAP, crop, max_regions, propose


def noise(batch: int, height: int, width: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(batch, 3, height // 8, width // 8, generator=generator) * 255
    smooth: Tensor = v2.functional.resize(coarse, [height, width])
    return smooth.to(torch.uint8)


@pytest.mark.parametrize(("height", "width"), [(96, 96), (40, 64), (33, 57)])
@pytest.mark.parametrize("num_regions", [1, 2, 10, 40])
def test_there_are_exactly_r_distinct_regions_inside_the_image_the_whole_first(
    height: int, width: int, num_regions: int
) -> None:
    boxes = propose(noise(3, height, width), num_regions)
    assert boxes.shape == (3, num_regions, 4)
    assert boxes.dtype == torch.int64
    assert (boxes[:, 0] == torch.tensor([0, 0, width, height])).all()
    left, top, right, bottom = boxes.unbind(dim=-1)
    assert (left >= 0).all()
    assert (top >= 0).all()
    assert (right <= width).all()
    assert (bottom <= height).all()
    assert (right - left >= 0.3 * width).all()
    assert (bottom - top >= 0.3 * height).all()
    for image in boxes:
        assert len(image.unique(dim=0)) == num_regions


def test_every_window_can_be_asked_for_and_no_more() -> None:
    images = noise(2, 32, 32)
    most = max_regions(32, 32)
    assert propose(images, most).shape == (2, most, 4)
    for wrong in (0, most + 1):
        with pytest.raises(ValueError, match=f"expected 1..{most} regions, got {wrong}"):
            propose(images, wrong)


def test_images_too_small_for_windows_are_refused() -> None:
    with pytest.raises(ValueError, match="16 pixels or more, got 12 x 40"):
        propose(torch.zeros(1, 3, 12, 40, dtype=torch.uint8), 2)


def test_an_image_has_the_same_regions_in_any_batch_as_bytes_or_floats() -> None:
    images = noise(8, 64, 64)
    together = propose(images, 12)
    assert torch.equal(together, propose(images, 12))
    for index in range(8):
        assert torch.equal(propose(images[index : index + 1], 12)[0], together[index])
    assert torch.equal(propose(images.float() / 255, 12), together)


def test_more_regions_only_add_to_fewer() -> None:
    images = noise(4, 64, 64)
    assert torch.equal(propose(images, 20)[:, :7], propose(images, 7))


def test_ties_go_to_the_first_windows_of_the_grid() -> None:
    flat = torch.full((2, 3, 96, 96), 128, dtype=torch.uint8)
    boxes = propose(flat, 4)
    assert torch.equal(boxes[0], boxes[1])
    assert boxes[0, 1].tolist() == [0, 0, 72, 72]


def test_a_lone_object_is_inside_the_first_window() -> None:
    image = torch.full((1, 3, 96, 96), 30, dtype=torch.uint8)
    image[:, :, 10:30, 60:80] = 220  # rows 10-29, columns 60-79
    left, top, right, bottom = propose(image, 2)[0, 1].tolist()
    assert left < 60
    assert top < 10
    assert right > 80
    assert bottom > 30
    assert (right - left) * (bottom - top) < 96 * 96 / 3


def test_windows_that_overlap_a_taken_one_wait() -> None:
    boxes = propose(noise(6, 96, 96), 6)[:, 1:].float()
    for image in boxes:
        overlaps = box_iou(image, image).fill_diagonal_(0)
        assert overlaps.max() <= OVERLAP


def test_a_crop_is_resized_as_data_modules_resize() -> None:
    images = noise(2, 64, 48)
    boxes = torch.tensor([[0, 0, 48, 64], [10, 20, 30, 60]])
    crops = crop(images, boxes, 32)
    assert crops.shape == (2, 3, 32, 32)
    assert crops.dtype == torch.uint8
    resize = v2.Resize((32, 32), antialias=True)
    assert torch.equal(crops[0], resize(images[0]))
    assert torch.equal(crops[1], resize(images[1, :, 20:60, 10:30]))


def test_the_whole_image_at_its_own_size_is_the_image() -> None:
    images = noise(1, 48, 64)
    assert torch.equal(crop(images, propose(images, 1)[:, 0], (48, 64)), images)
