"""LightningCLI for any model and any data of this project's contracts.

The data tell the model their labels, frozen backbones are read through the feature cache, and
checkpoints are found by `last` and `best`.
"""

import logging
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import LightningDataModule, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI

from cnn_rnn.callbacks import PredictionWriter
from cnn_rnn.checkpoints import ResumableCheckpoint, resolve_checkpoint
from cnn_rnn.cli import CommandLineError, user_message
from cnn_rnn.cli_parser import OneLineParser, one_line
from cnn_rnn.feature_cache import FeatureDataModule
from cnn_rnn.feature_trainer import FeatureTrainer
from cnn_rnn.photo_arguments import with_photos
from cnn_rnn.tasks import MultiLabelTask

logger = logging.getLogger(__name__)

RESULTS = "results"  # under the working folder; git ignores it
TRAINER_DEFAULTS: dict[str, Any] = {
    "default_root_dir": RESULTS,
    "logger": {
        "class_path": "lightning.pytorch.loggers.CSVLogger",
        "init_args": {"save_dir": RESULTS, "name": "fit"},
    },
    # The data modules share the images among processes without padding.
    "use_distributed_sampler": False,
    "max_epochs": 30,
    # Without it the paper's ReLU-gated cell explodes.
    "gradient_clip_val": 1.0,
}
CLI_OPTIONS: dict[str, Any] = {
    "model_class": LightningModule,
    "datamodule_class": LightningDataModule,
    "subclass_mode_model": True,
    "subclass_mode_data": True,
    "trainer_class": FeatureTrainer,
    "trainer_defaults": TRAINER_DEFAULTS,
    "seed_everything_default": 0,
    "parser_class": OneLineParser,
    "auto_configure_optimizers": False,
    "load_from_checkpoint_support": False,
}


