"""Lightning's trainer with one more thing to do: fill the feature cache."""

from lightning.pytorch import LightningDataModule, LightningModule, Trainer

from cnn_rnn.cli import CommandLineError
from cnn_rnn.feature_cache import FeatureDataModule


class FeatureTrainer(Trainer):
    """Has `features` beside fit, validate, test and predict."""

    def features(self, model: LightningModule, datamodule: LightningDataModule) -> None:
        """Fills the feature cache of all splits, on all devices, and stops.

        Args:
            model: not used: the data module knows the backbone.
            datamodule: a FeatureDataModule.

        Raises:
            CommandLineError: another data module: nothing is cached.
        """
        if not isinstance(datamodule, FeatureDataModule):
            raise CommandLineError(
                "there are no features to cache: the backbone is fine-tuned, --feature_cache is "
                "false, or the data module names no splits"
            )

        def fill() -> None:
            self.strategy.setup_environment()
            datamodule.trainer = self
            if self.local_rank == 0:
                datamodule.prepare_data()
            self.strategy.barrier("prepare_data")
            for stage in ("fit", "test"):
                datamodule.setup(stage)

        launcher = self.strategy.launcher
        if launcher is None:
            fill()
        else:
            launcher.launch(fill, trainer=self)
