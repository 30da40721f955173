"""Metrics that keep a row an image: their lists synchronise even from a process without images."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities.data import dim_zero_cat


class ListStateMetric(Metric):
    """A metric whose states are lists of tensors with one row an image."""

    is_differentiable = False
    higher_is_better = True
    full_state_update = False

    @abstractmethod
    def empty_states(self) -> dict[str, Tensor]:
        """Each state's name, and what it is of no image: right width, dtype and device."""

    def sync(
        self,
        dist_sync_fn: Callable[..., Any] | None = None,
        process_group: Any | None = None,
        should_sync: bool = True,
        distributed_available: Callable[[], bool] | None = None,
    ) -> None:
        """Gather the states of all processes, as torchmetrics does.

        A process that has seen no image takes part with zero rows: torchmetrics would send a flat
        float tensor there, which cannot be gathered with matrices or integers.

        Args:
            dist_sync_fn: as in torchmetrics, as are the others.
            process_group: the processes.
            should_sync: do it at all.
            distributed_available: says whether there is more than one process.
        """
        for name, empty in self.empty_states().items():
            state = getattr(self, name)
            if isinstance(state, list) and not state:
                state.append(empty)
        super().sync(dist_sync_fn, process_group, should_sync, distributed_available)

    def rows(self, name: str) -> Tensor:
        """One state of all images that were seen, of all processes while synchronised.

        Args:
            name: of a state.
        Raises:
            ValueError: no image was seen.
        """
        state = getattr(self, name)
        rows = dim_zero_cat(state) if len(state) else None
        if rows is None or len(rows) == 0:
            raise ValueError(f"{type(self).__name__} has seen no image: call update first")
        return rows
