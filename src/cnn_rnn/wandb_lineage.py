"""Artifacts of a W&B run: what it used and what came of it, offline too."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wandb import Artifact, Run


def artifact(
    name: str,
    kind: str,
    files: Sequence[Path] = (),
    content: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    *,
    copied: bool = True,
) -> Artifact:
    """An artifact of files and one JSON; the same content under one name is one version.

    Args:
        name: any text; what W&B refuses in names becomes "-".
        kind: the type that W&B groups it by.
        files: go in by their names.
        content: goes in as `<kind>.json`.
        metadata: shown beside it, no part of its content.
        copied: the files may change before they are uploaded; False for those that never do.
    """
    import wandb

    made = wandb.Artifact(
        re.sub(r"[^A-Za-z0-9._-]+", "-", name), kind, metadata=dict(metadata or {})
    )
    for file in files:
        made.add_file(str(file), name=file.name, policy="mutable" if copied else "immutable")
    if content is not None:
        with made.new_file(f"{kind}.json", mode="w", encoding="utf-8") as opened:
            json.dump(content, opened, indent=1, sort_keys=True)
    return made


def checkpoint(file: Path, metadata: Mapping[str, Any] | None = None) -> Artifact:
    """A checkpoint, named by its run's folder: who made it and who used it meet in one version."""
    folders = [part for part in file.absolute().parent.parts if part != "checkpoints"]
    return artifact("-".join(["checkpoint", *folders[-2:]]), "model", [file], metadata=metadata)


def use(run: Run, made: Artifact) -> None:
    """Says that a run used an artifact: the edge of the lineage that leads into the run.

    `Run.use_artifact` refuses offline, and waits for the upload online. This writes the record that
    it writes, which is all that the uploading client needs, now or at `wandb sync`.
    """
    run._log_artifact(made, is_user_created=True, use_after_commit=True)


def source_commit() -> str:
    """The commit of this package's sources, `+changes` if they differ; "unknown" without git."""

    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", *words],
                cwd=Path(__file__).parent,
                capture_output=True,
                text=True,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.strip()

    # Installed into a venv that lies in another repository, the sources are not that one's.
    if git("ls-files", "--error-unmatch", "__init__.py") is None:
        return "unknown"
    return (git("rev-parse", "HEAD") or "unknown") + (
        "+changes" if git("status", "-s", ".") else ""
    )
