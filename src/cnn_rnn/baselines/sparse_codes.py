"""Sparse linear codes: one vector as a combination of few of many others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

TOLERANCE = 1e-6  # of the duality gap, as a share of |x|^2: our choice
MAX_ITERATIONS = 10_000


def lasso_code(atoms: Matrix, vector: Matrix, penalty: float) -> Matrix:
    """The code b with the least 1/2 |x - A^T b|^2 + penalty |b|_1, by coordinate descent.

    Scikit-learn's `Lasso` on the products of the atoms. (Its LARS is faster, but stops before the
    optimum where atoms are copies of each other, as photos and tags are.) Of identical atoms the
    code may take any; scikit-learn warns where it did not converge.

    Args:
        atoms: A, (C, F).
        vector: x, (F,).
        penalty: positive.
    Returns:
        (C,), with few entries that are not 0; all are 0 where no product exceeds the penalty.
    Raises:
        ImportError: scikit-learn is not installed.
    """
    if np.abs(atoms @ vector).max(initial=0.0) <= penalty:
        return np.zeros(len(atoms))
    try:
        from sklearn.linear_model import Lasso
    except ImportError as error:
        raise ImportError("sparse codes need scikit-learn: pip install 'cnn-rnn[suite]'") from error
    # Scikit-learn divides the squared error by the number of entries.
    solver = Lasso(
        penalty / len(vector),
        fit_intercept=False,
        precompute=atoms @ atoms.T,
        copy_X=False,
        tol=TOLERANCE,
        max_iter=MAX_ITERATIONS,
    )
    code: Matrix = solver.fit(atoms.T, vector).coef_
    return code


def from_products(gram: Matrix) -> Matrix:
    """Vectors with given products: a short stand-in for long ones.

    Args:
        gram: (C, C), the products of C vectors.
    Returns:
        (C, C), C vectors in its rows, whose products are `gram` but for rounding.
    """
    values, axes = np.linalg.eigh(gram)
    vectors: Matrix = axes * np.sqrt(np.maximum(values, 0))
    return vectors
