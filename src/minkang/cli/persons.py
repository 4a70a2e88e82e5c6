"""`minkang persons`: who is who, in files, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from minkang.cli import persons_store
from minkang.cli.output import Output, output
from minkang.persons.profile import Profile, read_profile
from minkang.synth.region import read_region

app = typer.Typer(help="人员主索引:谁是谁,凭什么。 The person index: who is who, and why.", no_args_is_help=True)
persons_store.register(app)
Inputs = Annotated[list[Path], typer.Option("--input", help="CSV 文件,可给多个。 CSV files, one or more.")]
Config = Annotated[str, typer.Option(help="default、febrl 或 TOML 文件。 A built-in profile or a TOML file.")]
Region = Annotated[str | None, typer.Option(help="地区,用于查地址。 The region whose divisions addresses are of.")]
Weights = Annotated[Path | None, typer.Option(help="权重文件。 A file of weights to use in place of the profile's.")]
Json = Annotated[bool, typer.Option("--json")]


@app.command()
def link(  # noqa: PLR0917 - Typer makes options of them, which have no places
    input: Annotated[
        list[Path] | None,
        typer.Option("--input", help="CSV 文件,可给多个;不给则关联全库。 CSV files; without any, the whole store."),
    ] = None,
    config: Config = "default",
    out: Annotated[Path, typer.Option(help="结果:id,cluster。 The result.")] = Path("clusters.csv"),
    review: Annotated[Path | None, typer.Option(help="待人工判定的配对。 Pairs that wait for somebody.")] = None,
    region: Region = None,
    model: Weights = None,
    save_model: Annotated[Path | None, typer.Option(help="写出所用权重。 Keep the weights that were used.")] = None,
    engine: Annotated[Literal["duckdb", "spark"], typer.Option()] = "duckdb",
    threads: Annotated[int, typer.Option(min=1)] = 2,
    memory: Annotated[str, typer.Option(help="内存上限。 Limit of memory.")] = "6GB",
    as_json: Json = False,
) -> None:
    """Link the records of files, or of the whole store: who of them is one person. 找出同一个人的记录。"""
    if not input:
        persons_store.link_store(output(as_json=as_json), threads=threads, memory=memory, spark=engine == "spark")
        return
    # The linking engine imports dictionaries of readings and characters, which other commands need not wait for.
    from minkang.persons.bulk.linking import write_clusters, write_review  # noqa: PLC0415

    said = output(as_json=as_json)
    done = _run(said, input, read_profile(config, region), model, engine=engine, threads=threads, memory=memory)
    write_clusters(done, out)
    waiting = write_review(done, review) if review else done.bands.get("review", 0)
    if save_model:
        save_model.write_text(done.model.to_json(), "utf-8")
    said.result({**done.told(), "file": str(out)})
    for remark in done.remarks:
        said.remark(remark)
    said.say(
        "persons.done", records=f"{done.records:,}", persons=f"{done.persons:,}", pairs=f"{done.pairs:,}", file=out
    )
    said.say("persons.waiting", pairs=f"{waiting:,}", records=f"{done.waiting:,}", refused=done.refused)


@app.command()
def explain(  # noqa: PLR0917 - Typer makes options of them, which have no places
    a: Annotated[str, typer.Argument(help="一条记录的编号。 The id of a record.")],
    b: Annotated[str, typer.Argument(help="另一条记录的编号。 The id of another.")],
    input: Inputs,
    config: Config = "default",
    region: Region = None,
    model: Weights = None,
    as_json: Json = False,
) -> None:
    """Say why two records are one person, or are not. 说明两条记录为何是或不是同一人。"""
    # As in `link`.
    from minkang.persons.bulk.linking import prepared_record  # noqa: PLC0415
    from minkang.persons.explaining import steps, verdict  # noqa: PLC0415
    from minkang.persons.scoring import Scorer  # noqa: PLC0415

    said = output(as_json=as_json)
    done = _run(said, input, read_profile(config, region), model)
    left, right = prepared_record(done, a), prepared_record(done, b)
    decision = Scorer(done.profile, done.model).decide(left, right)
    told = steps(decision, left, right, said.language)
    said.result({"band": decision.band, "score": decision.score, "method": decision.method,
                 "probability": decision.probability, "steps": [one.told() for one in told]})  # fmt: skip
    heads = ["persons.what", "persons.finding", "persons.bits", "persons.total", "persons.bar"]
    said.table(heads, [(one.what, one.finding, f"{one.bits:+.1f}", f"{one.total:.1f}", one.bar) for one in told])
    if not as_json:
        typer.echo(verdict(decision, done.profile, said.language))


def _run(
    said: Output,
    files: list[Path],
    profile: Profile,
    model: Path | None,
    *,
    engine: str = "duckdb",
    threads: int = 2,
    memory: str = "6GB",
) -> Any:
    # As in `link`.
    from minkang.persons.bulk.linking import Options, link_files  # noqa: PLC0415
    from minkang.persons.bulk.spark import score_on_spark  # noqa: PLC0415
    from minkang.persons.model import read_model  # noqa: PLC0415

    options = Options(
        model=read_model(str(model)) if model else None,
        threads=threads,
        memory=memory,
        divisions=read_region(profile.region).divisions if profile.region else None,
        scoring=score_on_spark if engine == "spark" else None,
    )
    with said.progress("persons.progress", 1.0) as advance:
        return link_files(
            files, profile, options, lambda stage, share: advance.to(share, said.word(f"persons.{stage}"))
        )
