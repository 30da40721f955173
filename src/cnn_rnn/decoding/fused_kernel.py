"""The Triton kernel of one search step of one image (section 3.3), and one that reads paths.

Two passes over the label embedding, tile by tile: the first finds the normaliser of each live
path, the second scores again and keeps the N best continuations. Scoring twice costs less than
storing (N, K+1) scores outside the chip would.

A continuation is one integer key, smaller is better: the bits of its cost (floats >= 0 order as
their bits do), then parent * (K+1) + id. No two keys are equal, and their order is the search's.
"""

# Triton reads annotations as its own: none but constexpr may stand in a kernel.
# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator"

import triton  # type: ignore[import-untyped]  # it has no types
import triton.language as tl  # type: ignore[import-untyped]

# Worse than every key.
_NONE = tl.constexpr(2**63 - 1)
_INF = tl.constexpr(float("inf"))


@triton.jit
def _pack(costs, places, exists):
    """Keys of the costs (float32, at least 0) at the places (below 2**31)."""
    bits = costs.to(tl.int32, bitcast=True).to(tl.int64)
    return tl.where(exists & (costs < _INF), (bits << 32) | places.to(tl.int64), _NONE)


@triton.jit
def _cost_of(keys):
    return tl.where(keys < _NONE, (keys >> 32).to(tl.int32).to(tl.float32, bitcast=True), _INF)


@triton.jit
def _place_of(keys):
    return tl.where(keys < _NONE, keys & 0xFFFFFFFF, 0).to(tl.int32)


@triton.jit
def _logits_of_tile(
    image_row,
    path_rows,
    table,
    live,
    ids,
    num_classes,
    embedding_dim,
    SLOTS: tl.constexpr,  # noqa: N803
    BLOCK_C: tl.constexpr,  # noqa: N803
    BLOCK_D: tl.constexpr,  # noqa: N803
    RELU: tl.constexpr,  # noqa: N803
):
    """(SLOTS, BLOCK_C) scores of the joint vectors against one tile, -inf behind the last class."""
    logits = tl.zeros((SLOTS, BLOCK_C), tl.float32)
    for first in range(0, embedding_dim, BLOCK_D):
        dims = first + tl.arange(0, BLOCK_D)
        inside = dims < embedding_dim
        joint = tl.load(
            path_rows[:, None] + dims[None, :], mask=live[:, None] & inside[None, :], other=0.0
        )
        joint += tl.load(image_row + dims, mask=inside, other=0.0)[None, :]
        if RELU:
            # NaN stays NaN.
            joint = tl.where(joint < 0, 0.0, joint)
        tile = tl.load(
            table + ids[None, :] * embedding_dim + dims[:, None],
            mask=inside[:, None] & (ids[None, :] < num_classes),
            other=0.0,
        )
        # float32 products: TF32 would miss the tolerance.
        logits = tl.dot(joint, tile, logits, input_precision="ieee")
    return tl.where(ids[None, :] < num_classes, logits, -_INF)


