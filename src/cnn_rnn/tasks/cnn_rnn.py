"""CNN-RNN as a LightningModule: trained on label paths, decoded by beam search (section 3)."""

from __future__ import annotations

import copy
import logging
from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from cnn_rnn import aligned_orders
from cnn_rnn.backbones import BackboneSpec
from cnn_rnn.cells import CellName
from cnn_rnn.label_space import paths_to_targets, targets_to_paths
from cnn_rnn.losses import path_cross_entropy
from cnn_rnn.metrics import MeanAveragePrecision, PrecisionRecallF1
from cnn_rnn.network import CNNRNN
from cnn_rnn.ordering import LabelOrder, is_fixed, label_order
from cnn_rnn.scoring import Strategy, decode_and_score
from cnn_rnn.tasks.base import Batch, MultiLabelTask, Predictions

logger = logging.getLogger(__name__)

EMPTY_SHARE = 0.9  # of the decoded paths, above which training warns: our choice


class CNNRNNTask(MultiLabelTask):
    """The paper's model; `cell: linear` is its "No RNN" ablation (section 4.3).

    Args:
        label_names: K names in the order of the ids; linked from the data by the CLI.
        label_counts: K training counts, for the order of the labels; linked likewise.
        backbone: the image encoder.
        fine_tune: train the backbone too.
        embedding_dim: D, of labels and joint space.
        hidden_dim: H, of the recurrent layer.
        cell: the recurrent layer.
        joint_activation: h of section 3.2.
        dropout: on the projections.
        dropout_on: their inputs, or the joint vectors.
        label_scale: standard deviation of the label embedding at the start.
        order: of the labels on a training path (section 3.4). Fixed: `frequency`, `rare_first`,
            `alphabetical`, `random`. `random_per_batch`: a permutation of all labels for each
            mini-batch, the same for its images. `easiest_first`: frequency in the first epoch;
            then each image's labels greedily by their probability to the network as it was when
            the epoch began. `minimal_loss`, `predicted_label`: aligned with what the network
            predicts at that moment (`cnn_rnn.aligned_orders`). The held-out loss is taken with
            the same permutations in every epoch, or with orders by the network as it is.
        order_seed: of `order: random`, and of the held-out permutations of `random_per_batch`.
        aligned_inputs: what the network is fed at each step where `order` is aligned: the labels
            it `predicted` itself (as Yazici et al. train), or the `true` ones in their new order,
            teacher forcing as with every other order.
        beam_width: N of section 3.3.
        max_length: longest path decoded, in labels.
        min_length: shortest path decoded; the paper: k on NUS-WIDE, 0 on COCO.
        scoring: how a ranking of all labels comes out of the search.
        lr: learning rate of RMSprop after the warm-up.
        momentum: of RMSprop.
        weight_decay: of RMSprop.
        warmup_steps: of the schedule; a cosine to zero follows.
        val_metrics_every: epochs between two validations with predictions; 0: the loss alone.
        backbone_lr_factor: with `fine_tune`, the backbone's learning rate in parts of `lr`.
    """

    def __init__(
        self,
        label_names: Sequence[str],
        label_counts: Sequence[int],
        backbone: BackboneSpec | dict[str, Any] = BackboneSpec(),  # noqa: B008  # frozen
        fine_tune: bool = False,
        embedding_dim: int = 64,
        hidden_dim: int = 512,
        cell: CellName = "lstm",
        joint_activation: Literal["identity", "relu"] = "identity",
        dropout: float = 0.5,
        dropout_on: Literal["inputs", "sums"] = "inputs",
        label_scale: float = 0.1,
        order: LabelOrder = "frequency",
        order_seed: int = 0,
        aligned_inputs: Literal["predicted", "true"] = "predicted",
        beam_width: int = 5,
        max_length: int = 20,
        min_length: int = 0,
        scoring: Strategy = "prefix_mass",
        lr: float = 1e-4,
        momentum: float = 0.9,
        weight_decay: float = 1e-4,
        warmup_steps: int = 20,
        val_metrics_every: int = 1,
        backbone_lr_factor: float = 0.1,
    ) -> None:
        super().__init__(
            label_names,
            label_counts,
            backbone,
            fine_tune,
            lr,
            momentum,
            weight_decay,
            warmup_steps,
            val_metrics_every,
            backbone_lr_factor,
        )
        # In plain types: checkpoints hold no class, and loggers do not take a frozen dataclass.
        self.save_hyperparameters(ignore=["backbone"])
        self.save_hyperparameters({"backbone": self.backbone_spec.to_dict()})
        self.network = CNNRNN(
            self.labels.num_labels,
            self.backbone_spec.feature_dim,
            embedding_dim,
            hidden_dim,
            cell,
            joint_activation,
            dropout,
            dropout_on,
            label_scale,
        )
        if beam_width < 1 or not 0 <= min_length <= max_length:
            raise ValueError(
                f"expected beam_width >= 1 and 0 <= min_length <= max_length, got {beam_width}, "
                f"{min_length} and {max_length}"
            )
        self.beam_width = beam_width
        self.max_length = max_length
        self.min_length = min_length
        self.scoring: Strategy = scoring
        if aligned_inputs not in ("predicted", "true"):
            raise ValueError(f"aligned_inputs must be predicted or true, got {aligned_inputs!r}")
        self.order: LabelOrder = order
        self.order_seed = order_seed
        self.aligned_inputs = aligned_inputs
        fixed = order if is_fixed(order) else "frequency"
        self.label_order: Tensor
        self.register_buffer(
            "label_order", label_order(fixed, label_names, self.labels.counts, order_seed)
        )
        self._held_out_permutations = torch.Generator()
        self._when_the_epoch_began: list[CNNRNN] = []  # in a list: not a submodule, not saved
        self._decoded = 0
        self._decoded_empty = 0

    def compute_loss(self, features: Tensor, batch: Batch) -> Tensor:
        """Cross-entropy of the labels' path; an ignored label is not on it."""
        inputs, paths = self._paths(features.detach(), batch["target"] & ~batch["ignored"])
        return path_cross_entropy(self.network(features, inputs), paths)

    def _paths(self, features: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """The labels that are fed, and those that are to be predicted; both (B, T), equally long.

        In either, position t holds the t-th label of an image; they differ for aligned orders.
        """
        if self.order in ("minimal_loss", "predicted_label"):
            predicted, log_probs = aligned_orders.free_run(self.network, features, target)
            if self.order == "minimal_loss":
                aligned = aligned_orders.minimal_loss(log_probs, target)
            else:
                aligned = aligned_orders.predicted_label(log_probs, predicted, target)
            return predicted if self.aligned_inputs == "predicted" else aligned, aligned
        if self.order == "easiest_first":
            judges = self._when_the_epoch_began if self.training else [self.network]
            if judges:
                paths = aligned_orders.easiest_first(judges[0], features, target)
                return paths, paths
        order = self.label_order
        if self.order == "random_per_batch":
            drawn_by = None if self.training else self._held_out_permutations
            order = torch.randperm(len(order), generator=drawn_by).to(order.device)
        paths = targets_to_paths(target, order)
        return paths, paths

    def on_train_epoch_start(self) -> None:
        """Keeps the network as it is, where the epoch's orders are its own."""
        if self.order == "easiest_first" and self.current_epoch > 0:
            self._when_the_epoch_began = [copy.deepcopy(self.network).requires_grad_(False)]

    def predict(self, features: Tensor) -> Predictions:
        """Beam search: the labels of the best path, and a ranking from all paths."""
        paths, scores = decode_and_score(
            self.network,
            features,
            self.beam_width,
            min(self.max_length, self.labels.num_labels),
            self.min_length,
            self.scoring,
        )
        decisions = paths_to_targets(paths.label_ids[:, 0], self.labels.num_labels)
        return Predictions(scores, decisions, paths)

    def on_validation_epoch_start(self) -> None:
        """Starts counting decoded paths; held-out permutations are those of every epoch."""
        self._decoded = self._decoded_empty = 0
        self._held_out_permutations.manual_seed(self.order_seed)

    def _observe(
        self,
        predictions: Predictions,
        batch: Batch,
        decided: PrecisionRecallF1,
        ranked: MeanAveragePrecision,
    ) -> None:
        super()._observe(predictions, batch, decided, ranked)
        self._decoded += len(predictions.decisions)
        self._decoded_empty += int((~predictions.decisions.any(dim=1)).sum())

    def on_validation_epoch_end(self) -> None:
        """Logs as the base does, and says when the model decodes (almost) nothing."""
        super().on_validation_epoch_end()
        empty = self._decoded_empty / max(1, self._decoded)
        if empty > EMPTY_SHARE and not self.trainer.sanity_checking:
            logger.warning(
                "epoch %d: %.0f%% of the decoded paths are empty. If this lasts, the recurrent "
                "output has died or lr (%g) is too small; see docs/protocols.md, Model",
                self.current_epoch,
                100 * empty,
                self.lr,
            )
