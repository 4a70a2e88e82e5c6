"""Bringing the lake up to date: changes from the feed, tables made anew, persons relinked, persons purged.

One refresh runs at a time. Whatever it does becomes visible by one manifest at a time, each a whole lake; a refresh
that is killed leaves files nobody names, and the next one goes on from the last manifest.

400 lines because all that changes the lake goes by one lock and one sequence of manifests, told in one place.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from minkang.errors import Fault
from minkang.lake.apply import Applier, Latest
from minkang.lake.build import Build, Progress
from minkang.lake.engines.duckdb import Connection, connect
from minkang.lake.flatten import Workshop
from minkang.lake.given import Given
from minkang.lake.manifest import Manifest, TableState
from minkang.lake.snapshots import Folder
from minkang.lake.source import Source
from minkang.lake.tables import Table, standard_tables
from minkang.persons.resolver import EachPatientItself, PersonResolver
from minkang.records.repository import Position

MOST_CHANGES = 50_000
MOST_BYTES = 96 << 20
"""How much of the feed is held before it goes into the tables."""
Relinked = Callable[[str], tuple[Sequence[str], str]]
"""Patients whose person changed since a mark (empty: ever), and the mark to ask with next time."""


@dataclass(frozen=True)
class Options:
    """How a lake is kept.

    Attributes:
        buckets: into how many buckets tables of persons are divided; another number makes everything anew.
        zone: the time zone of its civil times; likewise.
        memory: the most the engine holds in memory, as DuckDB writes it.
        threads: how many it uses; by default as many as the process may.
    """

    buckets: int = 16
    zone: str = "Asia/Shanghai"
    memory: str = "2GiB"
    threads: int | None = None


@dataclass
class Report:
    """What a refresh did.

    Attributes:
        generation: of the lake afterwards.
        built: tables made anew.
        changed: tables that changes went into.
        changes: how many records had changed.
        moved: patients whose rows went to another person.
        set_aside: records that views cannot read, in all tables.
        held: older generations that readers still hold; their files go with a later refresh.
    """

    generation: int = 0
    built: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    changes: int = 0
    moved: int = 0
    set_aside: int = 0
    held: int = 0


@dataclass(frozen=True)
class Expired:
    """What a table holds for longer than it is to.

    Attributes:
        years: for how many years after that of the last event it keeps rows.
        before: the first day of what is kept.
        rows: how many are older.
    """

    table: str
    years: int
    before: date
    rows: int


def no_progress(_table: str, _done: int, _total: int) -> None:
    """No progress."""


class Refresher:
    """Keeps a lake.

    Args:
        folder: of the lake.
        source: the store of records.
        resolver: whose records are whose.
        tables: of records; by default the standard ones.
        given: tables that are not made of records (population, divisions, audit).
        relinked: tells which patients changed their person; without it only `relink` moves rows.
    """

    def __init__(
        self,
        folder: Folder,
        source: Source,
        resolver: PersonResolver | None = None,
        *,
        tables: Mapping[str, Table] | None = None,
        given: Sequence[Given] = (),
        relinked: Relinked | None = None,
        options: Options | None = None,
        progress: Progress = no_progress,
    ) -> None:
        self._folder = folder
        self._source = source
        self._resolver = EachPatientItself() if resolver is None else resolver
        self._tables = dict(standard_tables() if tables is None else tables)
        self._given = {one.table.name: one for one in given}
        self._relinked = relinked
        self._options = options or Options()
        self._progress = progress

    def run(self, names: Collection[str] = (), *, full: bool = False) -> Report:
        """Bring tables up to date.

        Args:
            names: of the tables; all by default.
            full: make them anew.

        Raises:
            Fault: `LAKE-004` where another refresh runs, `LAKE-006` for a table that does not exist.
        """
        unknown = sorted(set(names) - {*self._tables, *self._given})
        if unknown:
            raise Fault("LAKE-006", table=", ".join(unknown))
        wanted = set(names) or {*self._tables, *self._given}
        with self._working() as work:
            work.run(wanted, full=full)
            return work.report

    def relink(self, patients: Sequence[str]) -> Report:
        """Move the rows of patients to the persons they now belong to, in all tables."""
        with self._working() as work:
            work.relink(patients)
            return work.report

    def relink_all(self) -> Report:
        """Compare the persons of all rows with the resolver's, and move what differs: after links were made in bulk."""
        with self._working() as work:
            work.relink(work.misplaced())
            return work.report

    def purge(self, patients: Sequence[str]) -> Report:
        """Remove all rows of patients from all files. The store is to be purged first, or they come back.

        `held` in the report is 0 when no file with these rows is left; else the next refresh removes the last of them.
        """
        with self._working() as work:
            work.purge(patients)
            return work.report

    def expire(self, today: date, *, dry: bool = True) -> list[Expired]:
        """Remove records whose last event lies longer back than their table keeps rows.

        A table that is made anew takes them from the store again, where they are until somebody removes them there.

        Args:
            dry: only count.
        """
        with self._working() as work:
            return work.expire(today, dry=dry)

    def fold(self) -> Report:
        """Write every bucket that has small files anew, which makes queries a little faster."""
        with self._working() as work:
            work.fold()
            return work.report

    def _working(self) -> _Work:
        return _Work(self)


