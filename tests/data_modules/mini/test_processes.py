"""Work over processes: in order, and errors arrive."""

import pytest

from data_modules.mini.processes import in_order


def _square(number: int) -> int:
    if number == 13:
        raise ValueError("thirteen")
    return number * number


@pytest.mark.parametrize("num_processes", [1, 2, None])
def test_results_come_in_the_order_of_the_jobs(num_processes: int | None) -> None:
    assert list(in_order(_square, range(10), num_processes)) == [n * n for n in range(10)]


@pytest.mark.parametrize("num_processes", [1, 2])
def test_an_error_in_a_job_is_raised_here(num_processes: int) -> None:
    with pytest.raises(ValueError, match="thirteen"):
        list(in_order(_square, range(20), num_processes))


def test_no_job_is_no_result() -> None:
    assert list(in_order(_square, [])) == []
