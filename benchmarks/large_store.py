"""Searches in a large store: a million people with ten observations each, loaded through the product's bulk path.

`MINKANG_TEST_PEOPLE` makes it smaller. The store is kept between runs in `MINKANG_TEST_LARGE_HOME` where that is set.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from benchmarks.platform_process import Connection, command, platform
from benchmarks.rows import Row

PEOPLE = int(os.environ.get("MINKANG_TEST_PEOPLE", "1000000"))
EACH = 10
SEARCHES = 400
FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高"
GIVEN = "伟芳娜敏静秀丽强磊洋艳勇军杰娟涛明超霞平刚桂英华文建国红梅玉兰春小海东辉志云龙飞凤"
CODES = ("8480-6", "8462-4", "8867-4", "29463-7", "8302-2", "2339-0", "4548-4", "2093-3", "2571-8", "8310-5")
RARE = ("77606-2", "13969-1", "5195-3")
"""One person in three hundred has one of each."""


def measure() -> list[Row]:
    """Load (unless a loaded store is kept), then time the first page of each search, one client."""
    kept = os.environ.get("MINKANG_TEST_LARGE_HOME")
    home = Path(kept or tempfile.mkdtemp(prefix="minkang-large-", dir="/var/tmp"))
    home.mkdir(exist_ok=True)
    home.chmod(0o711)
    rows = [] if (home / "loaded").exists() else [_load(home)]
    try:
        with platform(home) as server:
            rows += [_time(server.connect(), *search) for search in _searches()]
    finally:
        if not kept:
            shutil.rmtree(home, ignore_errors=True)
    return rows


def _load(home: Path) -> Row:
    environment = os.environ | {"MINKANG_HOME": str(home)}
    command(environment, "init")
    source = home / "people.ndjson"
    with source.open("w", encoding="utf-8", buffering=1 << 20) as file:
        file.writelines(_lines())
    start = time.perf_counter()
    command(environment, "load", str(source), "--json")
    seconds = time.perf_counter() - start
    source.unlink()
    (home / "loaded").touch()
    used = sum(file.stat().st_size for file in home.rglob("*") if file.is_file()) / 2**30
    count = PEOPLE * (EACH + 1)
    rate = f"{count / seconds:,.0f} resources/s"
    return Row(f"load {count:,} resources by `minkang load`", rate, "", "10,000", f"{used:.1f} GiB on disk")


def _lines() -> Iterator[str]:
    chance = random.Random(20)
    for number in range(PEOPLE):
        family, given = chance.choice(FAMILY), "".join(chance.choices(GIVEN, k=chance.choice((1, 2, 2))))
        birth = f"{chance.randrange(1930, 2024)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}"
        yield (
            f'{{"resourceType":"Patient","id":"p{number}","identifier":[{{"system":"urn:card","value":"{number:012d}"}}],'
            f'"name":[{{"text":"{family}{given}","family":"{family}","given":["{given}"]}}],'
            f'"gender":"{chance.choice(("male", "female"))}","birthDate":"{birth}"}}\n'
        )
        for code in CODES[:EACH]:
            yield _observation(chance, number, code)
    for number in range(0, PEOPLE, 100):
        yield _observation(chance, number, RARE[number // 100 % len(RARE)])


def _observation(chance: random.Random, number: int, code: str) -> str:
    day = f"{chance.randrange(2016, 2026)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}"
    return (
        f'{{"resourceType":"Observation","id":"o{number}-{code}","status":"final",'
        f'"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}]}},'
        f'"subject":{{"reference":"Patient/p{number}"}},"effectiveDateTime":"{day}T08:00:00+08:00",'
        f'"valueQuantity":{{"value":{chance.randrange(40, 220)},"system":"http://unitsofmeasure.org","code":"1"}}}}\n'
    )


def _searches() -> list[tuple[str, list[str]]]:
    chance = random.Random(7)
    people = [chance.randrange(PEOPLE) for _ in range(SEARCHES)]
    names = [chance.choice(FAMILY) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2)))) for _ in people]
    return [
        ("Patient?name= (whole name)", [f"Patient?name={quote(name)}" for name in names]),
        ("Patient?name= (family name only, 5 % of all)", [f"Patient?name={quote(name[0])}" for name in names]),
        ("Patient?identifier=", [f"Patient?identifier=urn:card%7C{one:012d}" for one in people]),
        (
            "Observation?subject=&code=&_sort=-date",
            [f"Observation?subject=Patient/p{one}&code=8480-6&_sort=-date" for one in people],
        ),
        (
            "Observation?code=&_sort=-date (10 % of all)",
            [f"Observation?code=http://loinc.org%7C{chance.choice(CODES)}&_sort=-date" for _ in people[:100]],
        ),
        (
            "Observation?subject:Patient.identifier=",
            [f"Observation?subject:Patient.identifier=urn:card%7C{one:012d}" for one in people],
        ),
        *_combined(chance, names[:100]),
    ]


def _combined(chance: random.Random, names: list[str]) -> list[tuple[str, list[str]]]:
    """Searches in which several conditions meet, or none leads to few records."""
    codes = [f"code=http://loinc.org%7C{chance.choice(CODES)}" for _ in names]
    rare = [f"code=http://loinc.org%7C{chance.choice(RARE)}" for _ in names]
    days = [f"2025-12-{chance.randrange(10, 28)}" for _ in names]
    births = [f"{chance.randrange(1930, 2024)}-{chance.randrange(1, 13):02d}" for _ in names]
    quoted = [quote(name) for name in names]
    work: dict[str, Iterator[str]] = {
        "Patient?name=&birthdate= (a month)": (
            f"Patient?name={name[:9]}&birthdate={birth}" for name, birth in zip(quoted, births, strict=True)
        ),
        "Patient?name=&gender=&birthdate=ge&birthdate=lt (family name, a decade)": (
            f"Patient?name={name[:9]}&gender=male&birthdate=ge{birth[:3]}0&birthdate=lt{int(birth[:3]) + 1}0"
            for name, birth in zip(quoted, births, strict=True)
        ),
        "Patient?name:contains= (read through all names)": (f"Patient?name:contains={name[9:]}" for name in quoted),
        "Patient?_has:Observation:patient:code= (rare)": (f"Patient?_has:Observation:patient:{code}" for code in rare),
        "Patient?name=&_has:Observation:patient:code= (rare)": (
            f"Patient?name={name}&_has:Observation:patient:{code}" for name, code in zip(quoted, rare, strict=True)
        ),
        "Observation?code=&_sort=-date (rare)": (f"Observation?{code}&_sort=-date" for code in rare),
        "Observation?code=&date=ge (rare, half a year)": (f"Observation?{code}&date=ge2025-07" for code in rare),
        "Observation?code=&date=ge&_sort=-date (10 % of all, days)": (
            f"Observation?{code}&date=ge{day}&_sort=-date" for code, day in zip(codes, days, strict=True)
        ),
        "Observation?date=ge (days)": (f"Observation?date=ge{day}" for day in days),
        "Observation?code=&value-quantity=gt&_sort=-date (10 % of all)": (
            f"Observation?{code}&value-quantity=gt{chance.randrange(150, 215)}&_sort=-date" for code in codes
        ),
        "Observation?patient.name=&code= (whole name)": (
            f"Observation?patient.name={name}&{code}" for name, code in zip(quoted, codes, strict=True)
        ),
        "Observation?patient.name=&code= (family name, rare)": (
            f"Observation?patient.name={name[:9]}&{code}" for name, code in zip(quoted, rare, strict=True)
        ),
        "Patient?_id=&_revinclude=Observation:patient": (
            f"Patient?_id=p{chance.randrange(PEOPLE)}&_revinclude=Observation:patient" for _ in names
        ),
    }
    return [(name, list(paths)) for name, paths in work.items()]


def _time(connection: Connection, work: str, paths: list[str]) -> Row:
    times = []
    for path in paths:
        start = time.perf_counter()
        status, answer = connection.call("GET", f"/fhir/{path}&_count=20")
        times.append((time.perf_counter() - start) * 1000)
        assert status == 200, answer[:2000]
    times.sort()
    p50, p95 = (times[int(len(times) * share)] for share in (0.5, 0.95))
    return Row(
        f"{work}, first page of 20; {PEOPLE:,} Patients, {PEOPLE * EACH:,} Observations",
        f"p50 {p50:.1f} ms, p95 {p95:.1f} ms",
        "",
        "p95 < 20 ms",
        f"{len(times)} different values, over HTTP, one client",
    )
