import pytest
import torch

from cnn_rnn.decoding.ranking import best_of_rows


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [1, 5, 64, 405, 5000])
def test_equals_come_in_index_order(dtype: torch.dtype, size: int) -> None:
    generator = torch.Generator().manual_seed(size)
    values = -torch.randint(0, 7, (9, size), generator=generator).to(dtype)
    values[:, ::3] = -torch.inf
    values[0] = -torch.inf
    expected, order = torch.sort(values, dim=-1, descending=True, stable=True)
    for count in {0, 1, min(5, size), size}:
        found, indices = best_of_rows(values, count)
        assert torch.equal(found, expected[:, :count])
        assert torch.equal(indices, order[:, :count])


def test_neighbouring_floats_are_told_apart() -> None:
    values = [-0.1]
    for _ in range(20):
        values.append(torch.nextafter(torch.tensor(values[-1]), torch.tensor(-1.0)).item())
    shuffled = torch.tensor([values])[:, torch.randperm(21, generator=torch.Generator())]
    assert best_of_rows(shuffled, 21)[0].tolist() == torch.tensor([values]).tolist()


def test_both_zeros_are_equal() -> None:
    assert best_of_rows(torch.tensor([[-1.0, -0.0, 0.0]]), 3)[1].tolist() == [[1, 2, 0]]