class _Work(ExitStack):
    """One refresh: it holds the lock and the engine."""

    def __init__(self, owner: Refresher) -> None:
        super().__init__()
        self._owner = owner
        self._folder = owner._folder
        self._options = owner._options
        self.report = Report()
        self.connection: Connection
        self._scratch: Path
        self.manifest: Manifest

    def __enter__(self) -> _Work:
        super().__enter__()
        try:
            self._begin()
        except BaseException:
            self.close()
            raise
        return self

    def _begin(self) -> None:
        self.enter_context(self._folder.refreshing())
        self._scratch = Path(self.enter_context(tempfile.TemporaryDirectory(prefix="spill-", dir=self._folder.place)))
        self.connection = self.enter_context(
            connect(self._scratch, threads=self._options.threads, memory=self._options.memory)
        )
        # Order is asked for where it counts; without it the engine need not hold what is on its way.
        self.connection.execute("SET preserve_insertion_order = false")
        self.manifest = self._folder.current() or Manifest(buckets=self._options.buckets, zone=self._options.zone)

    def run(self, wanted: Collection[str], *, full: bool) -> None:
        """See `Refresher.run`."""
        until = self._owner._source.end()
        links = self._links()
        anew = {name for name in wanted if name in self._owner._tables and (full or not self._fits(name))}
        try:
            self._follow([name for name in wanted if name in self._owner._tables and name not in anew], until)
        except Fault as fault:
            if fault.code != "RECORDS-014":
                raise
            anew = {name for name in wanted if name in self._owner._tables}  # The store came from a copy.
        for name in sorted(anew):
            self._build(name, until)
        # A build that went on from an older one, and tables made at another time, stand where they stood.
        self._follow(sorted(anew), until)
        self._give(wanted, full=full)
        self._move(links)
        self._finish()

    def _fits(self, name: str) -> bool:
        state, table = self.manifest.tables.get(name), self._owner._tables[name]
        same = (self.manifest.buckets, self.manifest.zone) == (self._options.buckets, self._options.zone)
        return same and state is not None and state.digest == table.digest

    def _build(self, name: str, until: Position) -> None:
        options, owner = self._options, self._owner
        if (self.manifest.buckets, self.manifest.zone) != (options.buckets, options.zone):
            # Buckets are the same number in all tables: those made of records go, until each is made anew.
            kept = {n: state for n, state in self.manifest.tables.items() if n not in owner._tables}
            self.manifest = msgspec.structs.replace(
                self.manifest, buckets=options.buckets, zone=options.zone, tables=kept
            )
        build = Build(
            owner._tables[name], self._shop(), self._folder, owner._source, until=until, progress=owner._progress
        )
        self._commit({name: build.run(self.manifest.generation + 1, now_text())})
        self._folder.drop_staging(name)
        self.report.built.append(name)

    def _follow(self, names: Sequence[str], until: Position) -> None:
        """Take changes from the feed into tables, from the position of each group of tables on."""
        groups: dict[Position, list[str]] = {}
        for name in names:
            if name in self.manifest.tables:
                groups.setdefault(self.manifest.tables[name].position, []).append(name)
        for position, group in groups.items():
            latest = Latest()
            for page in self._owner._source.changes(position, until):
                latest.take(page)
                if len(latest) >= MOST_CHANGES or latest.size >= MOST_BYTES:
                    self._apply(group, latest, page[-1].position)
                    latest = Latest()
            self._apply(group, latest, until)

    def _apply(self, names: Sequence[str], latest: Latest, position: Position) -> None:
        if not len(latest) and all(self.manifest.tables[name].position == position for name in names):
            return
        changed: dict[str, TableState] = {}
        for name in names:
            state = self.manifest.tables[name]
            of_type = latest.of(self._owner._tables[name].resource)
            if of_type:
                state = self._applier(name).change(state, of_type)
                self.report.changed.append(name) if name not in self.report.changed else None
            changed[name] = msgspec.structs.replace(state, position=position, at=now_text())
        self.report.changes += len(latest)
        self._commit(changed)

    def _applier(self, name: str) -> Applier:
        manifest = self.manifest
        return Applier(self._owner._tables[name], self._shop(), self._folder.tables / name, manifest.generation + 1)

    def _shop(self) -> Workshop:
        manifest = self.manifest
        return Workshop(self.connection, self._scratch, self._owner._resolver, manifest.buckets, manifest.zone)

    def _give(self, wanted: Collection[str], *, full: bool) -> None:
        """Bring tables that are not made of records up to date."""
        changed = {}
        for name in sorted(set(wanted) & set(self._owner._given)):
            state = self._owner._given[name].state(
                self.connection,
                self._folder.tables / name,
                self.manifest.generation + 1,
                None if full else self.manifest.tables.get(name),
            )
            if state is not None:
                changed[name] = state
        if changed:
            self._commit(changed)
            self.report.built += sorted(changed)

    # Persons.

    def _links(self) -> tuple[Sequence[str], str]:
        """Whose person changed. Asked before anything is read: what changes meanwhile is heard next time."""
        if self._owner._relinked is None:
            return (), self.manifest.links
        return self._owner._relinked(self.manifest.links)

    def _move(self, links: tuple[Sequence[str], str]) -> None:
        patients, mark = links
        self.relink(patients, mark)

    def relink(self, patients: Sequence[str], mark: str | None = None) -> None:
        """See `Refresher.relink`."""
        changed = {}
        for name in self._of_persons() if patients else ():
            state = self._applier(name).move(self.manifest.tables[name], patients)
            if state is not None:
                changed[name] = state
        self.report.moved += len(patients) if changed else 0
        if changed or mark not in (None, self.manifest.links):
            self._commit(changed, links=mark)
        self._finish()

    def misplaced(self) -> list[str]:
        """Patients some of whose rows stand with another person than the resolver's."""
        found: set[str] = set()
        for name in self._of_persons():
            found |= self._applier(name).misplaced(self.manifest.tables[name])
        return sorted(found)

    def purge(self, patients: Sequence[str]) -> None:
        """See `Refresher.purge`."""
        changed = {}
        for name in self._of_persons():
            state = self._applier(name).purge(self.manifest.tables[name], patients)
            if state is not None:
                changed[name] = state
            self._folder.drop_staging(name)  # A build that was broken off may hold rows of theirs.
        if changed:
            self._commit(changed)
            self.report.changed = sorted(changed)
        self._finish()

    def expire(self, today: date, *, dry: bool) -> list[Expired]:
        """See `Refresher.expire`."""
        found = []
        for name in self._of_persons():
            table = self._owner._tables[name]
            before = date(max(today.year - table.keep_years, 1), 1, 1)
            count, state = self._applier(name).expire(self.manifest.tables[name], before, dry=dry)
            if state is not None:
                self._commit({name: state})
            if count:
                found.append(Expired(name, table.keep_years, before, count))
        if not dry:
            self._finish()
        return found

    def fold(self) -> None:
        """See `Refresher.fold`."""
        for name in list(self.manifest.tables):
            if name in self._owner._tables:
                state = self._applier(name).fold(self.manifest.tables[name])
                if state is not None:
                    self._commit({name: state})
                    self.report.changed.append(name)
        self._finish()

    def _of_persons(self) -> list[str]:
        return [name for name, table in self._owner._tables.items() if table.by_person and name in self.manifest.tables]

    def _commit(self, changed: dict[str, TableState], links: str | None = None) -> None:
        manifest = self.manifest.with_tables(changed)
        if links is not None:
            manifest = msgspec.structs.replace(manifest, links=links)
        self._folder.commit(manifest)
        self.manifest = manifest

    def _finish(self) -> None:
        self.report.held = self._folder.sweep()
        self.report.generation = self.manifest.generation
        self.report.set_aside = sum(state.set_aside for state in self.manifest.tables.values())


def now_text() -> str:
    """This instant as a manifest has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
