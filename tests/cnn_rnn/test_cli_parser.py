import pytest

from cnn_rnn.cli_parser import OneLineParser, one_line
from cnn_rnn.tasks import CNNRNNTask


def error_of(parser: OneLineParser, message: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as exit_info:
        parser.error(message)
    assert exit_info.value.code == 2
    return capsys.readouterr().err


def test_a_message_of_many_lines_becomes_one() -> None:
    message = """Parser key "model":
      Does not validate against any of the Union subtypes
      Subtypes: [<class 'LightningModule'>, <class 'NoneType'>]
      Errors:
        - Problem with given class_path 'a.B':
            No module named 'a'
        - Expected a <class 'NoneType'>
      Given value type: <class 'dict'>
      Given value: {'class_path': 'a.B'}"""
    expected = """Parser key "model": Problem with given class_path 'a.B': No module named 'a'"""
    assert one_line(message) == expected


def test_a_mistyped_option_of_a_subcommand_gets_the_right_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    parser, fit = OneLineParser(), OneLineParser()
    fit.add_argument("--trainer.max_epochs", type=int)
    parser.add_subcommands().add_subcommand("fit", fit)
    error = error_of(parser, "unrecognized arguments: --trainer.max_epoch=3", capsys)
    assert error.startswith("error: unrecognized arguments: --trainer.max_epoch=3;")
    assert error.endswith("did you mean --trainer.max_epochs?\n")


@pytest.mark.parametrize(("wrong", "right"), [("beam_widht", "beam_width"), ("weigths", "weights")])
def test_a_mistyped_parameter_gets_the_right_one(
    wrong: str, right: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert CNNRNNTask.__name__  # a class must have been imported for its parameters to be known
    error = error_of(OneLineParser(), f"Option '{wrong}' is not accepted", capsys)
    assert error == f"error: Option '{wrong}' is not accepted; did you mean {right}?\n"


def test_what_resembles_nothing_gets_no_advice(capsys: pytest.CaptureFixture[str]) -> None:
    error = error_of(OneLineParser(), "Option 'qqqqq' is not accepted", capsys)
    assert error == "error: Option 'qqqqq' is not accepted\n"
