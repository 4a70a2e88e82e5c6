"""Commands that set up, start and look after a platform: `init`, `serve`, `demo`, `doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from minkang.cli.checks import checks
from minkang.cli.output import output
from minkang.settings import read_settings

Json = Annotated[bool, typer.Option("--json")]


def register(app: typer.Typer) -> None:
    """Give the application these commands."""
    for command in (init, serve, demo, doctor):
        app.command()(command)


def init(as_json: Json = False) -> None:
    """Prepare the data folder, the database and the keys; harmless when repeated. 初始化,可重复执行。"""
    # Django and numpy, which `serving` brings along, take a second that `minkang load` need not wait for.
    from minkang.cli.serving import prepared  # noqa: PLC0415

    out = output(as_json=as_json)
    settings = read_settings()
    with prepared(settings, out):
        pass
    out.result({"home": str(settings.home), "database": "embedded" if settings.embedded else "external"})
    out.say("init.done", home=settings.home)


def serve() -> None:
    """Start the server. 启动服务。"""
    from minkang.cli.serving import start  # noqa: PLC0415  as in `init`

    start(output())


def demo(
    people: Annotated[int, typer.Option(min=100, help="合成居民人数。 How many synthetic people.")] = 600,
    region: Annotated[str, typer.Option(help="地区。 Whose villages and institutions.")] = "wenshang",
    plan: Annotated[Path | None, typer.Option(help="规划文本;不填则用样本。 A plan's document.")] = None,
    seed: Annotated[int, typer.Option(help="随机种子。 Seed; the same seed makes the same people.")] = 1,
) -> None:
    """Set up a platform with a synthetic county and start it. 建立合成县域并启动平台。"""
    from minkang.cli.demo import Wanted, start_demo  # noqa: PLC0415  as in `init`

    start_demo(output(), Wanted(region, people, seed, plan))


def doctor(as_json: Json = False) -> None:
    """Check the installation, point by point. 检查安装情况。"""
    out = output(as_json=as_json)
    found = list(checks(read_settings(), out.notice))
    out.result({"checks": [{"check": one.key, "state": one.state, "detail": one.detail} for one in found]})
    marks = {"ok": "●", "warning": "◆", "fault": "■"}
    rows = [(marks[one.state], out.word(f"doctor.{one.key}"), one.detail) for one in found]
    out.table(["doctor.state", "doctor.check", "doctor.detail"], rows)
    if any(one.state == "fault" for one in found):
        raise typer.Exit(20)
