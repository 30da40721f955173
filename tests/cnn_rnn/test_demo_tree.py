import xml.etree.ElementTree as ElementTree

import pytest

from cnn_rnn.beam_tree import BeamNode
from cnn_rnn.demo_tree import percent, tree_svg

SVG = "{http://www.w3.org/2000/svg}"


def tree() -> BeamNode:
    """START -> dog (END: path 2) -> cat & co (END: path 1); START -> sheep, given up."""
    cat = BeamNode("cat & co", 0.8, -0.9, rank=0, end_probability=0.9)
    dog = BeamNode("dog", 0.5, -0.7, rank=1, end_probability=0.1, children=(cat,))
    return BeamNode("", 1.0, 0.0, children=(dog, BeamNode("sheep", 0.2, -1.6)))


def boxes(root: BeamNode) -> list[tuple[str, list[str], dict[str, float]]]:
    """Of each box: its class, its texts, and where it stands."""
    found = ElementTree.fromstring(tree_svg(root)).iter(f"{SVG}g")
    result = []
    for group in found:
        rectangle = group.find(f"{SVG}rect")
        assert rectangle is not None
        place = {key: float(rectangle.attrib[key]) for key in ("x", "y", "width", "height")}
        texts = [text.text or "" for text in group.iter(f"{SVG}text")]
        result.append((group.attrib["class"], texts, place))
    return result


def test_every_prefix_and_every_end_is_drawn() -> None:
    drawn = [(kind, texts) for kind, texts, _ in boxes(tree())]
    assert drawn == [
        ("best", ["START", ""]),
        ("best", ["dog", "50%"]),
        ("best", ["cat & co", "80%"]),
        ("best end", ["END 90%", "path 1: 37%"]),
        ("end", ["END 10%", "path 2: 5.0%"]),
        ("lost", ["sheep", "20%"]),
    ]


def test_boxes_lie_inside_and_not_over_each_other() -> None:
    picture = ElementTree.fromstring(tree_svg(tree()))
    places = [place for _, _, place in boxes(tree())]
    for one, place in enumerate(places):
        assert place["x"] >= 0
        assert place["y"] >= 0
        assert place["x"] + place["width"] <= float(picture.attrib["width"])
        assert place["y"] + place["height"] <= float(picture.attrib["height"])
        for other in places[:one]:
            assert (
                abs(place["y"] - other["y"]) >= place["height"]
                or place["x"] >= other["x"] + other["width"]
                or other["x"] >= place["x"] + place["width"]
            )


def test_the_best_path_is_one_straight_line() -> None:
    heights = {place["y"] for kind, _, place in boxes(tree()) if kind.startswith("best")}
    assert len(heights) == 1


def test_a_long_label_is_cut_and_whole_in_its_title() -> None:
    name = "a label that is much too long"
    text = tree_svg(BeamNode("", 1.0, 0.0, children=(BeamNode(name, 0.5, -0.7),)))
    assert f"<title>{name} 50%</title>" in text
    assert f">{name}<" not in text


def test_a_tree_of_nothing_but_its_end_is_drawn() -> None:
    alone = BeamNode("", 1.0, 0.0, rank=0, end_probability=0.6)
    assert [texts for _, texts, _ in boxes(alone)] == [["START", ""], ["END 60%", "path 1: 60%"]]


@pytest.mark.parametrize(
    ("probability", "words"),
    [(1.0, "100%"), (0.976, "98%"), (0.0996, "10%"), (0.031, "3.1%"), (0.0001, "<0.1%")],
)
def test_percentages_have_two_digits(probability: float, words: str) -> None:
    assert percent(probability) == words
