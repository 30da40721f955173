"""What the demo page shows of one photo: its prediction, alternatives, attention, near labels.

Attention and near labels are those of sections 4.6 and 4.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torchvision.transforms.v2 import functional as transforms

from cnn_rnn.attention import attention_maps
from cnn_rnn.label_neighbors import Neighbor, nearest_labels, nearest_labels_of_images
from cnn_rnn.network import CNNRNN
from cnn_rnn.photos import Photo, read_photo
from cnn_rnn.prediction import Prediction, RankedLabel
from cnn_rnn.predictor import Predictor

END = "END"
SHOWN_SIDE = 320  # pixels of the longer side of an overlay: sharp in a card of a phone
BRIGHTEST = 0.995  # quantile of a photo's maps that is drawn brightest
_SMOOTHING = 1 / 64  # of the side, sigma of a Gaussian: a deconvnet's maps are speckled
_ALTERNATIVES = 4  # continuations that are named at each step
_NEAR = 5
# Dark purple to light yellow, evenly in lightness: reads without colour too.
_HEAT = ((20, 11, 53), (101, 21, 110), (188, 55, 84), (243, 120, 25), (252, 255, 164))


@dataclass(frozen=True)
class StepView:
    """A step of the best path.

    Attributes:
        given: the labels before it.
        said: the label said there, or END.
        probability: of it, given the labels before.
        candidates: the most probable continuations, END among them; `said` is always there.
        overlay: (3, H, W) uint8, the photo with the attention over it; None without attention.
    """

    given: tuple[str, ...]
    said: str
    probability: float
    candidates: tuple[RankedLabel, ...]
    overlay: Tensor | None


@dataclass(frozen=True)
class View:
    """What is shown of a photo.

    Attributes:
        prediction: what `Predictor.predict` says.
        steps: of the best path, with its END; () of ranking models and where no path ENDed.
        no_attention: why there is none; None where there is.
        near_image: the labels nearest to the photo in the joint space; () of ranking models.
        near_labels: the same of each label given, without itself; the mean of all labels is
            taken away first.
    """

    prediction: Prediction
    steps: tuple[StepView, ...]
    no_attention: str | None
    near_image: tuple[Neighbor, ...]
    near_labels: dict[str, tuple[Neighbor, ...]]


def look(predictor: Predictor, photo: Photo) -> View:
    """Predicts a photo and finds all that is shown of it.

    Raises:
        PhotoError: the photo cannot be used.
    """
    prediction = predictor.predict(photo)
    network = predictor.network
    if not isinstance(network, CNNRNN) or prediction.beam is None:
        return View(prediction, (), "a ranking model gives no labels step by step", (), {})
    names = predictor.label_names
    features = prediction.features.unsqueeze(0).to(predictor.device)
    near = nearest_labels(network, names, _NEAR, centred=True)
    overlays, reason = _overlays(predictor, network, photo, prediction.path_ids)
    return View(
        prediction,
        _steps(network, features, prediction, names, overlays),
        reason,
        tuple(nearest_labels_of_images(network, features, names, _NEAR)[0]),
        {label: tuple(near[label]) for label in prediction.labels},
    )


def overlay(picture: Tensor, strength: Tensor) -> Tensor:
    """Lays a map over a picture: grey and dark where it is low, coloured where it is high.

    Args:
        picture: (3, H, W) uint8.
        strength: (H, W) float in [0, 1].
    Returns:
        (3, H, W) uint8.
    """
    grey = 0.75 * transforms.rgb_to_grayscale(picture, num_output_channels=3).float()
    stops = torch.tensor(_HEAT, dtype=torch.float32)
    place = strength.clamp(0, 1) * (len(stops) - 1)
    low = place.floor().long().clamp(max=len(stops) - 2)
    share = (place - low).unsqueeze(-1)
    heat = (stops[low] * (1 - share) + stops[low + 1] * share).permute(2, 0, 1)
    opacity = 0.9 * strength.clamp(0, 1)
    mixed: Tensor = grey * (1 - opacity) + heat * opacity
    return mixed.round().clamp(0, 255).to(torch.uint8)


def _steps(
    network: CNNRNN,
    features: Tensor,
    prediction: Prediction,
    names: list[str],
    overlays: list[Tensor] | None,
) -> tuple[StepView, ...]:
    if prediction.end_probability is None:  # no path ENDed
        return ()
    path = prediction.path_ids
    with torch.no_grad():
        following = network(features, path.unsqueeze(0).to(features.device))[0].exp().cpu()
    outcomes = [*names, END]
    said = [*prediction.steps, (END, prediction.end_probability)]
    steps = []
    for step, (label, probability) in enumerate(said):
        chances = following[step].clone()
        chances[path[:step]] = -1.0  # a label is given once
        order = chances.argsort(descending=True, stable=True).tolist()
        best = [RankedLabel(outcomes[k], float(chances[k])) for k in order[:_ALTERNATIVES]]
        if label not in {name for name, _ in best}:
            best[-1] = RankedLabel(label, probability)
        given = prediction.labels[:step]
        shown = None if overlays is None else overlays[step]
        steps.append(StepView(given, label, probability, tuple(best), shown))
    return tuple(steps)


def _overlays(
    predictor: Predictor, network: CNNRNN, photo: Photo, path: Tensor
) -> tuple[list[Tensor] | None, str | None]:
    """A picture for each step, or the reason why there is none."""
    pixels = predictor.prepare(photo)
    if predictor.task.backbone_spec.regions > 1:
        return None, "a model of region hypotheses looks at parts of the photo one by one"
    try:
        with torch.inference_mode(False), torch.enable_grad():
            encoder = predictor.task.image_encoder()
            (maps,) = attention_maps(encoder, network, pixels[None], path[None]).detach().cpu()
    except ValueError as error:  # the backbone has no map to look at
        return None, str(error)
    picture = _shown(predictor, photo, pixels)
    # As shares of all attention at a step, on one scale for all steps.
    shares = maps / maps.sum(dim=(1, 2), keepdim=True).clamp(min=1e-30)
    sigma = _SMOOTHING * max(shares.shape[1:])
    reach = 2 * max(1, round(3 * sigma)) + 1
    smooth = transforms.gaussian_blur(shares, [reach, reach], [sigma, sigma])
    brightest = float(smooth.flatten().quantile(BRIGHTEST)) or 1.0
    large = nn.functional.interpolate(
        (smooth / brightest)[None], picture.shape[1:], mode="bicubic", align_corners=False
    )[0]
    return [overlay(picture, strength) for strength in large], None


def _shown(predictor: Predictor, photo: Photo, pixels: Tensor) -> Tensor:
    """The picture under the maps: the whole photo, or the part of it that the network sees."""
    whole = "/square-" in predictor.preprocessing["transform_id"]
    picture = read_photo(photo, "photo") if whole else pixels
    scale = SHOWN_SIDE / max(picture.shape[1:])
    size = [max(1, round(scale * side)) for side in picture.shape[1:]]
    resized: Tensor = transforms.resize(
        picture, size, transforms.InterpolationMode.BICUBIC, antialias=True
    )
    return resized
