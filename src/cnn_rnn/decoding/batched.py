"""The beam search of section 3.3, vectorised over images and beams in PyTorch, CPU and CUDA.

A step scores the continuations of every live path of every image at once, then moves the paths
that END to the candidate sets and keeps the best of the others. Images that have finished leave.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from cnn_rnn.decoding.paths import (
    MISSING_LENGTH,
    PADDING_ID,
    Paths,
    concatenate_paths,
    empty_paths,
)
from cnn_rnn.decoding.prefix_cache import FreshPrefixes, Prefixes, prefixes_of
from cnn_rnn.decoding.protocol import (
    NAN_MESSAGE,
    Observer,
    PathNetwork,
    log_probs_of,
)
from cnn_rnn.decoding.ranking import best_of_rows

# Continuations scored at once, some 40 bytes each: bounds the memory, and on a CPU keeps a step
# near its cache. Our choice.
_CPU_CONTINUATIONS = 1 << 20
_GPU_CONTINUATIONS = 1 << 25
# On a GPU, asking which images have finished makes the host wait for the device. Our choice.
_GPU_STEPS_BETWEEN_CHECKS = 4


class _Beams(NamedTuple):
    """The n best live paths of b images, in rank order; one of log-probability -inf is dead."""

    images: Tensor  # (b,) int64, rows of the features
    image_embedding: Tensor  # (b, D)
    log_probs: Tensor  # (b, n)
    label_ids: Tensor  # (b, n, t) int64
    parent_rows: Tensor  # (b, n) int64, the prefix row of each path without its last label


def beam_search_batched(
    network: PathNetwork,
    features: Tensor,
    beam_width: int,
    max_length: int,
    min_length: int = 0,
    observe: Observer | None = None,
    steps_between_checks: int | None = None,
    share_prefixes: bool | None = None,
) -> Paths:
    """The ``beam_width`` most probable paths of each image, all images at once.

    Arguments and result are those of ``cnn_rnn.decoding.beam_search``, which checks them. Live
    paths that can no longer become candidates are dropped, unless ``observe`` is to see them.

    ``steps_between_checks`` says how often finished images are looked for and leave; at 1, dead
    paths leave too. By default it is 1 on a CPU and 4 elsewhere, where each look waits for the
    device. ``share_prefixes`` advances equal prefixes once (``prefix_cache``); by default on a
    CPU only, since looking for them waits for the device as well.
    """
    on_cpu = features.device.type == "cpu"
    if steps_between_checks is None:
        steps_between_checks = 1 if on_cpu else _GPU_STEPS_BETWEEN_CHECKS
    limit = _CPU_CONTINUATIONS if on_cpu else _GPU_CONTINUATIONS
    chunk = max(1, limit // (beam_width * (network.num_labels + 1)))
    prefixes: Prefixes = FreshPrefixes(network, features.device)
    if on_cpu if share_prefixes is None else share_prefixes:
        prefixes = cache = prefixes_of(network, features.device)
        # The paths of a step and what continues them fit the cache.
        chunk = max(1, min(chunk, cache.max_nodes // (2 * beam_width)))

    image_embedding = network.encode_image(features)
    images = torch.arange(features.shape[0], device=features.device)
    search = _Search(network, prefixes, beam_width, max_length, min_length, observe)
    parts = [empty_paths(0, beam_width, max_length, device=features.device)]
    for start in range(0, features.shape[0], chunk):
        part = slice(start, start + chunk)
        parts.append(search.run(images[part], image_embedding[part], steps_between_checks))
    return concatenate_paths(parts)


class _Search:
    """The rules of the search; holds no state between runs."""

    def __init__(
        self,
        network: PathNetwork,
        prefixes: Prefixes,
        beam_width: int,
        max_length: int,
        min_length: int,
        observe: Observer | None,
    ) -> None:
        self.network = network
        self.prefixes = prefixes
        self.beam_width = beam_width
        self.max_length = max_length
        self.min_length = min_length
        self.observe = observe

    def run(self, images: Tensor, image_embedding: Tensor, steps_between_checks: int) -> Paths:
        """Search a bounded number of images; ``images`` are their rows in the features."""
        network = self.network
        # The empty path is the same for all images.
        self.prefixes.begin()
        path_embedding = self.prefixes.embeddings[:1].expand(images.shape[0], -1)
        log_probs = log_probs_of(network, image_embedding, path_embedding).unsqueeze(1)
        nan_seen = log_probs[..., network.end_id].isnan().any()
        beams = _Beams(
            images,
            image_embedding,
            log_probs.new_zeros(images.shape[0], 1),
            images.new_empty(images.shape[0], 1, 0),
            images.new_zeros(images.shape[0], 1),
        )
        rows = beams.parent_rows
        candidates = empty_paths(
            images.shape[0],
            self.beam_width,
            self.max_length,
            dtype=log_probs.dtype,
            device=images.device,
        )
        result, places = candidates, torch.arange(images.shape[0], device=images.device)

        for step in range(self.max_length + 1):
            if step > 0:
                log_probs, rows, bad = self._expand(beams, live_only=steps_between_checks == 1)
                nan_seen = nan_seen | bad
            beams, candidates = self._advance_paths(beams, log_probs, rows, candidates, step)
            last = step == self.max_length
            if last or (step + 1) % steps_between_checks == 0:
                going_on = beams.log_probs[:, 0] > -torch.inf
                kept = going_on.nonzero().squeeze(1)
                if last or kept.shape[0] < going_on.shape[0]:
                    for whole, part in zip(result, candidates, strict=True):
                        whole[places] = part
                    beams = _Beams(*(part[kept] for part in beams))
                    candidates = Paths(*(part[kept] for part in candidates))
                    places = places[kept]
                if kept.shape[0] == 0:
                    break
        if bool(nan_seen):
            raise ValueError(NAN_MESSAGE)
        positions = torch.arange(self.max_length, device=images.device)
        unused = positions >= result.lengths.unsqueeze(-1)  # (b, N, T)
        return result._replace(label_ids=result.label_ids.masked_fill(unused, PADDING_ID))

    def _expand(self, beams: _Beams, live_only: bool) -> tuple[Tensor, Tensor, Tensor]:
        """Feed each path its last label.

        Returns:
            log_probs (b, n, K+1), -inf for dead paths that were left out; the prefix row of each
            path, (b, n) int64; whether a live path met a NaN, bool.
        """
        size = beams.log_probs.shape
        live = (beams.log_probs > -torch.inf).flatten()
        places = torch.arange(live.shape[0], device=live.device)
        fed = places[live] if live_only else places  # (R,)
        fed_rows = self.prefixes.extend(
            beams.parent_rows.flatten()[fed], beams.label_ids[:, :, -1].flatten()[fed]
        )
        path_embedding = self.prefixes.embeddings[fed_rows]
        image_embedding = beams.image_embedding[fed // size[1]]
        log_probs = log_probs_of(self.network, image_embedding, path_embedding)  # (R, K+1)
        nan_seen = (log_probs[:, self.network.end_id].isnan() & live[fed]).any()
        if fed.shape[0] == places.shape[0]:
            return log_probs.view(*size, -1), fed_rows.view(size), nan_seen
        rows = torch.zeros_like(places)
        rows[fed] = fed_rows
        every = log_probs.new_full((places.shape[0], log_probs.shape[1]), -torch.inf)
        every[fed] = log_probs
        return every.view(*size, -1), rows.view(size), nan_seen

    def _advance_paths(
        self, beams: _Beams, log_probs: Tensor, rows: Tensor, candidates: Paths, step: int
    ) -> tuple[_Beams, Paths]:
        """Rank all continuations; some paths END, the best others live on one label longer."""
        num_labels, end_id = self.network.num_labels, self.network.end_id
        totals = beams.log_probs.unsqueeze(-1) + log_probs  # (b, n, K+1)
        # A label is used once; its probability is lost, nothing is renormalised.
        totals.scatter_(2, beams.label_ids, -torch.inf)
        ends = totals[:, :, end_id]
        labels = totals[:, :, :num_labels]
        if step < self.min_length:
            ends = torch.full_like(ends, -torch.inf)
        if step == self.max_length:
            labels = torch.full_like(labels, -torch.inf)
        elif self.observe is not None:
            self.observe(step, beams.images, beams.log_probs, labels)

        width = min(self.beam_width, labels.shape[1] * num_labels)
        best, index = best_of_rows(labels.flatten(1), width)  # (b, n')
        parents, label_ids = index // num_labels, index % num_labels

        entering = self._enters(ends, best, parents)
        candidates = self._merge(candidates, ends, beams.label_ids, entering, step)

        # Log-probabilities only fall: nothing that is not better than the worst candidate of a
        # full set can enter it any more. In a set that is not full the worst is -inf.
        worst = candidates.log_probs[:, -1:]
        hopeless = best <= worst if self.observe is None else best[:, :1] <= worst
        return _Beams(
            beams.images,
            beams.image_embedding,
            best.masked_fill(hopeless, -torch.inf),
            torch.cat([_rows_of(beams.label_ids, parents), label_ids.unsqueeze(-1)], dim=-1),
            rows.gather(1, parents),
        ), candidates

    def _enters(self, ends: Tensor, best: Tensor, parents: Tensor) -> Tensor:
        """(b, n) bool: is this END among the ``beam_width`` best of all continuations?

        Counts what is ranked before it: by log-probability, then parent, then id, END last. The
        best continuations by a label suffice: any further one comes after ``beam_width`` others.
        """
        rank = torch.arange(ends.shape[1], device=ends.device).unsqueeze(-1)  # (n, 1)
        end = ends.unsqueeze(-1)  # (b, n, 1)
        by_label, by_end = best.unsqueeze(1), ends.unsqueeze(1)
        labels_before = (by_label > end) | ((by_label == end) & (parents.unsqueeze(1) <= rank))
        ends_before = (by_end > end) | ((by_end == end) & (rank > rank.T))
        before = labels_before.sum(dim=-1) + ends_before.sum(dim=-1)
        return (before < self.beam_width) & (ends > -torch.inf)

    def _merge(
        self, candidates: Paths, ends: Tensor, label_ids: Tensor, entering: Tensor, step: int
    ) -> Paths:
        """The ``beam_width`` best of the candidates and those entering; of equals, the earlier."""
        new_log_probs = ends.masked_fill(~entering, -torch.inf)
        new_lengths = torch.where(entering, step, MISSING_LENGTH)
        new_label_ids = torch.nn.functional.pad(
            label_ids, (0, self.max_length - step), value=PADDING_ID
        )
        log_probs, index = best_of_rows(
            torch.cat([candidates.log_probs, new_log_probs], dim=1), self.beam_width
        )
        lengths = torch.cat([candidates.lengths, new_lengths], dim=1).gather(1, index)
        every_label_ids = torch.cat([candidates.label_ids, new_label_ids], dim=1)
        return Paths(_rows_of(every_label_ids, index), lengths, log_probs)


def _rows_of(label_ids: Tensor, index: Tensor) -> Tensor:
    """(b, n, t) label ids and (b, m) places in n -> (b, m, t)."""
    return label_ids.gather(1, index.unsqueeze(-1).expand(-1, -1, label_ids.shape[-1]))
