"""Codes against another solver and the conditions of the optimum."""

import numpy as np
import pytest
from sklearn.linear_model import LassoLars

from cnn_rnn.baselines.sparse_codes import from_products, lasso_code


@pytest.mark.parametrize("penalty", [0.02, 0.1, 0.4])
@pytest.mark.parametrize("count", [1, 12, 60])
def test_codes_are_those_of_the_lars_path(penalty: float, count: int) -> None:
    generator = np.random.default_rng(count)
    atoms = np.abs(generator.normal(size=(count, 25)))
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    vector = np.abs(generator.normal(size=25))
    vector /= np.linalg.norm(vector)
    judge = LassoLars(alpha=penalty / 25, fit_intercept=False, max_iter=100_000)
    expected = judge.fit(atoms.T, vector).coef_
    np.testing.assert_allclose(lasso_code(atoms, vector, penalty), expected, atol=2e-3)


def test_identical_atoms_reach_the_optimum() -> None:
    generator = np.random.default_rng(3)
    once = np.abs(generator.normal(size=(5, 8)))
    atoms = np.concatenate([once, once, once])
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    vector = atoms[1] / 2 + atoms[3] / 2
    code = lasso_code(atoms, vector, 0.05)
    # The optimum's conditions: no atom has more of the rest than the penalty, the code's have it.
    rest = atoms @ (vector - code @ atoms)
    assert np.abs(rest).max() <= 0.05 + 1e-3
    np.testing.assert_allclose(rest[code != 0], 0.05 * np.sign(code[code != 0]), atol=1e-3)


def test_vectors_are_found_from_their_products() -> None:
    vectors = np.random.default_rng(1).normal(size=(6, 4))  # of rank 4
    gram = vectors @ vectors.T
    found = from_products(gram)
    np.testing.assert_allclose(found @ found.T, gram, atol=1e-12)


def test_a_penalty_above_every_product_gives_zeros() -> None:
    assert (lasso_code(np.eye(3), np.array([0.1, -0.2, 0.0]), 0.2) == 0).all()
    assert lasso_code(np.zeros((0, 4)), np.ones(4), 0.2).shape == (0,)
