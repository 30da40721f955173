import logging

import pytest
import torch

from benchmarks.preprocessing import RULES, preprocessing
from cnn_rnn.backbones import BackboneSpec


@pytest.mark.parametrize(
    ("weights", "rule"),
    [
        ("folder/mobilenet_v2_tfslim_dequant.pth", "tensorflow"),
        ("efficientnet_tf.safetensors", "tensorflow"),
        ("squeezenet1_0_caffe_rgb.pth", "caffe"),
        ("caffe/resnet50.pth", "imagenet"),  # a folder's name says nothing
        ("outfit.pth", "imagenet"),
        ("IMAGENET1K_V1", "imagenet"),
    ],
)
def test_the_rule_follows_the_name_of_the_file_and_is_said(
    weights: str, rule: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert preprocessing(weights) is RULES[rule]
    assert len(caplog.records) == (rule != "imagenet")


def test_a_rule_that_is_named_wins(caplog: pytest.LogCaptureFixture) -> None:
    assert preprocessing("mobilenet_tf.pth", "imagenet") is RULES["imagenet"]
    assert not caplog.records


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("tensorflow", [255 / 127.5 - 1, 0 / 127.5 - 1, 51 / 127.5 - 1]),
        ("caffe", [255 - 123.0, 0 - 117.0, 51 - 104.0]),
    ],
)
def test_the_rules_give_the_numbers_that_their_origin_gives(
    rule: str, expected: list[float]
) -> None:
    spec = BackboneSpec.parse({"name": "vgg16_mini", "weights": None, **RULES[rule].arguments})
    pixel = torch.tensor([255, 0, 51]) / 255
    given = (pixel - torch.tensor(spec.mean)) / torch.tensor(spec.std)
    torch.testing.assert_close(given, torch.tensor(expected), atol=1e-4, rtol=1e-5)
