"""Attention: the label nodes' average, traced through the whole model, judged by captum."""

import copy
import warnings
from typing import Literal

import pytest
import torch
from torch import Tensor, nn

from cnn_rnn import attention
from cnn_rnn.attention import attention_maps, feature_signals
from cnn_rnn.backbones import Backbone, build_backbone
from cnn_rnn.network import CNNRNN

NUM_LABELS = 7


def make(
    joint_activation: Literal["identity", "relu"] = "identity", name: str = "vgg16_mini"
) -> tuple[Backbone, CNNRNN]:
    torch.manual_seed(0)
    backbone = build_backbone(name, "mini" if name == "vgg16_mini" else None)
    network = CNNRNN(
        NUM_LABELS,
        backbone.feature_dim,
        8,
        16,
        joint_activation=joint_activation,
        label_scale=1.0,
    )
    return backbone, network.eval()


def random_images(count: int, side: int = 96) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (count, 3, side, side), dtype=torch.uint8, generator=generator)


class AverageOfLabelNodes(nn.Module):
    """The scores of the labels after a prefix, averaged with fixed signals."""

    def __init__(
        self, backbone: Backbone, network: CNNRNN, prefix: list[int], signals: Tensor
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.project = network.project_image
        self.labels = network.label_embedding
        self.joint = nn.ReLU() if network.joint_activation == "relu" else nn.Identity()
        self.signals = signals
        state = network.initial_state(1)
        for label in [network.start_id, *prefix]:
            state, path_embedding = network.advance(state, torch.tensor([label]))
        self.path_embedding = path_embedding.detach()

    def forward(self, images: Tensor) -> Tensor:
        joint = self.joint(self.project(self.backbone(images)) + self.path_embedding)
        average: Tensor = (joint @ self.labels.T * self.signals).mean(dim=1)
        return average


@pytest.mark.parametrize("joint_activation", ["identity", "relu"])
def test_maps_are_those_of_captum_on_the_whole_model(
    joint_activation: Literal["identity", "relu"],
) -> None:
    from captum.attr import Deconvolution

    backbone, network = make(joint_activation)
    images, paths = random_images(2), torch.tensor([[3, 1], [5, -1]])
    found = attention_maps(backbone, network, images, paths)
    assert found.shape == (2, 3, 96, 96)
    assert found.dtype == torch.float32
    probabilities = network(backbone(images), paths).detach().exp()
    for image, path in enumerate(paths.tolist()):
        for step in range(3):
            prefix = [label for label in path[:step] if label >= 0]
            model = AverageOfLabelNodes(
                backbone, network, prefix, probabilities[image, step, :NUM_LABELS]
            )
            pixels = (images[image : image + 1].float() / 255).requires_grad_()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it says that it sets hooks
                wanted = Deconvolution(model).attribute(pixels).abs().sum(dim=1)
            assert wanted.sum() > 0
            torch.testing.assert_close(found[image, step], wanted[0], rtol=1e-4, atol=1e-8)


def test_the_signal_at_the_features_is_the_probabilities_average_of_the_labels() -> None:
    _, network = make()
    features, paths = torch.randn(3, 512), torch.tensor([[0], [1], [-1]])
    found = feature_signals(network, features, paths)
    probabilities = network(features, paths)[1, 1].exp()
    by_hand = sum(
        probabilities[k] * (network.label_embedding[k] @ network.project_image.weight)
        for k in range(NUM_LABELS)
    )
    assert found.shape == (3, 2, 512)
    torch.testing.assert_close(found[1, 1], by_hand / NUM_LABELS)


def test_the_map_depends_on_the_labels_given() -> None:
    backbone, network = make()
    network.project_image.weight.data.mul_(0.01)  # so that the image does not settle everything
    images = random_images(1).expand(2, -1, -1, -1)
    found = attention_maps(backbone, network, images, torch.tensor([[0], [4]]))
    assert torch.equal(found[0, 0], found[1, 0])
    shares = found[:, 1] / found[:, 1].sum(dim=(1, 2), keepdim=True)
    assert (shares[0] - shares[1]).abs().sum() > 1e-3


def test_behind_the_end_of_a_path_maps_repeat() -> None:
    backbone, network = make()
    found = attention_maps(backbone, network, random_images(1), torch.tensor([[2, -1, -1]]))
    assert torch.equal(found[:, 1], found[:, 2])
    assert torch.equal(found[:, 1], found[:, 3])


def test_no_image_depends_on_how_many_are_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    backbone, network = make()
    images, paths = random_images(3), torch.tensor([[2], [0], [-1]])
    together = attention_maps(backbone, network, images, paths)
    monkeypatch.setattr(attention, "PIXELS_AT_ONCE", 1)
    torch.testing.assert_close(attention_maps(backbone, network, images, paths), together)


def test_equal_calls_give_equal_maps_and_bytes_equal_floats() -> None:
    backbone, network = make()
    images, paths = random_images(2), torch.tensor([[2], [0]])
    once = attention_maps(backbone, network, images, paths)
    assert torch.equal(attention_maps(backbone, network, images, paths), once)
    assert torch.equal(attention_maps(backbone, network, images.float() / 255, paths), once)


def test_another_backbone_gets_grad_cam_at_the_size_of_the_image() -> None:
    backbone, network = make(name="resnet18")
    with torch.inference_mode():
        images = random_images(2, side=64)
        found = attention_maps(backbone, network, images, torch.tensor([[1], [-1]]))
    assert found.shape == (2, 2, 64, 64)
    assert (found >= 0).all()
    assert found.sum() > 0


def test_empty_paths_have_the_map_of_the_first_step() -> None:
    backbone, network = make()
    found = attention_maps(backbone, network, random_images(2), torch.zeros(2, 0).long())
    assert found.shape == (2, 1, 96, 96)


def test_a_model_in_training_and_shapes_that_do_not_fit_are_refused() -> None:
    backbone, network = make()
    paths = torch.zeros(1, 0).long()
    with pytest.raises(ValueError, match="expected images"):
        attention_maps(backbone, network, random_images(2), paths)
    with pytest.raises(ValueError, match="eval"):
        attention_maps(backbone, network.train(), random_images(1), paths)


def test_a_backbone_that_was_built_in_inference_mode_is_refused_in_words() -> None:
    _, network = make()
    with torch.inference_mode():
        backbone = copy.deepcopy(build_backbone("vgg16_mini", "mini"))
    with pytest.raises(ValueError, match=r"built within torch\.inference_mode"):
        attention_maps(backbone, network, random_images(1), torch.zeros(1, 0).long())
