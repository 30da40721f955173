import dataclasses
from html.parser import HTMLParser

import pytest
import torch

from cnn_rnn import CNNRNN
from cnn_rnn.beam_tree import BeamNode
from cnn_rnn.demo_html import about, error, shown
from cnn_rnn.demo_view import END, StepView, View
from cnn_rnn.label_neighbors import Neighbor
from cnn_rnn.prediction import LabelPath, Prediction, RankedLabel, Step
from cnn_rnn.predictor import Predictor

NAME = "<b>dog</b>"


def view() -> View:
    """A path of one label, whose name is no tag of HTML."""
    dog = BeamNode(NAME, 0.75, -0.2877, rank=0, end_probability=0.5)
    prediction = Prediction(
        image="photo 0",
        labels=(NAME,),
        steps=(Step(NAME, 0.75),),
        end_probability=0.5,
        paths=(LabelPath((NAME,), -0.9808),),
        ranking=(RankedLabel(NAME, 1.0), RankedLabel("cat", -torch.inf)),
        beam=BeamNode("", 1.0, 0.0, children=(dog,)),
        features=torch.zeros(2),
        path_ids=torch.tensor([0]),
    )
    picture = torch.zeros(3, 8, 8, dtype=torch.uint8)
    steps = (
        StepView((), NAME, 0.75, (RankedLabel(NAME, 0.75), RankedLabel("cat", 0.2)), picture),
        StepView((NAME,), END, 0.5, (RankedLabel(END, 0.5), RankedLabel("cat", 0.3)), picture),
    )
    return View(prediction, steps, None, (Neighbor("cat", -0.25),), {NAME: (Neighbor("ox", 0.5),)})


class Reader(HTMLParser):
    """The words of a page, its tags, and what it would fetch."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words, self.tags, self.sources = "", list[str](), list[str]()
        self.feed(page)
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.words += " "
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]
        assert tag != "img" or dict(attrs).get("alt")

    def handle_data(self, data: str) -> None:
        self.words += data


def test_everything_is_on_the_page_and_nothing_is_fetched() -> None:
    page = Reader(shown(view()))
    for words in (
        f"{NAME} 75%",
        "given nothing",
        f"given {NAME}",
        f"said: {NAME}",
        "END 50%",
        "path 1: 37%",
        f"{NAME} → END 38%",
        "cat -0.25",
        "ox 0.50",
    ):
        assert words in page.words, words
    assert page.tags.count("img") == 2
    assert "svg" in page.tags
    assert "b" in page.tags
    assert "<b>dog</b>" not in shown(view())
    assert all(source.startswith("data:image/jpeg;base64,") for source in page.sources)


def test_an_empty_path_is_told_in_words() -> None:
    root = BeamNode("", 1.0, 0.0, rank=0, end_probability=0.6)
    prediction = dataclasses.replace(
        view().prediction,
        labels=(),
        steps=(),
        end_probability=0.6,
        paths=(LabelPath((), -0.5108),),
        beam=root,
        path_ids=torch.empty(0, dtype=torch.int64),
    )
    page = Reader(shown(dataclasses.replace(view(), prediction=prediction, near_labels={})))
    assert "No label: the empty path is the best one, 60%." in page.words


def test_a_missing_attention_says_why() -> None:
    blind = tuple(dataclasses.replace(step, overlay=None) for step in view().steps)
    page = Reader(shown(dataclasses.replace(view(), steps=blind, no_attention="it is <blind>")))
    assert "No attention is shown: it is <blind>." in page.words
    assert "img" not in page.tags


def test_a_ranking_model_shows_its_scores() -> None:
    prediction = dataclasses.replace(view().prediction, beam=None, steps=(), paths=())
    page = Reader(shown(View(prediction, (), "a ranking model", (), {})))
    assert f"{NAME} 1.00" in page.words
    assert "cat -∞" in page.words
    assert "svg" not in page.tags


def test_an_error_is_one_line_and_no_markup() -> None:
    text = error("bad <i>photo</i>\nof two lines")
    assert Reader(text).words == "bad <i>photo</i> of two lines"
    assert 'role="alert"' in text


@pytest.fixture(scope="module")
def mini() -> Predictor:
    return CNNRNN.load("mini")


def test_the_mini_model_says_that_it_does_not_understand_photos(mini: Predictor) -> None:
    for name in ("mini", "my/best.ckpt"):  # trained on drawn scenes, too
        words = Reader(about(mini, name)).words
        assert words.startswith("MINI")
        assert "drawn scenes" in words
        assert "80 labels" in words


def test_another_model_is_named(mini: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = dataclasses.replace(mini.task.backbone_spec, name="vgg16", weights="IMAGENET1K_V1")
    monkeypatch.setattr(mini.task, "backbone_spec", spec)
    assert Reader(about(mini, "a/<best>.ckpt")).words == (
        "Model: a/<best>.ckpt (CNNRNNTask, vgg16, 80 labels)"
    )
