"""Dual-view linear sparse reconstruction of tags: the DLSR row of Table 2 (section 4.1)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import normalize

from cnn_rnn.baselines.checks import check_features, check_training_data, not_fitted
from cnn_rnn.baselines.estimator import FeatureEstimator
from cnn_rnn.baselines.neighbors import nearest
from cnn_rnn.baselines.sparse_codes import from_products, lasso_code


class DualViewReconstruction(FeatureEstimator):
    """Tags from sparse reconstructions of the image, and of each tag from the other tags.

    Lin et al. 2014, "Image tag completion via dual-view linear sparse reconstructions", for images
    without any tag of their own:

    - *Image view*: the features x of an image are coded by training images,
      min_b 1/2 |x - D b|^2 + image_penalty |b|_1, all vectors of unit length. Its tags are those of
      the training images combined with the same weights b.
    - *Tag view*: each tag's column over the training images is coded in the same way by the
      columns of the other tags. Applied to the tags of the image view, the codes say what each tag
      should be, given the others.
    - The scores are (1 - tag_weight) times the first plus tag_weight times the second.

    Departures. Theirs completes images that have some tags already: those tags are part of the
    image's vector and are what the tag view starts from; an unseen image has none, so features
    alone are coded and the tag view starts from the image view. Theirs also groups atoms by tag
    with a further penalty; ours is the plain Lasso. The dictionaries are bounded: an image is coded
    by its `candidates` nearest training images (by cosine) and a tag by the `tag_candidates` tags
    most like it, so that time and memory grow with the images and not with their square.

    An ignored label counts as its training frequency in the image view, and is no part of its
    column in the tag view. `smoothing` times the training frequency is added to every score: tags
    that neither view reaches would tie otherwise.

    Args:
        candidates: training images that an image is coded by; all where there are fewer.
        tag_candidates: tags that a tag is coded by; all others where there are fewer.
        image_penalty: in (0, 1): an image whose cosine to every atom is at most this has code 0.
        tag_penalty: in (0, 1), likewise.
        tag_weight: in [0, 1], of the tag view.
        smoothing: weight of the training frequencies.
    Raises:
        ValueError: an argument is outside its range.
    """

    def __init__(
        self,
        candidates: int = 200,
        tag_candidates: int = 50,
        image_penalty: float = 0.1,
        tag_penalty: float = 0.1,
        tag_weight: float = 0.5,
        smoothing: float = 1e-3,
    ) -> None:
        for name, count in (("candidates", candidates), ("tag_candidates", tag_candidates)):
            if count < 1:
                raise ValueError(f"{name} must be at least 1, got {count}: 50 to 200 are usual")
        for name, penalty in (("image_penalty", image_penalty), ("tag_penalty", tag_penalty)):
            if not 0 < penalty < 1:
                raise ValueError(
                    f"{name} must lie between 0 and 1, got {penalty}: vectors have unit length, "
                    "and 0.1 is usual"
                )
        if not 0 <= tag_weight <= 1:
            raise ValueError(
                f"tag_weight must lie in 0..1, got {tag_weight}: 0 is the image view alone"
            )
        if smoothing < 0:
            raise ValueError(f"smoothing must not be negative, got {smoothing}: 0 has none")
        self.candidates = candidates
        self.tag_candidates = tag_candidates
        self.image_penalty = image_penalty
        self.tag_penalty = tag_penalty
        self.tag_weight = tag_weight
        self.smoothing = smoothing
        self._training: Tensor | None = None

    def fit(self, features: Tensor, target: Tensor, ignored: Tensor, *, seed: int) -> None:
        """Codes the tags and keeps the training set (not a copy); nothing is random."""
        check_training_data(features, target, ignored)
        positive = target & ~ignored
        self._frequency = positive.sum(dim=0) / (~ignored).sum(dim=0).clamp(min=1)
        self._tags = torch.where(ignored, self._frequency, positive.float())
        self._tag_codes = torch.from_numpy(
            tag_codes(positive, self.tag_candidates, self.tag_penalty)
        ).float()
        self._training = features

    def scores(self, features: Tensor) -> Tensor:
        """(B, K): the two views combined; about 0 to 1, and below 0 where codes are negative."""
        image_view = self.image_view(features)
        tag_view = image_view @ self._tag_codes
        combined = (1 - self.tag_weight) * image_view + self.tag_weight * tag_view
        return combined + self.smoothing * self._frequency

    def image_view(self, features: Tensor) -> Tensor:
        """Tags by the code of each image's features, (B, F) -> (B, K).

        Raises:
            RuntimeError: `fit` was not called.
            ValueError: as `scores`.
        """
        if self._training is None:
            raise not_fitted(self)
        check_features(features, self._training.shape[1])
        count = min(self.candidates, len(self._training))
        _, rows = nearest(self._training, features, count, "cosine")
        view = torch.zeros(len(features), self._tags.shape[1])
        for image, (vector, row) in enumerate(zip(features, rows, strict=True)):
            atoms = normalize(self._training[row].double(), dim=1)  # (candidates, F)
            unit = normalize(vector.double(), dim=0)
            code = lasso_code(atoms.numpy(), unit.numpy(), self.image_penalty)
            view[image] = torch.from_numpy(code).float() @ self._tags[row]
        return view


def tag_codes(positive: Tensor, candidates: int, penalty: float) -> npt.NDArray[np.float64]:
    """Each tag as a sparse combination of the others.

    Columns are coded at unit length; the codes here are those of the columns as they are.

    Args:
        positive: (N, K) bool: the tags of the training images.
        candidates: tags that a tag is coded by: those of the largest cosine.
        penalty: of the Lasso.
    Returns:
        (K, K), with tag k's code in column k and zeros on the diagonal; a tag without images is in
        no code and has none.
    """
    # Counts are exact in float32 below 2^24 images.
    counted = positive.float()
    common = (counted.T @ counted).double().numpy()
    lengths = np.sqrt(common.diagonal())
    gram = common / np.maximum(np.outer(lengths, lengths), 1)
    similarity = gram.copy()
    np.fill_diagonal(similarity, -1)
    num_labels = len(gram)
    codes = np.zeros((num_labels, num_labels))
    for label in np.flatnonzero(lengths):
        # The stable order makes the choice among equally similar tags that of the lower id.
        chosen = np.argsort(-similarity[label], kind="stable")[: min(candidates, num_labels - 1)]
        chosen = chosen[similarity[label, chosen] > 0]
        involved = np.append(chosen, label)
        vectors = from_products(gram[np.ix_(involved, involved)])
        code = lasso_code(vectors[:-1], vectors[-1], penalty)
        codes[chosen, label] = code * lengths[label] / np.maximum(lengths[chosen], 1)
    return codes
