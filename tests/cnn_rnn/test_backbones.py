"""Backbones: sizes, normalisation, weights from files, and clear refusals."""

from pathlib import Path

import pytest
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

from cnn_rnn import regions
from cnn_rnn.backbone_bodies import BackboneError
from cnn_rnn.backbone_weights import WeightsError
from cnn_rnn.backbones import BackboneSpec, build_backbone


@pytest.mark.parametrize(
    ("name", "feature_dim"),
    [
        ("vgg16", 4096),
        ("vgg16_mini", 512),
        ("resnet18", 512),
        ("mobilenet_v2", 1280),
        ("squeezenet1_0", 512),
        ("timm/resnet10t", 512),
    ],
)
def test_feature_dim_is_known_without_weights(name: str, feature_dim: int) -> None:
    if name.startswith("timm/"):
        pytest.importorskip("timm")
    assert BackboneSpec(name, None).feature_dim == feature_dim


@pytest.mark.parametrize("name", ["vgg16_mini", "mobilenet_v2", "squeezenet1_0", "timm/resnet10t"])
def test_features_have_the_size_that_was_promised(name: str) -> None:
    if name.startswith("timm/"):
        pytest.importorskip("timm")
    backbone = build_backbone(name)
    images = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    assert backbone(images).shape == (2, backbone.feature_dim)