class CNNRNNCLI(LightningCLI):
    """Links, defaults and the feature cache; everything else is LightningCLI's."""

    def init_parser(self, **kwargs: Any) -> LightningArgumentParser:
        """A parser that takes no abbreviations and resolves ${...}, for each subcommand."""
        options = {"parser_mode": "omegaconf+", "allow_abbrev": False, **kwargs}
        return super().init_parser(**options)

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Adds the feature cache, the standard callbacks and the links from data to model."""
        parser.add_argument(
            "--feature_cache",
            type=bool,
            default=True,
            help="Encode each image once and keep the features, if the backbone is frozen.",
        )
        parser.add_argument(
            "--feature_dtype",
            type=str,
            choices=["float32", "float16"],
            default="float32",
            help="Element type of the features on disk.",
        )
        parser.add_lightning_class_args(ResumableCheckpoint, "checkpoint")
        parser.add_lightning_class_args(EarlyStopping, "early_stopping")
        parser.add_lightning_class_args(PredictionWriter, "predictions")
        parser.set_defaults(
            {
                "checkpoint.monitor": "val/loss",
                "checkpoint.filename": "best",
                "checkpoint.save_last": True,
                "checkpoint.enable_version_counter": False,
                "early_stopping.monitor": "val/loss",
                "early_stopping.patience": 5,
            }
        )
        for name, of in (("label_names", _label_names), ("label_counts", _label_counts)):
            parser.link_arguments(
                "data", f"model.init_args.{name}", compute_fn=of, apply_on="instantiate"
            )

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """Lightning's subcommands and `features`."""
        return {**LightningCLI.subcommands(), "features": {"model", "datamodule"}}

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parses without the warning about arguments that come from Python."""
        self.config = parser.parse_args(args)

    def _parse_ckpt_path(self) -> None:
        """The config decides, not the hyperparameters in a checkpoint: overrides stay in force."""

    def before_instantiate_classes(self) -> None:
        """Finds the checkpoint before any data are read.

        Raises:
            CommandLineError: there is no such checkpoint.
        """
        if self.subcommand == "features":
            return
        config = self.config[self.subcommand]
        wanted = config.ckpt_path or (None if self.subcommand == "fit" else "best")
        if wanted is None:
            return
        config.ckpt_path = str(resolve_checkpoint(wanted, config))
        logger.info("Checkpoint: %s", config.ckpt_path)
        if wanted in ("best", "last") and config.checkpoint.dirpath is None:
            # A resumed run goes on comparing with the best of the interrupted one.
            config.checkpoint.dirpath = str(Path(config.ckpt_path).parent)

    def instantiate_classes(self) -> None:
        """Makes data, model and trainer.

        Raises:
            CommandLineError: one of them does not accept its arguments.
        """
        try:
            super().instantiate_classes()
        except (ValueError, ImportError, MisconfigurationException) as error:
            if user_message(error) is not None:
                raise
            raise CommandLineError(one_line(str(error))) from error

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """The trainer; without the checkpoint callback where checkpoints are switched off."""
        if self._get(self.config_init, "trainer").get("enable_checkpointing") is False:
            self._parser(self.subcommand).callback_keys.remove("checkpoint")
        trainer = super().instantiate_trainer(**kwargs)
        path = self._get(self.config, "ckpt_path")
        for callback in trainer.callbacks:  # type: ignore[attr-defined]  # its connector sets it
            if isinstance(callback, ResumableCheckpoint) and path is not None:
                callback.resumed_from = Path(path)
            if isinstance(callback, PredictionWriter) and path is not None:
                callback.checkpoint = Path(path)
        return trainer

    def after_instantiate_classes(self) -> None:
        """Puts the feature cache between the data and a frozen backbone."""
        if getattr(self.datamodule, "is_mini", False):
            logger.info("MINI: drawn scenes, made for trying things out; not the paper's data")
        if not isinstance(self.model, MultiLabelTask) or self.model.fine_tune:
            return
        if not self._get(self.config_init, "feature_cache"):
            return
        if self.subcommand == "predict" and getattr(self.datamodule, "photos", None) is not None:
            return  # each is seen once, and what is predicted is kept
        if not hasattr(self.datamodule, "split_indices"):
            logger.info("No feature cache: the data module names no splits")
            return
        if getattr(self.datamodule, "augment", False):
            logger.warning(
                "data.augment has no effect on cached features; --feature_cache false encodes "
                "every image anew in each epoch"
            )
        seed = self._get(self.config, "seed_everything")
        self.datamodule = FeatureDataModule(
            self.datamodule,
            self.model.backbone_spec,
            dtype=self._get(self.config_init, "feature_dtype"),
            seed=0 if seed is False else int(seed),
        )

    def _prepare_subcommand_kwargs(self, subcommand: str) -> dict[str, Any]:
        kwargs: dict[str, Any] = super()._prepare_subcommand_kwargs(subcommand)
        if subcommand == "predict":  # they are written as they come
            kwargs["return_predictions"] = False
        if "weights_only" in kwargs and kwargs["weights_only"] is None:
            kwargs["weights_only"] = True
        return kwargs

    def _run_subcommand(self, subcommand: str) -> None:
        try:
            super()._run_subcommand(subcommand)
        except MisconfigurationException as error:
            raise CommandLineError(str(error)) from error
        except RuntimeError as error:
            if "loading state_dict" not in str(error):
                raise
            _, first, *more = (line.strip() for line in str(error).splitlines())
            raise CommandLineError(
                f"{self.config[subcommand].ckpt_path} is a checkpoint of another model, whose "
                f"config.yaml lies with the files of its run: {first} ({len(more)} more)"
            ) from error


def run(args: Sequence[str]) -> None:
    """Parses the arguments and runs the subcommand.

    Args:
        args: what follows the command's name, with paths for the names of configs.
    """
    prepare_process()
    args = with_photos(args)
    CNNRNNCLI(**CLI_OPTIONS, save_config_kwargs={"overwrite": True}, args=args)


def prepare_process() -> None:
    """Shows our messages, and lets a class_path name a module of the working folder."""
    _show_messages()
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())


def _label_names(data: LightningDataModule) -> list[str]:
    return list(_attribute(data, "label_names"))


def _label_counts(data: LightningDataModule) -> list[int]:
    return [int(count) for count in _attribute(data, "label_counts")]


def _attribute(data: LightningDataModule, name: str) -> Any:
    try:
        return getattr(data, name)
    except AttributeError as error:
        raise CommandLineError(
            f"data: {type(data).__name__} has no {name}, which the model needs"
        ) from error


class _Terminal(logging.StreamHandler[TextIO]):
    """Writes to whatever is the standard error output now: progress bars replace it."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def _show_messages() -> None:
    """Messages of our packages go to the terminal, those of the first process only.

    Some of Lightning's do not: they advise what is already done on purpose, or sell something.
    """
    for pattern in (
        ".*does not have many workers",  # looking features up in memory needs none
        "Checkpoint directory .* exists and is not empty",  # a resumed run goes on there
        r".*isinstance\(treespec, LeafSpec\)",  # Lightning's own use of torch
        ".*`DataLoader`.* zero",  # a gone-on-with predict may have little or nothing left
    ):
        warnings.filterwarnings("ignore", pattern)
    logging.getLogger("lightning.pytorch.utilities.rank_zero").addFilter(
        lambda record: "Tip:" not in record.getMessage()
    )
    level = logging.INFO if os.environ.get("LOCAL_RANK", "0") == "0" else logging.WARNING
    for name in ("cnn_rnn", "data_modules"):
        package = logging.getLogger(name)
        package.setLevel(level)
        if not package.handlers:
            handler = _Terminal()
            handler.setFormatter(logging.Formatter("%(message)s"))
            package.addHandler(handler)
