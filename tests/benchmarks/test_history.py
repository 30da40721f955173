import lightning
import pytest
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from benchmarks.history import History


class _Constant(lightning.LightningModule):
    """Its loss is the mean of the batch's targets; its rate halves every epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))

    def training_step(self, batch: dict[str, Tensor], batch_idx: int) -> Tensor:
        return batch["target"].mean() + 0 * self.weight

    def validation_step(self, batch: dict[str, Tensor], batch_idx: int) -> None:
        self.log("val/loss", batch["target"].max() + self.current_epoch, batch_size=1)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.4)


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_an_epoch_has_the_mean_loss_over_images_and_the_rate() -> None:
    told: list[str] = []
    history = History(told.append)
    targets = [{"target": torch.tensor(float(value))} for value in (1, 2, 6)]
    loader: DataLoader[dict[str, Tensor]] = DataLoader(targets, batch_size=2)  # type: ignore[arg-type]
    lightning.Trainer(
        accelerator="cpu",
        max_epochs=2,
        callbacks=[history],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    ).fit(_Constant(), loader, loader)
    assert told == ["epoch 1", "epoch 2"]
    assert [epoch["train_loss"] for epoch in history.epochs] == pytest.approx([3.0, 3.0])
    assert [epoch["val_loss"] for epoch in history.epochs] == pytest.approx([4.0, 5.0])
    assert [epoch["lr"] for epoch in history.epochs] == pytest.approx([0.4, 0.4])
