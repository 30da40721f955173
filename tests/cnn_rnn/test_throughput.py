from pathlib import Path

import torch
from lightning.pytorch import Trainer
from lightning.pytorch.demos.boring_classes import BoringModel
from torch.utils.data import DataLoader

from cnn_rnn.throughput import Throughput


class Model(BoringModel):
    def training_step(self, batch: dict[str, torch.Tensor], batch_idx: int) -> torch.Tensor:
        loss: torch.Tensor = self.layer(batch["target"]).square().mean()
        return loss


def test_images_of_all_steps_count(tmp_path: Path) -> None:
    samples = [{"target": torch.zeros(32)} for _ in range(10)]
    callback = Throughput()
    trainer = Trainer(
        accelerator="cpu",
        max_epochs=1,
        default_root_dir=tmp_path,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[callback],
    )
    trainer.fit(Model(), DataLoader(samples, batch_size=4))  # type: ignore[arg-type]
    rate = float(trainer.callback_metrics["throughput/images_per_second"])
    assert rate > 0
    assert round(rate * callback._seconds) == 10
