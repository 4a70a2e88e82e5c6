"""Make a county in several processes, and put it under its name only when it is whole."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from minkang.errors import Fault
from minkang.synth.county import County
from minkang.synth.feeds.merge import Merge, Wanted, Written
from minkang.synth.making.join import join_carried, join_fhir, join_identities, join_truth, write_files
from minkang.synth.making.order import Order, Workshop
from minkang.synth.making.parts import FHIR, TRUTH, Task, do, forget

T = TypeVar("T")
Tell = Callable[[float, str], None]

COST = {"cda": 10.0, "fhir": 9.0, "hl7": 8.0, "tables": 7.0, "village": 6.0, "truth": 3.0}  # about seconds a chunk
FILES_A_TASK = 64


@dataclass
class Made:
    """What was made.

    Attributes:
        rows: by table of the truth; `resources` by FHIR type; `messages` by feed module; `files`, `bytes` of feeds.
    """

    rows: Counter[str] = field(default_factory=Counter)
    resources: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    files: int = 0
    bytes: int = 0

    def take(self, counts: dict[str, dict[str, int]]) -> None:
        """Add what a task counted."""
        for teller, one in counts.items():
            if teller == TRUTH:
                self.rows.update(one)
            elif teller == FHIR:
                self.resources.update(one)
            else:
                self.messages[teller] += one["messages"]


def make_county(order: Order, folder: Path, *, workers: int = 0, tell: Tell | None = None) -> Made:
    """Write `truth/`, `fhir/`, `feeds/` and `about.json` into a new folder.

    All is written beside it under a name that begins with a point and ends in `.unfinished`, and renamed at the end;
    whatever stops the work, nothing is left but (after a kill) that folder. The bytes do not depend on `workers`.

    Args:
        folder: does not exist yet, or is empty.
        workers: processes; 0 for as many as there are processors.
        tell: told how far the work has come, 0 to 1, and what is being done.

    Raises:
        Fault: `SYNTH-002`, `SYNTH-003` for the order; `SYNTH-008` for a folder that is not empty, `SYNTH-009` for one
            that cannot be written.
    """
    county = order.plan()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Fault("SYNTH-008", str(folder))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".unfinished", dir=folder.parent))
    except OSError as error:
        raise Fault("SYNTH-009", str(folder), reason=error.strerror or str(error)) from error
    try:
        made = _make(order, county, Workshop(place), workers or os.cpu_count() or 1, tell or (lambda *_: None))
        if folder.exists():
            folder.rmdir()
        (place / "result").rename(folder)
    except OSError as error:
        raise Fault("SYNTH-009", str(folder), reason=error.strerror or str(error)) from error
    finally:
        forget()
        shutil.rmtree(place, ignore_errors=True)
    return made


def _make(order: Order, county: County, shop: Workshop, workers: int, tell: Tell) -> Made:
    for one in (shop.runs, shop.result / "truth"):
        one.mkdir(parents=True)
    made, chunks = Made(), range(len(county.chunks))
    with _pool(workers) as run:
        tasks = _tasks(order, shop, len(chunks), workers)
        for number, counts in enumerate(run(do, tasks), 1):
            made.take(counts)
            tell(0.75 * number / len(tasks), f"{number}/{len(tasks)}")
        stems = [[shop.runs / f"{chunk:04d}-{module}" for module in order.feeds] for chunk in chunks]
        merges = [
            Merge(module, tuple(stems[chunk][at] for chunk in chunks), shop.result / "feeds", order.seed, order.faults)
            for at, module in enumerate(order.feeds)
        ]
        written = _merge(run, merges, tell)
    made.files, made.bytes = len(written), sum(one.size for one in written)
    parts = [shop.part(chunk) for chunk in chunks]
    join_truth([part / TRUTH for part in parts], shop.result / "truth", county)
    if order.fhir:
        join_fhir([part / FHIR for part in parts], shop.result / "fhir")
    if order.feeds:
        join_carried([stem for chunk in stems for stem in chunk], shop.result / "truth")
        join_identities(stems, shop.result / "truth")
        write_files(written, shop.result / "truth")
    (shop.result / "about.json").write_text(json.dumps(order.about(), ensure_ascii=False, indent=1) + "\n", "utf-8")
    return made


def _tasks(order: Order, shop: Workshop, chunks: int, workers: int) -> list[Task]:
    """A chunk a task; where there are few chunks, a teller a task, so that no processor is idle."""
    tellers = (TRUTH, *((FHIR,) if order.fhir else ()), *order.feeds)
    if workers == 1 or chunks >= 2 * workers:
        return [Task(order, shop, chunk, tellers) for chunk in range(chunks)]
    dear = sorted(tellers, key=lambda name: -COST.get(name, 1.0))
    return [Task(order, shop, chunk, (teller,)) for chunk in range(chunks) for teller in dear]


def _merge(run: Run, merges: Sequence[Merge], tell: Tell) -> list[Written]:
    """All files of all feeds, some of them at a time; listed in one order however they were made."""
    batches: list[tuple[Merge, list[Wanted]]] = []
    for merge in merges:
        wanted = merge.wanted()
        batches += [(merge, wanted[at : at + FILES_A_TASK]) for at in range(0, len(wanted), FILES_A_TASK)]
    written: list[Written] = []
    for number, some in enumerate(run(_write, batches), 1):
        written += some
        tell(0.75 + 0.2 * number / len(batches), f"{len(written)}")
    return sorted(written)


def _write(batch: tuple[Merge, list[Wanted]]) -> list[Written]:
    return batch[0].write(batch[1])


class Run:
    """Does tasks, in this process or in several; results come as they are ready."""

    def __init__(self, pool: ProcessPoolExecutor | None) -> None:
        self._pool = pool

    def __call__(self, act: Callable[[Any], T], tasks: Iterable[Any]) -> Iterator[T]:
        """Results of `act` for each task, in any order."""
        if self._pool is None:
            yield from map(act, tasks)
            return
        waiting: list[Future[T]] = [self._pool.submit(act, task) for task in tasks]
        for future in as_completed(waiting):
            yield future.result()


@contextmanager
def _pool(workers: int) -> Iterator[Run]:
    """Processes that end with the block; when it is left by an interruption they are ended at once."""
    if workers == 1:
        yield Run(None)
        return
    context = multiprocessing.get_context("spawn")
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_deaf)
    try:
        yield Run(pool)
    except BaseException:
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


def _deaf() -> None:
    """Let the parent alone answer ctrl-C; it ends its children."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
