"""`minkang load`: FHIR files into the record store, with progress, counts and the rejects kept."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from minkang.access import Access, program_access
from minkang.cli.output import Advance, Output, output
from minkang.cli.taking import take_folder
from minkang.errors import Fault
from minkang.exchange.bundles import bundle_type, is_bundle, open_bundle
from minkang.exchange.fhir_files import find_files, read_file
from minkang.exchange.intake.taking import has_feeds
from minkang.fhir.search import parse_query
from minkang.records.repository import Incoming, LoadReport, Rejected, Repository
from minkang.settings import read_settings
from minkang.wiring import open_platform

CHUNK = 2000
CREATED = 201
NEEDS_TRANSACTION = "EXCHANGE-012"


def register(app: typer.Typer) -> None:
    """Give the application its `load` command."""
    app.command()(load)


def load(
    paths: Annotated[list[Path], typer.Argument(help="文件、文件夹或压缩包。 Files, folders or archives.")],
    rejects: Annotated[Path | None, typer.Option(help="拒收件写入此文件。 Where rejects are written.")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Load FHIR JSON, Bundles or NDJSON, or a folder with feeds of senders. 装载 FHIR 数据,或含 feeds 的文件夹。"""
    out = output(as_json=as_json)
    if len(paths) == 1 and has_feeds(paths[0]):
        take_folder(out, paths[0])
        return
    files = find_files(paths)
    with closing(open_platform(read_settings(), notice=out.notice)) as platform:
        loader = Loader(platform.repository, program_access("load"), rejects or Path("rejects.ndjson"))
        with out.progress("load.progress", sum(file.stat().st_size for file in files), as_bytes=True) as advance:
            loader.run(files, advance)
    _report(out, loader)
    if loader.report.rejected:
        raise typer.Exit(3)


class Loader:
    """Takes files into a repository.

    Args:
        repository: where to.
        access: on whose behalf.
        rejects: the file that rejected resources are written to, one JSON object a line; made with the first reject.
    """

    def __init__(self, repository: Repository, access: Access, rejects: Path) -> None:
        self.report = LoadReport()
        self.reasons: Counter[str] = Counter()
        self.rejects = rejects
        self.seconds = 0.0
        self._repository = repository
        self._access = access
        self._looked_up: dict[str, str] = {}
        self._refused: list[Rejected] = []
        self._done = 0
        self._before = 0

    def run(self, files: list[Path], advance: Advance | None = None) -> None:
        """Load the files in order; a damaged one is counted as a reject and the next is begun."""
        start = time.monotonic()
        for rejected in self._repository.load(self._access, self._chunks(files, advance), self.report):
            self._refuse(rejected)
        self._flush_refused()
        self.seconds = time.monotonic() - start

    def _chunks(self, files: list[Path], advance: Advance | None) -> Iterator[list[Incoming]]:
        chunk: list[Incoming] = []
        for file in files:
            for incoming in self._incoming(file):
                chunk.append(incoming)
                if len(chunk) >= CHUNK:
                    yield chunk
                    chunk = []
                    self._flush_refused()
                    if advance:
                        stored = self.report.created + self.report.updated + self.report.unchanged
                        advance.to(self._before + self._done, f"{stored:,}")
            # What the next file refers to by criteria must be stored before it is opened, and is looked up anew.
            if chunk and file.name.startswith("0-"):
                yield chunk
                chunk = []
            self._looked_up = {key: found for key, found in self._looked_up.items() if not found.isdecimal()}
            self._before += file.stat().st_size
            self._done = 0
        if chunk:
            yield chunk

    def _incoming(self, file: Path) -> Iterator[Incoming]:
        try:
            for document in read_file(file):
                self._done = document.done
                yield from self._opened(document.place, document.body)
        except Fault as fault:
            self._refused.append(Rejected(str(file), 0, fault, b""))

    def _opened(self, place: str, body: bytes) -> Iterator[Incoming]:
        if not is_bundle(body):
            yield Incoming(body, place, 0)
            return
        try:
            for one in open_bundle(body, self._look_up):
                if one.fault:
                    self._refused.append(Rejected(place, one.index, one.fault, one.body))
                else:
                    yield Incoming(one.body, place, one.index)
        except Fault as fault:
            if fault.code == NEEDS_TRANSACTION:
                self._transaction(place, body)
            else:
                self._refused.append(Rejected(place, 0, fault, b""))

    def _transaction(self, place: str, body: bytes) -> None:
        """Store a bundle with conditions or deletions as REST would."""
        store = self._repository.batch if bundle_type(body) == "batch" else self._repository.transaction
        try:
            results = store(self._access, body).entries
        except Fault as fault:
            self._refused.append(Rejected(place, 0, fault, b""))
            return
        for index, result in enumerate(results, 1):
            if result.fault:
                self._refused.append(Rejected(place, index, result.fault, b""))
            elif result.status == CREATED:
                self.report.created += 1
            elif result.record:
                self.report.unchanged += 1

    def _look_up(self, criteria: str) -> str:
        if criteria not in self._looked_up:
            type, _, text = criteria.partition("?")
            pairs = [(name, value) for name, _, value in (part.partition("=") for part in text.split("&"))]
            found = self._repository.search(self._access, parse_query(type, pairs, strict=True)).matches
            self._looked_up[criteria] = f"{found[0].type}/{found[0].id}" if len(found) == 1 else str(len(found))
        address = self._looked_up[criteria]
        if address.isdecimal():
            raise Fault("EXCHANGE-013", criteria=criteria, count=int(address))
        return address

    def _flush_refused(self) -> None:
        for rejected in self._refused:
            self.report.rejected += 1
            self._refuse(rejected)
        self._refused.clear()

    def _refuse(self, rejected: Rejected) -> None:
        self.reasons[rejected.fault.code] += 1
        line = {
            "source": rejected.source,
            "line": rejected.line,
            "code": rejected.fault.code,
            "where": rejected.fault.where,
            "reason": {"zh": rejected.fault.text("zh"), "en": rejected.fault.text("en")},
            "advice": {"zh": rejected.fault.advice("zh"), "en": rejected.fault.advice("en")},
            "body": rejected.body.decode("utf-8", "backslashreplace"),
        }
        with self.rejects.open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")


def _report(out: Output, loader: Loader) -> None:
    report = loader.report
    stored = report.created + report.updated + report.unchanged
    counts = {
        "stored": stored,
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "rejected": report.rejected,
    }
    out.result({**counts, "reasons": loader.reasons, "seconds": round(loader.seconds, 2)})
    rate = stored / loader.seconds if loader.seconds else 0
    out.say("load.done", **{name: f"{count:,}" for name, count in counts.items()}, rate=f"{rate:,.0f}")
    if report.rejected:
        out.table(["load.code", "load.count"], loader.reasons.most_common())
        out.say("load.rejects", file=str(loader.rejects))