# A kernel of its own for step 1 or 16 would only cost compilations.
@triton.jit(do_not_specialize=["step", "min_length", "max_length"])
def beam_step_kernel(
    image_embedding,  # (B, D)
    path_embeddings,  # (R, D)
    rows,  # (B, N) int64
    table,  # (K+1, D)
    costs_in,  # (B, N)
    used_in,  # (B, N, W) int32
    candidate_costs_in,  # (B, N)
    candidates_in,  # (B, N) int64
    costs_out,
    used_out,
    parents_out,  # (B, N) int64
    label_ids_out,  # (B, N) int64
    candidate_costs_out,
    candidates_out,
    nan_out,  # (B,) int32
    num_classes,
    embedding_dim,
    num_words,
    step,
    min_length,
    max_length,
    N: tl.constexpr,  # noqa: N803
    SLOTS: tl.constexpr,  # noqa: N803
    BLOCK_C: tl.constexpr,  # noqa: N803
    BLOCK_D: tl.constexpr,  # noqa: N803
    BLOCK_W: tl.constexpr,  # noqa: N803
    RELU: tl.constexpr,  # noqa: N803
):
    """One image; ``fused_ops.beam_step`` describes the arguments."""
    image = tl.program_id(0).to(tl.int64)
    slots = tl.arange(0, SLOTS)
    at_slots = image * N + slots
    is_slot = slots < N
    end_id = num_classes - 1

    costs = tl.load(costs_in + at_slots, mask=is_slot, other=_INF)
    live = costs < _INF
    any_live = tl.min(costs, axis=0) < _INF
    best = tl.full((SLOTS,), _NONE, tl.int64)
    end_keys = tl.full((SLOTS,), _NONE, tl.int64)
    bad = 0

    # An image that has finished only hands its candidates on.
    if any_live:
        row = tl.load(rows + at_slots, mask=live, other=0)
        path_rows = path_embeddings + row * embedding_dim
        image_row = image_embedding + image * embedding_dim

        largest = tl.full((SLOTS,), -_INF, tl.float32)
        total = tl.zeros((SLOTS,), tl.float32)
        end_logit = tl.zeros((SLOTS,), tl.float32)
        for start in range(0, num_classes, BLOCK_C):
            ids = start + tl.arange(0, BLOCK_C)
            logits = _logits_of_tile(
                image_row,
                path_rows,
                table,
                live,
                ids,
                num_classes,
                embedding_dim,
                SLOTS,
                BLOCK_C,
                BLOCK_D,
                RELU,
            )
            end_logit += tl.sum(tl.where(ids[None, :] == end_id, logits, 0.0), axis=1)
            larger = tl.maximum(largest, tl.max(logits, axis=1))
            shift = tl.where(larger == -_INF, 0.0, larger)
            total = total * tl.exp(largest - shift)
            total += tl.sum(tl.exp(logits - shift[:, None]), axis=1)
            largest = larger
        log_total = tl.log(total)
        # A row of -inf alone has no largest, +inf and NaN make the total NaN.
        broken = live & ((total != total) | (largest == -_INF))
        bad = tl.max(broken.to(tl.int32), axis=0)

        if step < max_length:
            for start in range(0, num_classes, BLOCK_C):
                ids = start + tl.arange(0, BLOCK_C)
                logits = _logits_of_tile(
                    image_row,
                    path_rows,
                    table,
                    live,
                    ids,
                    num_classes,
                    embedding_dim,
                    SLOTS,
                    BLOCK_C,
                    BLOCK_D,
                    RELU,
                )
                log_probs = (logits - largest[:, None]) - log_total[:, None]
                words = tl.load(
                    used_in + at_slots[:, None] * num_words + (ids // 32)[None, :],
                    mask=is_slot[:, None] & (ids < end_id)[None, :],
                    other=-1,
                )
                free = ((words >> (ids % 32)[None, :]) & 1) == 0
                places = slots[:, None] * num_classes + ids[None, :]
                keys = _pack(costs[:, None] - log_probs, places, free & live[:, None])
                # A tile whose best does not reach the N best so far is left out.
                worst = tl.max(tl.where(is_slot, best, 0), axis=0)
                if tl.min(tl.min(keys, axis=1), axis=0) < worst:
                    merged = tl.full((SLOTS,), _NONE, tl.int64)
                    for slot in range(N):
                        key = tl.minimum(tl.min(tl.min(keys, axis=1), axis=0), tl.min(best, axis=0))
                        merged = tl.where(slots == slot, key, merged)
                        keys = tl.where(keys == key, _NONE, keys)
                        best = tl.where(best == key, _NONE, best)
                    best = merged

        end_log_probs = (end_logit - largest) - log_total
        may_end = live & (step >= min_length)
        end_keys = _pack(costs - end_log_probs, slots * num_classes + end_id, may_end)

    # END becomes a candidate among the N best of all continuations.
    before = tl.sum((best[None, :] < end_keys[:, None]).to(tl.int32), axis=1)
    before += tl.sum((end_keys[None, :] < end_keys[:, None]).to(tl.int32), axis=1)
    entering = (end_keys < _NONE) & (before < N)

    # Of equal candidates the earlier stays ahead: old ones by slot, then new ones by parent.
    old_costs = tl.load(candidate_costs_in + at_slots, mask=is_slot, other=_INF)
    old = _pack(old_costs, slots, is_slot)
    new = _pack(_cost_of(end_keys), SLOTS + slots, entering)
    chosen = tl.full((SLOTS,), _NONE, tl.int64)
    for slot in range(N):
        key = tl.minimum(tl.min(old, axis=0), tl.min(new, axis=0))
        chosen = tl.where(slots == slot, key, chosen)
        old = tl.where(old == key, _NONE, old)
        new = tl.where(new == key, _NONE, new)
    place = _place_of(chosen)
    exists = chosen < _NONE
    kept = tl.load(
        candidates_in + image * N + place, mask=is_slot & exists & (place < SLOTS), other=-1
    )
    entered = (step * N + place - SLOTS).to(tl.int64)
    candidate_costs = _cost_of(chosen)
    tl.store(candidate_costs_out + at_slots, candidate_costs, mask=is_slot)
    tl.store(
        candidates_out + at_slots,
        tl.where(exists & (place >= SLOTS), entered, kept),
        mask=is_slot,
    )

    # Costs only grow: what is not better than the worst of a full set can enter it no more.
    worst_cost = tl.max(tl.where(is_slot, candidate_costs, 0.0), axis=0)
    best_costs = _cost_of(best)
    lives_on = (best < _NONE) & (best_costs < worst_cost)
    parents = tl.where(lives_on, _place_of(best) // num_classes, 0)
    label_ids = tl.where(lives_on, _place_of(best) % num_classes, 0)
    tl.store(costs_out + at_slots, tl.where(lives_on, best_costs, _INF), mask=is_slot)
    tl.store(parents_out + at_slots, parents.to(tl.int64), mask=is_slot)
    tl.store(label_ids_out + at_slots, label_ids.to(tl.int64), mask=is_slot)
    word_ids = tl.arange(0, BLOCK_W)
    is_word = is_slot[:, None] & (word_ids < num_words)[None, :]
    parent_rows = (image * N + parents) * num_words
    words = tl.load(used_in + parent_rows[:, None] + word_ids[None, :], mask=is_word, other=0)
    bit = tl.where(
        word_ids[None, :] == (label_ids // 32)[:, None], 1 << (label_ids % 32)[:, None], 0
    )
    tl.store(
        used_out + at_slots[:, None] * num_words + word_ids[None, :], words | bit, mask=is_word
    )
    tl.store(nan_out + image, bad)


@triton.jit(do_not_specialize=["batch_size", "steps", "max_length"])
def read_paths_kernel(
    parents,  # (S, B, N) int64
    label_ids,  # (S, B, N) int64
    candidates,  # (B, N) int64
    paths,  # (B, N, T) int64, padded
    lengths,  # (B, N) int64
    batch_size,
    steps,
    max_length,
    N: tl.constexpr,  # noqa: N803
    SLOTS: tl.constexpr,  # noqa: N803
    MISSING_LENGTH: tl.constexpr,  # noqa: N803
):
    """One image: its candidates, from their last labels to the first."""
    image = tl.program_id(0).to(tl.int64)
    slots = tl.arange(0, SLOTS)
    is_slot = slots < N
    candidate = tl.load(candidates + image * N + slots, mask=is_slot, other=-1)
    length = tl.where(candidate >= 0, candidate // N, MISSING_LENGTH)
    slot = tl.where(candidate >= 0, candidate % N, 0)
    tl.store(lengths + image * N + slots, length, mask=is_slot)
    for back in range(steps):
        step = steps - 1 - back
        on_path = is_slot & (step < length)
        at = (step * batch_size + image) * N + slot
        label_id = tl.load(label_ids + at, mask=on_path, other=0)
        tl.store(paths + (image * N + slots) * max_length + step, label_id, mask=on_path)
        slot = tl.where(on_path, tl.load(parents + at, mask=on_path, other=0), slot)
