"""The head of hypotheses-CNN-pooling against a loop over the hypotheses."""

import torch

from cnn_rnn.hypotheses import HypothesisPooling


def test_a_label_scores_as_its_best_hypothesis() -> None:
    torch.manual_seed(0)
    head = HypothesisPooling(feature_dim=5, num_labels=4, num_regions=3).eval()
    features = torch.randn(7, 15)
    one_by_one = [
        [head.classifier(image[5 * region : 5 * region + 5]) for region in range(3)]
        for image in features
    ]
    expected = torch.stack([torch.stack(scores) for scores in one_by_one])
    torch.testing.assert_close(head.each(features), expected)
    torch.testing.assert_close(head(features), expected.amax(dim=1))


def test_only_the_best_hypothesis_of_a_label_is_trained() -> None:
    torch.manual_seed(0)
    head = HypothesisPooling(feature_dim=2, num_labels=1, num_regions=3, dropout=0.0)
    features = torch.randn(1, 6, requires_grad=True)
    best = int(head.each(features).argmax())
    (gradient,) = torch.autograd.grad(head(features).sum(), features)
    moved = gradient.view(3, 2).abs().sum(dim=1) > 0
    assert moved.tolist() == [region == best for region in range(3)]
