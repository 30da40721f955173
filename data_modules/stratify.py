"""A test part in which each label is as frequent as in the rest (Sechidis et al., ECML 2011)."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from data_modules.errors import DataError

_FIX = "pip install 'cnn-rnn[folder]', or give the file of labels a split column"


def stratified_test_rows(
    targets: npt.NDArray[np.bool_], test_fraction: float, seed: int, root: Path
) -> npt.NDArray[np.int64]:
    """The ascending rows of the test part.

    Args:
        targets: (N, K).
        test_fraction: 0..1, exclusive.
        seed: of the split.
        root: for messages.

    Raises:
        DataError: the library is missing, or there are too few images for two parts.
    """
    try:
        from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit
    except ImportError:
        expected = "the package iterative-stratification, to split by several labels"
        raise DataError(root, "", expected, "nothing: it is not installed", _FIX) from None
    splitter = MultilabelStratifiedShuffleSplit(1, test_size=test_fraction, random_state=seed)
    labels = targets.astype(np.int64)
    if labels.shape[1] == 1:
        # The library refuses a single column; its complement says nothing new.
        labels = np.concatenate([labels, 1 - labels], axis=1)
    try:
        train, test = next(splitter.split(np.zeros((len(labels), 1)), labels))
    except ValueError:  # one of the parts would be empty
        train, test = labels[:0, 0], labels[:0, 0]
    if len(train) == 0 or len(test) == 0:
        expected = f"enough images for a test part of {test_fraction:g}"
        fix = "add images, change test_fraction, or give the file of labels a split column"
        raise DataError(root, "", expected, f"{len(targets)} images", fix)
    rows: npt.NDArray[np.int64] = np.sort(test)
    return rows