def test_vgg16_gives_fc7_after_its_relu(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = torchvision.models.vgg16(weights=None).eval()
    file = tmp_path / "vgg16.pth"
    torch.save(model.state_dict(), file)
    images = torch.rand(1, 3, 224, 224)
    seen = []
    model.classifier[4].register_forward_hook(lambda _module, _input, output: seen.append(output))
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    with torch.no_grad():
        model((images - mean.view(3, 1, 1)) / std.view(3, 1, 1))
        features = build_backbone("vgg16", str(file))(images)
    torch.testing.assert_close(features, seen[0])
    assert (features >= 0).all()


def test_bytes_and_floats_give_the_same_features() -> None:
    backbone = build_backbone("vgg16_mini")
    images = torch.randint(0, 256, (1, 3, 96, 96), dtype=torch.uint8)
    torch.testing.assert_close(backbone(images), backbone(images.float() / 255))


def test_mini_weights_are_packaged_and_make_an_identity() -> None:
    spec = BackboneSpec("vgg16_mini", "mini")
    assert spec.build().feature_dim == 512
    assert spec.identity() == spec.identity()
    other = BackboneSpec("vgg16_mini", "mini", mean=(0.5, 0.5, 0.5))
    assert spec.identity() != other.identity()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_weights_of_the_whole_network_load_with_or_without_its_head(
    tmp_path: Path, suffix: str
) -> None:
    state = torchvision.models.resnet18(weights=None).state_dict()
    for drop in ((), ("fc.weight", "fc.bias")):
        kept = {key: value for key, value in state.items() if key not in drop}
        file = tmp_path / f"resnet18{len(drop)}{suffix}"
        if suffix == ".pth":
            torch.save(kept, file)
        else:
            save_file(kept, file)
        backbone = build_backbone("resnet18", str(file))
        assert isinstance(backbone.body.conv1, nn.Conv2d)
        assert torch.equal(backbone.body.conv1.weight, state["conv1.weight"])


def test_tensorflow_padding_is_at_the_right_and_the_bottom(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = torchvision.models.mobilenet_v2(weights=None)
    file = tmp_path / "weights.pth"
    torch.save(model.state_dict(), file)
    backbone = build_backbone("mobilenet_v2", str(file), padding="tensorflow")
    convolution = model.features[0][0]
    images = torch.rand(1, 3, 8, 8)
    expected = nn.functional.conv2d(
        nn.functional.pad(images, (0, 1, 0, 1)), convolution.weight, stride=2
    )
    first = backbone.body.features[0][0]  # type: ignore[index]  # mobilenet's stem
    torch.testing.assert_close(first(images), expected)  # type: ignore[operator]


def test_the_identity_follows_the_weights(tmp_path: Path) -> None:
    files = [tmp_path / "a.pth", tmp_path / "b.pth"]
    for seed, file in enumerate(files):
        torch.save({"w": torch.full((1,), float(seed))}, file)
    first, second = (BackboneSpec("resnet18", str(file)).identity() for file in files)
    assert first != second
    assert "vgg16-397923af.pth" in BackboneSpec().identity()


def test_random_weights_have_no_identity() -> None:
    with pytest.raises(ValueError, match="fine_tune"):
        BackboneSpec("vgg16_mini", None).identity()


def test_unknown_names_and_keys_are_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="vgg16_mini"):
        _ = BackboneSpec("vgg61", None).feature_dim
    with pytest.raises(ValueError, match="known keys: name, weights"):
        BackboneSpec.parse({"nmae": "vgg16"})


def test_an_unknown_name_is_said_before_its_weights_are_missed() -> None:
    with pytest.raises(BackboneError, match="no backbone 'vgg61': expected vgg16, vgg16_mini"):
        BackboneSpec("vgg61", "IMAGENET1K_V1").identity()


def test_a_spec_survives_its_plain_dict() -> None:
    spec = BackboneSpec("mobilenet_v2", "weights.pth", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    assert BackboneSpec.parse(spec.to_dict()) == spec


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_file_that_is_no_state_dict_is_named(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"broken{suffix}"
    file.write_bytes(b"not weights")
    with pytest.raises(WeightsError, match="broken"):
        build_backbone("resnet18", str(file))


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "alexnet.pth"
    torch.save({"features.0.weight": torch.zeros(3)}, file)
    with pytest.raises(WeightsError, match="not the weights of resnet18"):
        build_backbone("resnet18", str(file))


def test_missing_weights_say_what_could_be_named_instead() -> None:
    with pytest.raises(WeightsError, match="IMAGENET1K_V1"):
        build_backbone("resnet18", "nowhere.pth")
    with pytest.raises(WeightsError, match=r"state dict of vgg16_mini, or mini for the packaged"):
        build_backbone("vgg16_mini", "nowhere.pth")


def test_features_of_regions_are_those_of_each_crop_the_whole_image_first() -> None:
    spec = BackboneSpec("vgg16_mini", "mini", regions=5, crop_size=48)
    assert spec.feature_dim == 5 * 512
    images = torch.randint(0, 256, (3, 3, 64, 64), dtype=torch.uint8)
    one = BackboneSpec("vgg16_mini", "mini").build()
    with torch.no_grad():
        features = spec.build()(images).view(3, 5, 512)
        for image, row in zip(images, features, strict=True):
            boxes = regions.propose(image.unsqueeze(0), 5)[0]
            for box, found in zip(boxes, row, strict=True):
                cut = regions.crop(image.unsqueeze(0), box.unsqueeze(0), 48)
                torch.testing.assert_close(found, one(cut)[0], rtol=1e-4, atol=1e-5)


def test_crops_are_as_large_as_the_images_unless_told_otherwise() -> None:
    images = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    with torch.no_grad():
        whole = BackboneSpec("vgg16_mini", "mini").build()(images)
        features = BackboneSpec("vgg16_mini", "mini", regions=2).build()(images)
    torch.testing.assert_close(features[:, :512], whole)


def test_the_identity_follows_number_size_and_method_of_regions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def identities() -> list[str]:
        return [
            BackboneSpec("vgg16_mini", "mini").identity(),
            BackboneSpec("vgg16_mini", "mini", regions=4).identity(),
            BackboneSpec("vgg16_mini", "mini", regions=5).identity(),
            BackboneSpec("vgg16_mini", "mini", regions=5, crop_size=64).identity(),
        ]

    before = identities()
    assert len(set(before)) == 4
    monkeypatch.setattr(regions, "METHOD", "another")
    after = identities()
    assert after[0] == before[0]
    assert not set(after[1:]) & set(before)


@pytest.mark.parametrize(
    "wrong", [{"regions": 0}, {"regions": 3, "crop_size": 0}, {"regions": 1, "crop_size": 9}]
)
def test_regions_that_cannot_be_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="crop_size"):
        BackboneSpec.parse({"name": "vgg16_mini", "weights": "mini", **wrong})


@pytest.mark.parametrize(("weights", "kept"), [("file", True), (None, False)])
def test_training_keeps_the_statistics_that_came_with_weights(
    tmp_path: Path, weights: str | None, kept: bool
) -> None:
    torch.manual_seed(0)
    if weights is not None:
        weights = str(tmp_path / "resnet18.pth")
        torch.save(torchvision.models.resnet18(weights=None).state_dict(), weights)
    backbone = BackboneSpec("resnet18", weights).build().train()
    before = backbone.get_buffer("body.bn1.running_mean").clone()
    backbone(torch.rand(4, 3, 32, 32)).sum().backward()
    assert torch.equal(backbone.get_buffer("body.bn1.running_mean"), before) == kept
    scale = backbone.get_parameter("body.bn1.weight")
    assert scale.grad is not None
    assert scale.grad.abs().sum() > 0
    assert backbone.training


def test_dropout_of_vgg_is_on_in_training_and_off_otherwise() -> None:
    backbone = BackboneSpec("vgg16_mini", "mini").build()
    images = torch.rand(1, 3, 96, 96)
    with torch.no_grad():
        assert torch.equal(backbone(images), backbone(images))
        backbone.train()
        assert not torch.equal(backbone(images), backbone(images))


def test_a_backbone_built_in_inference_mode_can_be_traced() -> None:
    with torch.inference_mode():
        backbone = BackboneSpec("vgg16_mini", None).build()
    images = torch.rand(1, 3, 96, 96, requires_grad=True)
    backbone(images).sum().backward()
    assert images.grad is not None
