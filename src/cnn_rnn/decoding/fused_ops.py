"""The Triton kernels of ``fused_kernel`` as operators that ``torch.compile`` and export see.

Each has a fake kernel, which gives shapes alone.
"""

import torch
import triton  # type: ignore[import-untyped]  # it has no types
from torch import Tensor

from cnn_rnn.decoding.fused_kernel import beam_step_kernel, read_paths_kernel
from cnn_rnn.decoding.paths import MISSING_LENGTH, PADDING_ID


@torch.library.custom_op("cnn_rnn::beam_step", mutates_args=())
def beam_step(
    image_embedding: Tensor,
    path_embeddings: Tensor,
    rows: Tensor,
    table: Tensor,
    costs: Tensor,
    used: Tensor,
    candidate_costs: Tensor,
    candidates: Tensor,
    step: int,
    min_length: int,
    max_length: int,
    relu: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """One step of the search of B images; a cost is a negative log-probability, inf for none.

    Args:
        image_embedding: (B, D) float32.
        path_embeddings: (R, D) float32.
        rows: (B, N) int64, each live path's row in ``path_embeddings``.
        table: (K+1, D) float32, output embeddings, END last.
        costs: (B, N) float32, of the live paths, in rank order.
        used: (B, N, W) int32, one bit a label, set where it is on the path.
        candidate_costs: (B, N) float32, of the candidates, in rank order.
        candidates: (B, N) int64, each candidate's ``length * N + slot`` as a live path, -1 none.
        step: labels on each live path.
        min_length: labels before END is allowed.
        max_length: labels from which on only END is allowed.
        relu: whether h is ReLU; the identity otherwise.

    Returns:
        The next costs and used; the parent slot and label of each next path, (B, N) int64; the
        next candidate_costs and candidates; (B,) bool, where a live path met a NaN.
    """
    batch_size, beam_width = costs.shape
    num_classes, embedding_dim = table.shape
    next_costs, next_used = torch.empty_like(costs), torch.empty_like(used)
    parents, label_ids = torch.empty_like(rows), torch.empty_like(rows)
    next_candidate_costs = torch.empty_like(candidate_costs)
    next_candidates = torch.empty_like(candidates)
    nan = torch.empty(batch_size, dtype=torch.int32, device=costs.device)
    # Triton launches on the current device.
    with torch.cuda.device_of(costs):  # type: ignore[no-untyped-call]  # torch's
        beam_step_kernel[(batch_size,)](
            image_embedding.contiguous(),
            path_embeddings.contiguous(),
            rows.contiguous(),
            table.contiguous(),
            costs,
            used,
            candidate_costs,
            candidates,
            next_costs,
            next_used,
            parents,
            label_ids,
            next_candidate_costs,
            next_candidates,
            nan,
            num_classes,
            embedding_dim,
            used.shape[2],
            step,
            min_length,
            max_length,
            **kernel_options(beam_width, num_classes, relu),
        )
    found = (next_costs, next_used, parents, label_ids, next_candidate_costs, next_candidates)
    return (*found, nan > 0)


@beam_step.register_fake
def _(
    image_embedding: Tensor,
    path_embeddings: Tensor,
    rows: Tensor,
    table: Tensor,
    costs: Tensor,
    used: Tensor,
    candidate_costs: Tensor,
    candidates: Tensor,
    step: int,
    min_length: int,
    max_length: int,
    relu: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    return (
        torch.empty_like(costs),
        torch.empty_like(used),
        torch.empty_like(rows),
        torch.empty_like(rows),
        torch.empty_like(candidate_costs),
        torch.empty_like(candidates),
        costs.new_empty(costs.shape[0], dtype=torch.bool),
    )


def kernel_options(beam_width: int, num_classes: int, relu: bool) -> dict[str, int | bool]:
    """The compile-time choices of the kernel, held by the compilation tests.

    Tiles of 32 classes and 16 dimensions, not pipelined, stay within 128 registers a thread
    without spilling for up to 16 beams, so that four images share a multiprocessor; within 168 for
    up to 32, and three images.
    """
    return {
        "N": beam_width,
        "SLOTS": max(16, triton.next_power_of_2(beam_width)),  # tl.dot wants 16 rows
        "BLOCK_C": 32,
        "BLOCK_D": 16,
        "BLOCK_W": triton.next_power_of_2((num_classes + 31) // 32),
        "RELU": relu,
        "num_warps": 4,
        "num_stages": 1,
        "maxnreg": 128 if beam_width <= 16 else 168,
    }


@torch.library.custom_op("cnn_rnn::read_paths", mutates_args=())
def read_paths(
    parents: Tensor, label_ids: Tensor, candidates: Tensor, max_length: int
) -> tuple[Tensor, Tensor]:
    """The paths of the candidates, read off the back-pointers of S steps.

    Args:
        parents: (S, B, N) int64, the parent slot of each live path of each step.
        label_ids: (S, B, N) int64, the labels that they end with.
        candidates: (B, N) int64, ``length * N + slot``, -1 none, as ``beam_step`` gives them.
        max_length: T.

    Returns:
        Label ids, (B, N, T) int64, padded with -1; lengths, (B, N) int64, -1 for no path.
    """
    batch_size, beam_width = candidates.shape
    paths = candidates.new_full((batch_size, beam_width, max_length), PADDING_ID)
    lengths = torch.empty_like(candidates)
    # Triton launches on the current device.
    with torch.cuda.device_of(candidates):  # type: ignore[no-untyped-call]  # torch's
        read_paths_kernel[(batch_size,)](
            parents.contiguous(),
            label_ids.contiguous(),
            candidates.contiguous(),
            paths,
            lengths,
            batch_size,
            min(parents.shape[0], max_length),
            max_length,
            N=beam_width,
            SLOTS=triton.next_power_of_2(beam_width),
            MISSING_LENGTH=MISSING_LENGTH,
            num_warps=1,
        )
    return paths, lengths


@read_paths.register_fake
def _(
    parents: Tensor, label_ids: Tensor, candidates: Tensor, max_length: int
) -> tuple[Tensor, Tensor]:
    return candidates.new_empty(*candidates.shape, max_length), torch.empty_like(candidates)
