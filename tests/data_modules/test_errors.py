import pickle
from collections.abc import Sized

import pytest
from torch.utils.data import DataLoader, Dataset

from data_modules.errors import DataError, shown

ERROR = DataError("labels.txt", 4711, "0 or 1", "'-1130179'", "pass fallback=True")
MESSAGE = "labels.txt:4711: expected 0 or 1, got '-1130179'; pass fallback=True"


class _Broken(Dataset[int], Sized):
    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> int:
        raise ERROR


def test_the_message_names_file_place_expected_got_and_fix() -> None:
    assert str(ERROR) == MESSAGE


def test_the_place_may_be_the_whole_file() -> None:
    assert str(DataError("a.jpg", "", "an image", "nothing", "put it there")) == (
        "a.jpg: expected an image, got nothing; put it there"
    )


def test_it_is_a_value_error_that_the_user_can_mend() -> None:
    assert isinstance(ERROR, ValueError)
    assert DataError.is_user_error


def test_pickle_keeps_it() -> None:
    again = pickle.loads(pickle.dumps(ERROR))
    assert str(again) == MESSAGE
    assert (again.file, again.place) == ("labels.txt", 4711)


def test_a_workers_error_arrives_with_the_message_alone() -> None:
    batches = iter(DataLoader(dataset=_Broken(), num_workers=1))
    with pytest.raises(DataError) as caught:
        next(batches)
    # The garbage collector would wait five seconds for the worker.
    batches._shutdown_workers()  # type: ignore[attr-defined]
    assert str(caught.value) == MESSAGE


def test_the_message_is_one_printable_line() -> None:
    message = str(DataError("a\nb\udcff.jpg", "x\x1b", "an image", "nothing", "mend"))
    assert message.isprintable()
    assert message.startswith("a\\nb\\udcff.jpg:x\\x1b: ")


def test_long_values_are_cut() -> None:
    assert shown("x" * 1000) == "'" + "x" * 76 + "..."
    assert shown([1, 2]) == "[1, 2]"
