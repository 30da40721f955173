import pytest
import torch

from data_modules.transforms import evaluation_transform, training_transform, transform_id


@pytest.mark.parametrize("size", [(10, 30), (30, 10), (20, 20), (3, 3)])
@pytest.mark.parametrize("resize", ["square", "crop"])
def test_any_image_becomes_a_uint8_square(size: tuple[int, int], resize: str) -> None:
    image = torch.randint(256, (3, *size), dtype=torch.uint8)
    transform = evaluation_transform(16, resize)  # type: ignore[arg-type]
    result = transform(image)
    assert result.shape == (3, 16, 16)
    assert result.dtype == torch.uint8
    assert torch.equal(result, transform(image))


def stripes() -> torch.Tensor:
    """Black with a white left edge, twice as wide as high."""
    image = torch.zeros(3, 32, 64, dtype=torch.uint8)
    image[:, :, :8] = 255
    return image


def test_square_keeps_what_is_at_the_border() -> None:
    assert evaluation_transform(16, "square")(stripes())[:, :, 0].min() == 255


def test_crop_loses_what_is_at_the_border() -> None:
    assert evaluation_transform(16, "crop")(stripes()).max() == 0


def test_training_images_vary() -> None:
    torch.manual_seed(0)
    transform = training_transform(16)
    image = torch.randint(256, (3, 40, 30), dtype=torch.uint8)
    first, second = transform(image), transform(image)
    assert first.shape == second.shape == (3, 16, 16)
    assert first.dtype == torch.uint8
    assert not torch.equal(first, second)


def test_different_transforms_have_different_names() -> None:
    names = {transform_id(size, resize) for size in (96, 224) for resize in ("square", "crop")}
    assert len(names) == 4
