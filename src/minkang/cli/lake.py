"""`minkang lake`: bring the tables up to date, query them, look after them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from minkang.cli.output import Output, output
from minkang.lake.catalogue import Catalogue
from minkang.lake.query import Result
from minkang.lake.refresh import Report
from minkang.lake.results import FORMATS, as_text, write_result
from minkang.lake.saved import saved_query
from minkang.settings import read_settings
from minkang.wiring import lake_refresher, open_lake, open_platform

app = typer.Typer(help="数据湖:由记录生成的表。 The lake: tables made of records.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json")]
SHOWN = 100


@app.command()
def refresh(
    tables: Annotated[list[str] | None, typer.Argument(help="表名;默认全部。 Tables; all by default.")] = None,
    full: Annotated[bool, typer.Option("--full", help="全部重建。 Make them anew.")] = False,
    persons: Annotated[
        bool, typer.Option("--persons", help="核对全部人员关联。 Compare all links to persons.")
    ] = False,
    fold: Annotated[bool, typer.Option("--fold", help="合并小文件。 Fold small files in.")] = False,
    as_json: Json = False,
) -> None:
    """Take what changed into the tables. 刷新湖表。"""
    said = output(as_json=as_json)
    opened = closing(open_platform(read_settings(), notice=said.notice))
    with opened as platform, said.progress("lake.progress", None) as bar:

        def progress(table: str, done: int, total: int) -> None:
            bar.to(done, f"{table} {done:,}/{total:,}")

        refresher = lake_refresher(platform, progress)
        report = refresher.run(tables or (), full=full)
        if persons:
            report.moved = refresher.relink_all().moved
        if fold:
            refresher.fold()
    _report(said, report)


def _parameters(given: Iterable[str]) -> dict[str, str]:
    """Values by name; the engines read texts as the dates and numbers they stand for."""
    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name.isidentifier():
            raise typer.BadParameter(one, param_hint="--param")
        found[name] = value
    return found


def _report(said: Output, report: Report) -> None:
    said.result(
        {
            "generation": report.generation, "built": report.built, "changed": report.changed,
            "changes": report.changes, "moved": report.moved, "set_aside": report.set_aside,
        }
    )  # fmt: skip
    said.say("lake.done", changes=f"{report.changes:,}", built=len(report.built), changed=len(report.changed))
    if report.set_aside:
        said.say("lake.aside", count=f"{report.set_aside:,}")


@app.command()
def sql(  # noqa: PLR0917 - Typer makes options of them, which have no places
    query: Annotated[str, typer.Argument(help="一条 SELECT 语句,或 @名称。 One SELECT, or @NAME of a saved one.")],
    format: Annotated[Literal["table", "csv", "json", "parquet", "xlsx"], typer.Option()] = "table",
    out: Annotated[Path | None, typer.Option(help="结果文件。 Where the rows go.")] = None,
    rows: Annotated[int, typer.Option(min=1, help="最多行数。 The most rows.")] = 100_000,
    seconds: Annotated[float, typer.Option(min=0.1, help="时间上限(秒)。 The longest it may take.")] = 60.0,
    level: Annotated[int, typer.Option(min=1, max=4, help="可见列的最高敏感级别。 The highest level shown.")] = 3,
    engine: Annotated[Literal["duckdb", "spark"], typer.Option(help="引擎。 The engine.")] = "duckdb",
    param: Annotated[list[str] | None, typer.Option(help="参数 名=值。 A parameter, NAME=VALUE.")] = None,
    as_json: Json = False,
) -> None:
    """Query the tables; columns that name a person only with `--level 4`. 查询湖表。"""
    said = output(as_json=as_json)
    result = _answer(engine, query, _parameters(param or ()), {"max_rows": rows, "seconds": seconds, "level": level})
    if out is None and format in {"parquet", "xlsx"}:
        out = Path(f"result.{format}")
    if out is not None:
        kind = format if format != "table" else out.suffix.removeprefix(".")
        write_result(result.table, out, kind if kind in FORMATS else "csv")
        said.say("lake.written", rows=f"{result.table.num_rows:,}", file=out)
        said.result({"rows": result.table.num_rows, "file": str(out), "truncated": result.truncated})
    elif as_json or format != "table":
        typer.echo(as_text(result.table, "csv" if format == "csv" else "json"), nl=False)
    else:
        said.grid(result.table.column_names, [list(row.values()) for row in result.table.slice(0, SHOWN).to_pylist()])
        said.say("lake.answered", rows=f"{result.table.num_rows:,}", seconds=f"{result.seconds:.2f}")
    if result.truncated:
        said.notice("lake.truncated", rows=f"{rows:,}")


@app.command()
def tables(
    table: Annotated[str | None, typer.Argument(help="表名。 A table, to see its columns.")] = None,
    as_json: Json = False,
) -> None:
    """List the tables, or the columns of one. 列出湖表或其列。"""
    said = output(as_json=as_json)
    with open_lake(read_settings()) as lake:
        catalogue = Catalogue(lake)
        if table is None:
            found = catalogue.tables()
            said.result({"tables": [one.plain() for one in found]})
            lines = [(one.name, one.title, f"{one.rows:,}", one.set_aside, one.at) for one in found]
            said.table(["lake.table", "lake.title", "lake.rows", "lake.unreadable", "lake.at"], lines)
            return
        columns = catalogue.columns(table)
        said.result({"table": table, "columns": [one.plain() for one in columns]})
        rows = [(one.name, one.type, one.zh, one.level, one.element, _share(one.complete)) for one in columns]
        heads = ["view.name", "view.sql", "lake.title", "lake.level", "lake.element", "lake.complete"]
        said.table(heads, rows)


@app.command()
def unreadable(table: Annotated[str, typer.Argument(help="表名。 A table.")], as_json: Json = False) -> None:
    """Name the records that a table's view could not read. 列出无法读取的记录。"""
    said = output(as_json=as_json)
    with open_lake(read_settings()) as lake:
        found = Catalogue(lake).unreadable(table)
    said.result({"records": [{"id": one.id, "code": one.code, "reason": one.reason} for one in found]})
    said.table(["lake.record", "load.code", "lake.reason"], [(one.id, one.code, one.reason) for one in found])


