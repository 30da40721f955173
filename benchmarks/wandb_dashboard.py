"""The suite's workspace on W&B as code: tables beside the paper, curves, classes, studies."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.page_results import STUDIES, TABLES
from benchmarks.store import write_json
from benchmarks.wandb_suite import PROJECT, WandbError, has_key

NAME = "CNN-RNN suite"
FILE = "dashboard.json"
FORMAT = 1  # as all files of results say theirs
# Columns of the tables that are worth bars beside the paper's, in percent.
COMPARED = {"c_f1": "C-F1", "o_f1": "O-F1", "map_at_k": "MAP@k", "map_11": "mAP, 11-point"}
BEAM = ("c_p", "c_r", "c_f1", "o_f1", "map_at_k")
AXIS = "beam/beam width"


@dataclass(frozen=True)
class Made:
    """The dashboard.

    Attributes:
        file: holds its specification.
        url: of the page; None: no server was asked.
    """

    file: Path
    url: str | None


def make(results: Path, project: str = PROJECT, entity: str | None = None) -> Made:
    """Saves the workspace on the server where somebody is logged in, and writes it to a file.

    A second call changes the view that the first one made.

    Args:
        results: folder of the results; the file lies there.
        project: on W&B.
        entity: user or team; by default $WANDB_ENTITY, or who is logged in.
    Raises:
        WandbError: wandb-workspaces is not installed, or the server refuses.
    """
    import wandb

    file = results / FILE
    entity = entity or os.environ.get("WANDB_ENTITY")
    silenced = os.environ.get("WANDB_MODE") in ("offline", "disabled")
    if silenced or not has_key(results / "wandb"):
        workspace = build(project, entity or "ENTITY")
        _write(file, workspace, None)
        return Made(file, None)
    server = str(wandb.setup().settings.base_url)
    try:
        workspace = build(project, entity or str(wandb.Api().default_entity))
        before = _saved_before(file, server, project)
        if before is not None:
            workspace._internal_name, workspace._internal_id = before["name"], before["id"]
        workspace.save()
        url = str(workspace.url)
    except (wandb.Error, OSError, ValueError) as error:
        raise WandbError(
            f"W&B at {server} did not take the dashboard: {error}. If it was deleted there, delete "
            f"{file} as well; without a server: WANDB_MODE=offline"
        ) from error
    saved = {"name": workspace._internal_name, "id": workspace._internal_id}
    _write(file, workspace, {"server": server, "project": project, "url": url, **saved})
    return Made(file, url)


def build(project: str, entity: str) -> Any:
    """The workspace, a `wandb_workspaces.workspaces.Workspace`; asks no server.

    Raises:
        WandbError: wandb-workspaces is not installed.
    """
    ws, wr = _libraries()
    by_row = {"groupby": "JobType", "groupby_aggfunc": "mean", "groupby_rangefunc": "minmax"}
    beside = [wr.WeavePanelSummaryTable(table_name=f"{table}_beside_the_paper") for table in TABLES]
    bars = [
        wr.BarPlot(
            title=f"{name}, percent: ours and the paper's",
            metrics=[f"table/{column}", f"paper/{column}"],
            groupby="JobType",
            groupby_aggfunc="mean",
        )
        for column, name in COMPARED.items()
    ]
    curves = [
        wr.LinePlot(title=title, x="epoch", y=[key], title_x="epoch", **by_row)
        for key, title in (
            ("val/loss", "held-out loss by row"),
            ("train/loss", "training loss by row"),
            ("lr", "learning rate by row"),
        )
    ]
    classes = [
        wr.CustomChart(
            query={"summaryTable": {"tableKey": f"test/{metric}_by_class_table"}},
            chart_name="wandb/bar/v0",
            chart_fields={"label": "label", "value": metric},
            chart_strings={"title": f"{metric} of each class"},
        )
        for metric in ("precision", "recall", "f1")
    ]
    beam = [
        wr.LinePlot(
            title="what a wider beam brings, percent",
            x=AXIS,
            y=[f"{AXIS}: {metric}" for metric in BEAM],
            title_x="beam width",
        ),
        *_study_panels(wr, "beam"),
    ]
    others = [panel for name in STUDIES if name != "beam" for panel in _study_panels(wr, name)]
    sections = {
        "Tables beside the paper": [*beside, *bars],
        "Learning curves by row": curves,
        "Classes": [*classes, wr.WeavePanelSummaryTable(table_name="test/classes")],
        "Beam": beam,
        "Other studies": others,
        "Tables, every number": [wr.WeavePanelSummaryTable(table_name=table) for table in TABLES],
    }
    return ws.Workspace(
        entity=entity,
        project=project,
        name=NAME,
        sections=[
            ws.Section(name=name, panels=panels, is_open=index < 4)
            for index, (name, panels) in enumerate(sections.items())
        ],
        settings=ws.WorkspaceSettings(max_runs=100),
        runset_settings=ws.RunsetSettings(groupby=[ws.Metric("Group"), ws.Metric("JobType")]),
    )


def specification(workspace: Any) -> dict[str, Any]:
    """What `Workspace.save` sends to the server, as plain data."""
    text: str = workspace._to_model().spec.model_dump_json(by_alias=True, exclude_none=True)
    plain: dict[str, Any] = json.loads(text)
    return plain


def _study_panels(wr: Any, study: str) -> list[Any]:
    return [
        wr.MediaBrowser(title=STUDIES[study], media_keys=[f"study-{study}_plot"]),
        wr.WeavePanelSummaryTable(table_name=f"study-{study}"),
    ]


def _libraries() -> tuple[Any, Any]:
    try:
        import wandb_workspaces.reports.v2 as wr
        import wandb_workspaces.workspaces as ws
    except ImportError as error:
        raise WandbError(
            "the dashboard needs wandb-workspaces: pip install 'cnn-rnn[dashboard]'"
        ) from error
    return ws, wr


def _saved_before(file: Path, server: str, project: str) -> dict[str, str] | None:
    if not file.is_file():
        return None
    saved: dict[str, str] | None = json.loads(file.read_text(encoding="utf-8")).get("saved")
    if saved is None or (saved["server"], saved["project"]) != (server, project):
        return None
    return saved


def _write(file: Path, workspace: Any, saved: dict[str, str] | None) -> None:
    write_json(
        file,
        {
            "format": FORMAT,
            "name": NAME,
            "project": workspace.project,
            "saved": saved,
            "workspace": specification(workspace),
        },
    )
