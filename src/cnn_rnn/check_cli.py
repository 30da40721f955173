"""`lightning check`: the configs of a run, of which only the data are made and examined.

No model, no backbone and no trainer: nothing is fetched, and broken data cannot stand in the way.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from lightning.pytorch import LightningDataModule
from lightning.pytorch.cli import LightningArgumentParser

from cnn_rnn.cli import CommandLineError, user_message
from cnn_rnn.cli_parser import one_line
from cnn_rnn.lightning_cli import CLI_OPTIONS, CNNRNNCLI, prepare_process


class Report(Protocol):
    """What the `check` method of a data module returns."""

    @property
    def exit_code(self) -> int:
        """0 if the data are fit for use."""

    def text(self) -> str:
        """The findings in words."""


class CheckCLI(CNNRNNCLI):
    """Takes every key that a run takes, and `splits`; makes the data module alone."""

    def add_core_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Trainer, model and data; the model may be left out."""
        parser.add_lightning_class_args(self.trainer_class, "trainer")
        parser.set_defaults(
            {f"trainer.{key}": value for key, value in self.trainer_defaults.items()}
        )
        parser.add_lightning_class_args(
            self._model_class, "model", subclass_mode=True, required=False
        )
        parser.add_lightning_class_args(self._datamodule_class, "data", subclass_mode=True)

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Adds `splits`, and what subcommands with a checkpoint take."""
        super().add_arguments_to_parser(parser)
        parser.add_argument(
            "--splits",
            nargs="+",
            type=str,
            help="Names of the splits to examine; by default those of training, validation, test.",
        )
        for unused in ("ckpt_path", "weights_only"):
            parser.add_argument(f"--{unused}", type=Any, help="Not used: configs of runs have it.")

    def _set_seed(self) -> None:
        """Nothing is random."""

    def before_instantiate_classes(self) -> None:
        """No checkpoint is looked for."""

    def instantiate_classes(self) -> None:
        """Makes the data module.

        Raises:
            CommandLineError: it does not accept its arguments.
        """
        # The whole parser would make the model too, for which it would read the labels first.
        parser = LightningArgumentParser()
        parser.add_lightning_class_args(self._datamodule_class, "data", subclass_mode=True)
        config = parser.parse_object({"data": self.config.data.as_dict()})
        try:
            self.datamodule = parser.instantiate_classes(config).data
        except (ValueError, ImportError) as error:
            if user_message(error) is not None:
                raise
            raise CommandLineError(one_line(str(error))) from error

    def after_instantiate_classes(self) -> None:
        """No feature cache."""


def check(args: Sequence[str]) -> Report:
    """Examines splits of the data that the arguments describe.

    Args:
        args: what follows `check`, with paths for the names of configs.

    Raises:
        CommandLineError: the data module cannot be made, or checks nothing.
    """
    prepare_process()
    parser_options = {"prog": "lightning check"}
    cli = CheckCLI(**CLI_OPTIONS, parser_kwargs=parser_options, run=False, args=list(args))
    datamodule: LightningDataModule = cli.datamodule
    if not hasattr(datamodule, "check"):
        raise CommandLineError(f"data: {type(datamodule).__name__} has no method check(splits)")
    report: Report = datamodule.check(cli.config.splits or ())
    return report
