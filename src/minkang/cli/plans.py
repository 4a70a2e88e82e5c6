"""`minkang plan`: plans of governments, read from their documents."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from minkang.access import program_access
from minkang.cli.output import Output, output
from minkang.settings import read_settings

if TYPE_CHECKING:
    from minkang.plans.reading.plan import Reading

app = typer.Typer(help="规划:导入与查看。 Plans.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json")]
KINDS = ("indicators", "commitments", "tasks", "projects", "consistency", "terms")


@app.callback()
def plans() -> None:
    """规划:指标、承诺、任务与项目。 Plans: indicators, commitments, tasks and projects."""


@app.command("import")
def import_plan(
    file: Annotated[Path, typer.Argument(help="规划文本:.txt .docx .doc .html .pdf。 The document.")],
    *,
    region: Annotated[str, typer.Option(help="所属地区代码;不填则取自标题。 Its region; else from the title.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只读取,不入库。 Read and store nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Read a plan and store it; again, to bring it up to date. 读取规划并入库;重复导入即更新。"""
    from minkang.plans.reading.plan import read_plan  # noqa: PLC0415  loads vocabularies no other command needs
    from minkang.plans.store import Plans  # noqa: PLC0415  as above
    from minkang.wiring import open_platform  # noqa: PLC0415  a plan that is only read needs no platform

    said = output(as_json=as_json)
    reading = read_plan(file, region)
    result = reading.as_dict()
    _show(said, reading)
    if not dry_run:
        with closing(open_platform(read_settings(), notice=said.notice)) as platform:
            done = Plans(platform.database).take(program_access("plan"), reading, region)
        result["stored"] = vars(done)
        said.say("plan.stored", **vars(done))
    said.result(result)


@app.command("list")
def list_plans(as_json: Json = False) -> None:
    """List the plans that are stored. 列出已入库的规划。"""
    from minkang.plans.store import Plans  # noqa: PLC0415  loads the readers
    from minkang.wiring import open_platform  # noqa: PLC0415  as above

    said = output(as_json=as_json)
    with closing(open_platform(read_settings(), notice=said.notice)) as platform:
        found = Plans(platform.database).all()
    said.result({"plans": [vars(one) for one in found]})
    rows = [(one.id, one.title, one.region, f"{one.first_year}–{one.last_year}", one.revision) for one in found]
    said.table([f"plan.{name}" for name in ("number", "title", "region", "years", "revision")], rows)


def _show(said: Output, reading: Reading) -> None:
    """Title, counts and the indicators, for people."""
    document = reading.document
    said.say("plan.head", title=document.title or document.name, region=document.region)
    counts = {kind: len(reading.items[kind]) for kind in KINDS}
    said.say("plan.counts", **counts)
    rows = [
        (one["no"], one["name"], one["unit"], one["baseline_raw"], one["target_raw"], one["nature"] or "")
        for one in reading.items["indicators"]
    ]
    if rows:
        said.table([f"plan.{name}" for name in ("number", "name", "unit", "baseline", "target", "nature")], rows)
    for finding in reading.items["consistency"]:
        said.say("plan.finding", text=finding[said.language])
