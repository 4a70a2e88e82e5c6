"""`minkang demo`: a synthetic county whose institutions send their feeds, taken in as those of a real one would be."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from minkang.access import Access, program_access
from minkang.cli.hands import hands_for, take_by_hands
from minkang.cli.output import Advance, Output
from minkang.cli.serving import prepared, require_free_port
from minkang.cli.working import kept_worker
from minkang.exchange.intake.runs import Report
from minkang.exchange.intake.taking import feed_deliveries, register_all, take
from minkang.exchange.quality import refresh as measure_quality
from minkang.plans.reading.plan import read_plan
from minkang.plans.store import Plans
from minkang.portal.accounts.people import ensure_demo_accounts
from minkang.portal.server import serve as serve_platform
from minkang.records.counts import count_by_type
from minkang.settings import read_settings
from minkang.synth.feeds.faults import read_faults
from minkang.synth.feeds.registry import chosen
from minkang.synth.making import Order, make_county
from minkang.wiring import Platform, intake_of, lake_refresher

CLIENT = "demo"
YEARS = (2024, 2025)
SAMPLE = "county.docx"


@dataclass(frozen=True)
class Wanted:
    """What the demonstration shows.

    Attributes:
        region: whose villages and institutions; `people`: residents at the beginning; `seed`: the same makes the same.
        plan: a plan's document; None for the sample that comes with the platform.
    """

    region: str
    people: int
    seed: int
    plan: Path | None


def start_demo(out: Output, wanted: Wanted) -> None:
    """Fill a platform step by step, then serve it until stopped; one that is filled already is served at once."""
    settings = read_settings()
    require_free_port(settings)
    begun = time.monotonic()
    with prepared(settings, out) as platform:
        _fill(platform, out, wanted)
        name, password = ensure_demo_accounts(platform, renew=True)
        secret = _client(platform)
        out.say("demo.ready", seconds=f"{time.monotonic() - begun:.0f}")
        out.say("demo.logins", address=settings.base_url, name=name, password=password)
        out.say("demo.client", address=f"{settings.base_url}/fhir", id=CLIENT, secret=secret)
        out.say("demo.synthetic")
        platform.database.close()  # The workers are forked: they must not inherit connections.
        with kept_worker():
            serve_platform(settings, log=False)


def _fill(platform: Platform, out: Output, wanted: Wanted) -> None:
    access = program_access("demo")
    kept = sum(one.count for one in count_by_type(platform.database, platform.audit, access))
    if kept:
        out.say("demo.kept", records=f"{kept:,}", home=platform.settings.home)
        return
    with tempfile.TemporaryDirectory(prefix="minkang-") as folder:
        county = Path(folder) / "county"
        _make(out, wanted, county)
        _take(platform, out, county)
    _link(platform, out, access)
    _flatten(platform, out)
    _measure(platform, out)
    _plan(platform, out, access, wanted)


@contextmanager
def _step(
    out: Output, key: str, total: float | None = None, *, as_bytes: bool = False
) -> Iterator[tuple[Advance, dict[str, str]]]:
    """A step: a bar while it lasts, then a line with its counts and seconds, which the step puts into the mapping."""
    start, counts = time.monotonic(), dict[str, str]()
    with out.progress(f"demo.{key}", total, as_bytes=as_bytes) as advance:
        yield advance, counts
    out.say(f"demo.{key}_done", seconds=f"{time.monotonic() - start:.0f}", **counts)


def _make(out: Output, wanted: Wanted, county: Path) -> None:
    order = Order(wanted.region, wanted.people, YEARS, wanted.seed, read_faults("default"), chosen("all"), False)
    with _step(out, "synth", 1.0) as (advance, counts):
        made = make_county(order, county, tell=advance.to)
        counts.update(people=f"{wanted.people:,}", messages=f"{made.messages.total():,}")


def _take(platform: Platform, out: Output, county: Path) -> None:
    found, report = feed_deliveries(county), Report()
    intake = intake_of(platform)
    register_all(intake, found, synthetic=True)
    hands, done = hands_for(found), 0
    with _step(out, "exchange", sum(one.source.size for one in found), as_bytes=True) as (advance, counts):
        for one in take_by_hands(found, report, hands) if hands > 1 else take(intake, found, report):
            done += one.source.size
            advance.to(done, f"{report.arrived:,}")
        counts.update(
            arrived=f"{report.arrived:,}", accepted=f"{report.accepted:,}", rejected=f"{report.rejected:,}",
            records=f"{report.written:,}",
        )  # fmt: skip


def _link(platform: Platform, out: Output, access: Access) -> None:
    with _step(out, "persons") as (advance, counts):
        done = platform.persons.follow(access, lambda so_far: advance.to(so_far.counts.decided)).counts
        counts.update(decided=f"{done.decided:,}", linked=f"{done.linked:,}", review=f"{done.review:,}")


def _flatten(platform: Platform, out: Output) -> None:
    with _step(out, "lake") as (advance, counts):
        report = lake_refresher(platform, lambda _, done, total: advance.to(done)).run()
        counts.update(tables=f"{len({*report.built, *report.changed}):,}")


def _measure(platform: Platform, out: Output) -> None:
    with _step(out, "quality") as (advance, counts):
        done = measure_quality(platform.database, platform.repository, program_access("quality"), tell=advance.to)
        counts.update(groups=f"{done.groups:,}")


def _plan(platform: Platform, out: Output, access: Access, wanted: Wanted) -> None:
    with _step(out, "plan") as (_, counts), as_file(files("minkang.plans.samples") / SAMPLE) as sample:
        reading = read_plan(wanted.plan or sample, "")
        Plans(platform.database).take(access, reading, "")
        counts.update(
            title=reading.document.title or reading.document.name, indicators=str(len(reading.items["indicators"]))
        )


def _client(platform: Platform) -> str:
    if platform.clients.find(CLIENT):
        return platform.clients.renew_secret(CLIENT)
    return platform.clients.add(CLIENT, "Demo", "system/*.cruds")[1]
