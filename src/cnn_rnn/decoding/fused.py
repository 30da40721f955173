"""The beam search of section 3.3 with each step of an image in one Triton kernel, for CUDA.

A step adds the image to the path embeddings, scores the sums against the label embedding, ranks
all continuations and updates the candidate set without leaving the chip; paths are kept as
back-pointers. The recurrent product is PyTorch's (``fused_lstm``). ``docs/decoding.md`` has the
picture and the arithmetic.
"""

import torch
import triton  # type: ignore[import-untyped]  # it has no types
from torch import Tensor

from cnn_rnn.cells import LSTMCell
from cnn_rnn.decoding.fused_kernel import beam_step_kernel
from cnn_rnn.decoding.fused_lstm import FusedLSTM
from cnn_rnn.decoding.paths import (
    MISSING_LENGTH,
    PADDING_ID,
    Paths,
    concatenate_paths,
    empty_paths,
)
from cnn_rnn.decoding.prefix_cache import (
    Advance,
    FreshPrefixes,
    Prefixes,
    keep_for,
    prefixes_of,
)
from cnn_rnn.decoding.protocol import NAN_MESSAGE, Weights
from cnn_rnn.network import CNNRNN

# Live paths searched at once: bounds their recurrent states to 512 MiB for an LSTM of 512.
_MOST_PATHS = 1 << 17
# From here on, by arithmetic on an H100 (not timed), the products that sharing saves cost more
# than looking for equal prefixes does.
_SHARE_FROM_PATHS = 1 << 12
# Asking whether all images have finished makes the host wait for the device. Our choice.
_STEPS_BETWEEN_CHECKS = 4


def beam_search_fused(
    network: CNNRNN,
    features: Tensor,
    beam_width: int,
    max_length: int,
    min_length: int = 0,
    share_prefixes: bool | None = None,
    weights: Weights = "float32",
) -> Paths:
    """The ``beam_width`` most probable paths of each image, a kernel a step.

    Arguments and result are those of ``cnn_rnn.decoding.beam_search``, which checks them;
    ``cnn_rnn.decoding.choice`` says which networks are served.
    """
    chunk = max(1, _MOST_PATHS // beam_width)
    if share_prefixes is None:
        share_prefixes = min(chunk, features.shape[0]) * beam_width >= _SHARE_FROM_PATHS
    advance = _advance_of(network, features.device, weights)
    prefixes: Prefixes = FreshPrefixes(network, features.device, advance)
    if share_prefixes:
        prefixes = cache = prefixes_of(network, features.device, advance, f"fused {weights}")
        most_paths = 1 + beam_width * max_length
        chunk = max(1, min(chunk, cache.max_nodes // 2 // most_paths))
    image_embedding = network.encode_image(features).float()
    table = network.output_table.float()
    relu = network.joint_activation == "relu"
    parts = [empty_paths(0, beam_width, max_length, device=features.device)]
    for part in torch.split(image_embedding, chunk):
        if share_prefixes and not cache.room_for(part.shape[0] * most_paths):
            cache.clear()
        parts.append(_search(prefixes, part, table, beam_width, max_length, min_length, relu))
    return concatenate_paths(parts)


def _advance_of(network: CNNRNN, device: torch.device, weights: Weights) -> Advance | None:
    """The LSTM's own step; None for the other cells, which go through ``network.advance``."""
    cell = network.cell
    if type(cell) is not LSTMCell:
        return None
    return keep_for(network, device, lambda: FusedLSTM(network, cell, weights), weights)


def _search(
    prefixes: Prefixes,
    image_embedding: Tensor,
    table: Tensor,
    beam_width: int,
    max_length: int,
    min_length: int,
    relu: bool,
) -> Paths:
    size = (image_embedding.shape[0], beam_width)
    words = (table.shape[0] + 31) // 32
    costs = image_embedding.new_full(size, torch.inf)
    costs[:, 0] = 0
    used = torch.zeros((*size, words), dtype=torch.int32, device=costs.device)
    candidate_costs = image_embedding.new_full(size, torch.inf)
    candidates = torch.full(size, -1, dtype=torch.int64, device=costs.device)
    nan_seen = torch.zeros(size[:1], dtype=torch.bool, device=costs.device)
    rows = torch.zeros(size, dtype=torch.int64, device=costs.device)
    prefixes.begin()
    parents_by_step, label_ids_by_step = [], []
    for step in range(max_length + 1):
        costs, used, parents, label_ids, candidate_costs, candidates, nan = beam_step(
            image_embedding,
            prefixes.embeddings.float(),
            rows,
            table,
            costs,
            used,
            candidate_costs,
            candidates,
            step,
            min_length,
            max_length,
            relu,
        )
        nan_seen |= nan
        if step == max_length:
            break
        parents_by_step.append(parents)
        label_ids_by_step.append(label_ids)
        dead = costs == torch.inf
        if (step + 1) % _STEPS_BETWEEN_CHECKS == 0 and bool(dead.all()):
            break
        # Dead paths all feed the first label to the empty prefix.
        parent_rows = rows.gather(1, parents).masked_fill(dead, 0)
        rows = prefixes.extend(parent_rows.flatten(), label_ids.flatten()).view(size)
    if bool(nan_seen.any()):
        raise ValueError(NAN_MESSAGE)
    lengths = torch.where(candidates >= 0, candidates // beam_width, MISSING_LENGTH)
    slots = candidates.clamp(min=0) % beam_width
    paths = torch.full((*size, max_length), PADDING_ID, device=costs.device)
    for step in range(len(parents_by_step) - 1, -1, -1):
        on_path = step < lengths
        found = label_ids_by_step[step].gather(1, slots)
        paths[:, :, step] = torch.where(on_path, found, PADDING_ID)
        slots = torch.where(on_path, parents_by_step[step].gather(1, slots), slots)
    return Paths(paths, lengths, -candidate_costs)


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
    without spilling for up to 16 beams, so that four images share a multiprocessor.
    """
    options: dict[str, int | bool] = {
        "N": beam_width,
        "SLOTS": max(16, triton.next_power_of_2(beam_width)),  # tl.dot wants 16 rows
        "BLOCK_C": 32,
        "BLOCK_D": 16,
        "BLOCK_W": triton.next_power_of_2((num_classes + 31) // 32),
        "RELU": relu,
        "num_warps": 4,
        "num_stages": 1,
    }
    if beam_width <= 16:
        options["maxnreg"] = 128
    return options
