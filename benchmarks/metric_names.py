"""What the metrics and protocols of the reports are called, and what they mean."""

from __future__ import annotations

DECIDED = ("c_p", "c_r", "c_f1", "o_p", "o_r", "o_f1")
RANKED = ("map_at_k", "map_at_k_r", "map", "map_11")

HEADINGS = {
    "c_p": "C-P",
    "c_r": "C-R",
    "c_f1": "C-F1",
    "o_p": "O-P",
    "o_r": "O-R",
    "o_f1": "O-F1",
    "map_at_k": "MAP@{k}",
    "map_at_k_r": "MAP@{k}, by R",
    "map": "mAP",
    "map_11": "mAP, 11-point",
}

PROTOCOLS = {
    "exactly_k": "the k labels with the highest scores, whatever the scores are",
    "at_most_k": "those of the k best labels that pass one threshold, fitted to the highest O-F1 "
    "on the held-out part of the training images",
    "first_k": "the best path, cut at k labels; it may be shorter",
    "as_decoded": "the best path, however long",
}
