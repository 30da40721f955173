from importlib import resources
from pathlib import Path

import pytest
import torch
from PIL import Image

from cnn_rnn import CNNRNN
from cnn_rnn.backbones import BackboneSpec
from cnn_rnn.checkpoint_file import LoadedCheckpoint
from cnn_rnn.demo_view import END, SHOWN_SIDE, look, overlay
from cnn_rnn.photos import PhotoError, transform_id, transform_of
from cnn_rnn.predictor import Predictor
from cnn_rnn.tasks import BaselineTask
from data_modules.mini import coco

SCENES = sorted(Path(str(resources.files("cnn_rnn") / "demo_scenes")).iterdir())


@pytest.fixture(scope="module")
def mini() -> Predictor:
    return CNNRNN.load("mini")


@pytest.mark.parametrize("scene", SCENES, ids=lambda path: path.stem[-3:])
def test_the_scenes_are_those_of_mini_coco(scene: Path) -> None:
    index = int(scene.stem[-12:]) - coco.FIRST_ID["val2014"]
    picture, _, _ = coco.draw(0, "val2014", index, 96)
    drawn = torch.frombuffer(bytearray(picture.convert("RGB").tobytes()), dtype=torch.uint8)
    stored = torch.frombuffer(
        bytearray(Image.open(scene).convert("RGB").tobytes()), dtype=torch.uint8
    )
    # A JPEG's loss; another scene differs ten times as much.
    assert (drawn.float() - stored.float()).abs().mean() < 8


@pytest.mark.parametrize("scene", SCENES, ids=lambda path: path.stem[-3:])
def test_the_steps_are_those_of_the_prediction(mini: Predictor, scene: Path) -> None:
    said = mini.predict(scene)
    view = look(mini, scene)
    assert view.prediction == said
    assert said.labels
    assert [step.said for step in view.steps] == [*said.labels, END]
    assert [step.given for step in view.steps] == [
        said.labels[:count] for count in range(len(said.labels) + 1)
    ]
    probabilities = [*(step.probability for step in said.steps), said.end_probability]
    assert [step.probability for step in view.steps] == probabilities


def test_candidates_are_the_most_probable_continuations(mini: Predictor) -> None:
    view = look(mini, SCENES[0])
    said = view.prediction
    features = said.features.unsqueeze(0)
    with torch.no_grad():
        following = mini.network(features, said.path_ids.unsqueeze(0))[0].exp()
    outcomes = [*mini.label_names, END]
    for position, step in enumerate(view.steps):
        chances = dict(zip(outcomes, following[position].tolist(), strict=True))
        for label in step.given:  # a label is given once
            del chances[label]
        best = sorted(chances, key=lambda label: -chances[label])[: len(step.candidates)]
        assert [label for label, _ in step.candidates] == best or (
            step.said not in best and step.candidates[-1].label == step.said
        )
        shown = dict(step.candidates)
        assert shown[step.said] == pytest.approx(step.probability, abs=1e-5)
        assert all(shown[label] == pytest.approx(chances[label]) for label in shown)


def test_attention_lies_over_the_whole_photo(mini: Predictor, tmp_path: Path) -> None:
    wide = tmp_path / "wide.png"
    Image.open(SCENES[0]).convert("RGB").resize((200, 100)).save(wide)
    view = look(mini, wide)
    assert view.no_attention is None
    pictures = [step.overlay for step in view.steps]
    assert len(pictures) >= 2
    for picture in pictures:
        assert picture is not None
        assert picture.shape == (3, SHOWN_SIDE // 2, SHOWN_SIDE)
        assert picture.dtype == torch.uint8
        assert picture.float().std() > 5
    first, last = pictures[0], pictures[-1]
    assert first is not None
    assert last is not None
    assert not torch.equal(first, last)  # labels move it


def test_an_overlay_is_grey_where_nothing_is_seen_and_bright_where_all_is() -> None:
    picture = torch.zeros(3, 4, 6, dtype=torch.uint8)
    picture[0] = 200
    strength = torch.zeros(4, 6)
    strength[:, 3:] = 1
    shown = overlay(picture, strength)
    grey, bright = shown[:, 0, 0].tolist(), shown[:, 0, 5].tolist()
    assert len(set(grey)) == 1
    assert min(bright[:2]) > 220 > max(grey)


def test_labels_near_the_photo_and_near_each_label_are_found(mini: Predictor) -> None:
    view = look(mini, SCENES[0])
    assert len(view.near_image) == 5
    assert list(view.near_labels) == list(view.prediction.labels)
    for label, near in view.near_labels.items():
        assert label not in {neighbor.label for neighbor in near}
        values = [neighbor.similarity for neighbor in near]
        assert values == sorted(values, reverse=True)


def test_a_beam_of_one_is_the_greedy_path() -> None:
    predictor = CNNRNN.load("mini")
    predictor.task.beam_width = 1  # type: ignore[assignment]
    view = look(predictor, SCENES[0])
    assert len(view.prediction.paths) == 1
    assert all(step.said == step.candidates[0].label for step in view.steps)


def test_a_ranking_model_has_no_steps() -> None:
    task = BaselineTask(["a", "b", "c"], [3, 2, 1], BackboneSpec("vgg16_mini", "mini"))
    name = transform_id(32)
    loaded = LoadedCheckpoint(
        task.eval(), transform_of(name), {"image_size": 32, "transform_id": name}
    )
    view = look(Predictor(loaded, "cpu"), SCENES[0])
    assert view.steps == ()
    assert view.near_image == ()
    assert view.no_attention is not None
    assert "ranking model" in view.no_attention


def test_a_broken_photo_is_told(mini: Predictor, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(SCENES[0].read_bytes()[:900])
    with pytest.raises(PhotoError, match="truncated or damaged"):
        look(mini, broken)