@app.command()
def purge(
    patients: Annotated[list[str], typer.Argument(help="患者标识。 Ids of patients.")], as_json: Json = False
) -> None:
    """Remove all rows of patients from all files; purge the record store first. 清除某人的全部数据行。"""
    said = output(as_json=as_json)
    with closing(open_platform(read_settings(), notice=said.notice)) as platform:
        report = lake_refresher(platform).purge(patients)
    said.result({"changed": report.changed, "held": report.held})
    said.say("lake.purged" if not report.held else "lake.purged_later", tables=len(report.changed), held=report.held)
    if report.held:
        raise typer.Exit(3)


@app.command()
def expire(
    apply: Annotated[bool, typer.Option("--apply", help="真正删除;默认只列出。 Remove; else only count.")] = False,
    as_json: Json = False,
) -> None:
    """List rows kept longer than their table may keep them, or remove them. 超期数据清理,默认只试算。"""
    said = output(as_json=as_json)
    with closing(open_platform(read_settings(), notice=said.notice)) as platform:
        found = lake_refresher(platform).expire(date.today(), dry=not apply)
    rows = [{"table": one.table, "years": one.years, "before": str(one.before), "rows": one.rows} for one in found]
    said.result({"removed": apply, "tables": rows})
    heads = ["lake.table", "lake.years", "lake.before", "lake.rows"]
    said.table(heads, [(one.table, one.years, one.before, f"{one.rows:,}") for one in found])
    said.say("lake.expired" if apply else "lake.would_expire", rows=f"{sum(one.rows for one in found):,}")


def _answer(engine: str, text: str, params: dict[str, str], limits: dict[str, Any]) -> Result:
    """A query's rows; a name after `@` is a saved query."""
    settings = read_settings()
    query = saved_query(text[1:]).text if text.startswith("@") else text
    with open_lake(settings) as lake:
        if engine == "duckdb":
            return lake.sql(query, params or None, **limits)
        # Spark takes a second to import, and seconds to start.
        from minkang.lake.engines.spark import SparkLake, start  # noqa: PLC0415

        session = start(settings.spark_master)
        try:
            return SparkLake(lake, session).sql(query, params or None, **limits)
        finally:
            session.stop()


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
