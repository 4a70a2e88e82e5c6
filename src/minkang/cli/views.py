"""`minkang view`: run, check and show a SQL-on-FHIR view over files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from minkang.cli.output import output
from minkang.errors import Faults
from minkang.exchange.fhir_files import find_files, read_file
from minkang.lake.view_files import check as check_view
from minkang.lake.view_files import run_by_spark, run_view, show_sql
from minkang.settings import read_settings

app = typer.Typer(help="视图:把 FHIR 记录展平成表。 Views: FHIR records flattened into tables.", no_args_is_help=True)
View = Annotated[Path, typer.Argument(help="ViewDefinition 的 JSON 文件。 A ViewDefinition in JSON.")]
Json = Annotated[bool, typer.Option("--json")]


@app.command()
def run(  # noqa: PLR0917 - Typer makes options of them, which have no places
    view: View,
    input: Annotated[list[Path], typer.Option(help="文件、文件夹或压缩包。 Files, folders or archives.")],
    format: Annotated[Literal["csv", "json", "parquet"], typer.Option()] = "csv",
    out: Annotated[Path | None, typer.Option(help="结果文件。 Where the rows go.")] = None,
    rejects: Annotated[Path | None, typer.Option(help="不能读的资源写入此文件。 What a view cannot read.")] = None,
    engine: Annotated[Literal["duckdb", "spark"], typer.Option(help="引擎。 The engine.")] = "duckdb",
    as_json: Json = False,
) -> None:
    """Run a view over files; by Spark, NDJSON into a folder of Parquet. 在文件上运行视图。"""
    said = output(as_json=as_json)
    place = out or Path(f"{view.stem}.{format}")
    if engine == "spark":
        master = read_settings().spark_master
        outcome = run_by_spark(view, find_files(input), master, output=place, format=format, rejects=rejects)
    else:
        outcome = run_view(view, find_files(input), read=read_file, output=place, format=format, rejects=rejects)
    said.result({"rows": outcome.rows, "set_aside": outcome.set_aside, "file": str(place)})
    said.say("view.done", rows=f"{outcome.rows:,}", file=place, set_aside=outcome.set_aside)
    if outcome.set_aside:
        raise typer.Exit(3)


@app.command()
def check(view: View, as_json: Json = False) -> None:
    """Say all that is wrong with a view. 检查视图。"""
    said = output(as_json=as_json)
    found = check_view(view)
    if found.faults:
        raise Faults(list(found.faults))
    columns = [(column.name, column.fhir_type, column.sql_type) for column in found.columns]
    said.result({"columns": [dict(zip(("name", "fhir", "sql"), one, strict=True)) for one in columns]})
    for notice in found.notices:
        said.remark(notice)
    said.table(["view.name", "view.fhir", "view.sql"], columns)


@app.command()
def sql(
    view: View, dialect: Annotated[Literal["duckdb", "spark"], typer.Option()] = "duckdb", as_json: Json = False
) -> None:
    """Print the SQL of a view. 打印视图的 SQL。"""
    said = output(as_json=as_json)
    text = show_sql(view, dialect)
    said.result({"sql": text})
    if not as_json:
        typer.echo(text)
