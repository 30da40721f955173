"""One of two gloo processes: updates metrics with its share of images and writes the results.

    python two_processes.py RANK FOLDER

FOLDER/images.pt holds scores, target and ignored, and FOLDER/split how many images rank 0 sees.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist

from cnn_rnn.metrics import AveragePrecision, MAPAtK, MeanAveragePrecision, PrecisionRecallF1


def main(rank: int, folder: Path) -> None:
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo",
        init_method=f"file://{folder}/store",
        rank=rank,
        world_size=2,
        timeout=timedelta(minutes=5),  # a dead neighbour ends in an error, not in waiting
    )
    whole = torch.load(folder / "images.pt", weights_only=True)
    results = {}
    for split in json.loads((folder / "splits.json").read_text()):
        mine = slice(0, split) if rank == 0 else slice(split, None)
        scores, target, ignored = (whole[name][mine] for name in ("scores", "target", "ignored"))
        decided = PrecisionRecallF1(target.shape[1])
        ranked = AveragePrecision(target.shape[1])
        mean_ranked = MeanAveragePrecision(target.shape[1], "11_points")
        listed = MAPAtK(3)
        for start in range(0, len(target), 8):
            rows = slice(start, start + 8)
            decided.update(scores[rows] > -2, target[rows], ignored[rows])
            ranked.update(scores[rows], target[rows], ignored[rows])
            mean_ranked.update(scores[rows], target[rows], ignored[rows])
            listed.update(scores[rows], target[rows], ignored[rows])
        results[split] = {
            "decided": {name: value.item() for name, value in decided.compute().items()},
            "ranked": ranked.compute().nan_to_num(-1).tolist(),
            "mean_ranked": mean_ranked.compute().item(),
            "num_empty_classes": mean_ranked.num_empty_classes,
            "listed": listed.compute().item(),
            "own_images": int(decided.num_images),
        }
    (folder / f"rank{rank}.json").write_text(json.dumps(results))
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
