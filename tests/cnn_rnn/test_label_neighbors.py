"""Neighbours in the joint embedding, by hand."""

import pytest
import torch

from cnn_rnn.label_neighbors import nearest_labels, nearest_labels_of_images
from cnn_rnn.network import CNNRNN

NAMES = ["east", "north", "north-east", "west"]


def compass() -> CNNRNN:
    network = CNNRNN(4, 2, 2, 3).eval()
    directions = torch.tensor([[5.0, 0.0], [0.0, 0.1], [1.0, 1.0], [-2.0, 0.0]])
    network.label_embedding.data.copy_(directions)
    network.end_embedding.data.copy_(torch.tensor([[1.0, 0.1]]))  # nearest of all to east
    network.project_image.weight.data.copy_(torch.eye(2))
    return network


def test_labels_are_ordered_by_cosine_without_themselves_and_end() -> None:
    found = nearest_labels(compass(), NAMES, top=2)
    assert list(found) == NAMES
    assert [near.label for near in found["east"]] == ["north-east", "north"]
    assert [near.label for near in found["west"]] == ["north", "north-east"]
    assert found["east"][0].similarity == pytest.approx(0.5**0.5)
    assert found["west"][0].similarity == pytest.approx(0.0)


def test_ties_go_to_the_lower_id_and_top_ends_at_what_there_is() -> None:
    found = nearest_labels(compass(), NAMES, top=9)
    assert [near.label for near in found["north"]] == ["north-east", "east", "west"]


def test_an_image_is_asked_by_its_own_embedding() -> None:
    features = torch.tensor([[-3.0, 0.1], [0.0, 0.0]])
    towards_west, nowhere = nearest_labels_of_images(compass(), features, NAMES, top=4)
    assert [near.label for near in towards_west] == ["west", "north", "north-east", "east"]
    assert [near.label for near in nowhere] == NAMES
    assert {near.similarity for near in nowhere} == {0.0}


def test_scales_do_not_count() -> None:
    network = compass()
    before = nearest_labels(network, NAMES)
    network.label_embedding.data.mul_(torch.tensor([[3.0], [0.5], [7.0], [2.0]]))
    after = nearest_labels(network, NAMES)
    for name in NAMES:
        assert [n.label for n in after[name]] == [n.label for n in before[name]]


def test_what_all_labels_have_in_common_is_taken_away_when_asked() -> None:
    network = compass()
    common = torch.tensor([100.0, 300.0])
    network.label_embedding.data.add_(common)
    alike = nearest_labels(network, NAMES, top=3)
    assert min(near.similarity for near in alike["west"]) > 0.99
    centred = nearest_labels(network, NAMES, top=3, centred=True)
    network.label_embedding.data.sub_(common)
    without = nearest_labels(network, NAMES, top=3, centred=True)
    for name in NAMES:
        assert [near.label for near in centred[name]] == [near.label for near in without[name]]
    # Taken from the mean (1, 0.275): east (4, -0.275), west (-3, -0.275), north (-1, -0.175).
    assert centred["west"][0].label == "north"
    assert centred["east"][-1].similarity < -0.9


def test_a_single_label_has_no_neighbours() -> None:
    assert nearest_labels(CNNRNN(1, 2, 2, 3), ["only"]) == {"only": []}


def test_wrong_names_and_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="expected 4 label names, got 3"):
        nearest_labels(compass(), NAMES[:3])
    with pytest.raises(ValueError, match="top must be at least 1"):
        nearest_labels_of_images(compass(), torch.zeros(1, 2), NAMES, top=0)
