"""`minkang surveillance`: judge series of counts."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from minkang.cli import surveillance_simulate
from minkang.cli.output import Output, output
from minkang.errors import Fault
from minkang.wording import say

if TYPE_CHECKING:
    from minkang.surveillance.detect.judged import Point

app = typer.Typer(help="监测与预警。 Surveillance.", no_args_is_help=True)
surveillance_simulate.register(app)
SHOWN = 40


@app.callback()
def surveillance() -> None:
    """监测与预警:探测方法与模拟。 Surveillance: detectors and simulation."""


@app.command("detect")
def detect_(
    method: Annotated[str, typer.Option(help="方法。 farrington-flexible, ears-c1, cusum, ensemble …")],
    input: Annotated[Path, typer.Option(help="CSV: series, date | index, observed [, population]")],
    params: Annotated[str, typer.Option(help='JSON 参数或 @文件。 Settings; {"r": {…}} as R has them.')] = "{}",
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Judge every step of every series by one method. 用一种方法判断各数列。"""
    # numpy and scipy take longer to load than the rest of the command line.
    from minkang.surveillance.detect.judged import judge_table  # noqa: PLC0415

    said = output(as_json=as_json)
    try:
        with input.open(encoding="utf-8-sig", newline="") as lines:
            judged = judge_table(lines, input.name, method, _settings(params))
    except (OSError, UnicodeDecodeError) as error:
        raise Fault("CLI-010", where=str(input), reason=getattr(error, "strerror", None) or "UTF-8") from error
    if judged.ignored:
        said.remark(Fault("SURVEILLANCE-016", where=input.name, columns=", ".join(judged.ignored)))
    if judged.last is not None and judged.last > date.today():
        said.remark(Fault("SURVEILLANCE-017", where=input.name, date=judged.last))
    reasons = Counter(point.reason for point in judged.points if point.reason)
    said.result(
        {
            "points": [point.plain() for point in judged.points],
            "reasons": [
                {"code": code, "points": number, "zh": _why(code, "zh"), "en": _why(code, "en")}
                for code, number in sorted(reasons.items())
            ],
        }
    )
    if not as_json:
        _show(said, judged.points, reasons)


def _settings(text: str) -> dict[str, Any]:
    try:
        if text.startswith("@"):
            text = Path(text[1:]).read_text("utf-8")
        found = json.loads(text)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise Fault("SURVEILLANCE-015", where="--params", reason=str(error)) from error
    if not isinstance(found, dict):
        raise Fault("SURVEILLANCE-015", where="--params", reason=type(found).__name__)
    return found


def _why(code: str, language: Any) -> str:
    return say(f"detect.reason.{code}", language)


def _show(said: Output, points: list[Point], reasons: Counter[str]) -> None:
    alarms = [point for point in points if point.alarm]
    names = len({point.series for point in points})
    heads = ["detect.series", "detect.time", "detect.observed", "detect.expected", "detect.threshold"]
    shown = alarms[-SHOWN:]
    said.table(
        heads,
        [
            (point.series, point.time, f"{point.observed:g}", _figure(point.expected), _figure(point.threshold))
            for point in shown
        ],
    )
    said.say("detect.done", series=f"{names:,}", judged=f"{len(points) - sum(reasons.values()):,}", alarms=len(alarms))
    if len(alarms) > len(shown):
        said.say("detect.more", more=len(alarms) - len(shown))
    for code, number in sorted(reasons.items()):
        said.say("detect.unjudged", points=f"{number:,}", why=_why(code, said.language))


def _figure(value: float | None) -> str:
    return "—" if value is None else f"{value:.1f}"
