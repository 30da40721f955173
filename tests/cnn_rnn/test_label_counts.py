import torch

from cnn_rnn.label_counts import ClassQuality, Confusion, LabelCounts

NAMES = ("cat", "dog", "cow")


def counted() -> LabelCounts:
    target = torch.tensor([[1, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], dtype=torch.bool)
    decisions = torch.tensor([[0, 1, 0], [0, 1, 0], [0, 1, 0], [1, 0, 0]], dtype=torch.bool)
    ignored = torch.zeros(4, 3, dtype=torch.bool)
    counts = LabelCounts(3)
    for part in (slice(0, 1), slice(1, 4)):
        counts.update(decisions[part], target[part], ignored[part])
    return counts


def test_classes_have_precision_recall_and_f1_where_they_are_defined() -> None:
    assert counted().classes(NAMES) == [
        ClassQuality("cat", 1.0, 1 / 3, 0.5, 3, 1),
        ClassQuality("dog", 1 / 3, 0.5, 0.4, 2, 3),
        ClassQuality("cow", None, None, None, 0, 0),
    ]


def test_a_confusion_is_a_missed_label_and_one_wrongly_given() -> None:
    # The dog of the last image was missed, but the cat given there is right.
    assert counted().confusions(NAMES, 10) == [Confusion("cat", "dog", 2, 1.0)]


def test_ignored_labels_count_nowhere() -> None:
    counts = LabelCounts(2)
    everything = torch.ones(1, 2, dtype=torch.bool)
    counts.update(everything, ~everything, everything)
    assert int(counts.given.sum() + counts.positives.sum() + counts.instead.sum()) == 0


def test_only_the_most_frequent_confusions_are_told() -> None:
    counts = LabelCounts(2)
    target = torch.tensor([[1, 0], [1, 0], [0, 1]], dtype=torch.bool)
    counts.update(~target, target, torch.zeros_like(target))
    pairs = [(one.missed, one.times) for one in counts.confusions(("a", "b"), 1)]
    assert pairs == [("a", 2)]
