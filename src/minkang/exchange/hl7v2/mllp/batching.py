"""Messages that wait at the same moment are stored in one transaction (group commit), whatever connection they came by.

While a batch is being stored the next gathers; so a lone message is stored at once, and under load the cost of a commit
is shared by hundreds.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from minkang.errors import Fault
from minkang.exchange.intake.engine import Intake
from minkang.exchange.message import Message, Rejected

LOG = logging.getLogger("minkang.exchange.mllp")
Arrival = Message | Rejected
Store = Callable[[Sequence[Arrival]], Sequence[Fault | None]]
"""Stores messages of one sender durably; gives the fault of each that was rejected, raises one where it stored none."""


def storing(intake: Intake) -> Store:
    """The store of an exchange: messages are durable when its transaction is."""
    return lambda arrivals: [one.fault for one in intake.settle(arrivals)]


class _Waiting(NamedTuple):
    arrival: Arrival
    answer: asyncio.Future[Fault | None]


class Batcher:
    """Gathers messages by sender and stores them in batches, several at a time.

    Args:
        store: see `Store`; called in threads.
        workers: batches stored at one time.
        most: messages of one batch; `most_bytes`: bytes of it.
    """

    def __init__(self, store: Store, workers: int = 2, most: int = 250, most_bytes: int = 4 << 20) -> None:
        self._store = store
        self._workers = workers
        self._most = most
        self._most_bytes = most_bytes
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="mllp-store")
        self._waiting: dict[str, deque[_Waiting]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self.batches = 0
        self.messages = 0

    def put(self, arrival: Arrival) -> asyncio.Future[Fault | None]:
        """Hand a message over. The future gives its fault, or None when it is durable."""
        answer: asyncio.Future[Fault | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(arrival.sender, deque()).append(_Waiting(arrival, answer))
        self._start()
        return answer

    async def drain(self) -> None:
        """Wait until all that was handed over is answered."""
        while self._running:
            await asyncio.gather(*self._running)

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=True)

    def _start(self) -> None:
        while self._waiting and len(self._running) < self._workers:
            sender = next(iter(self._waiting))
            batch = self._take(sender)
            task = asyncio.get_running_loop().create_task(self._work(batch))
            self._running.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._start()

    def _take(self, sender: str) -> list[_Waiting]:
        """The next batch of a sender, which then stands last in the row."""
        queue = self._waiting.pop(sender)
        batch: list[_Waiting] = []
        size = 0
        while (
            queue and len(batch) < self._most and (not batch or size + len(queue[0].arrival.body) <= self._most_bytes)
        ):
            size += len(queue[0].arrival.body)
            batch.append(queue.popleft())
        if queue:
            self._waiting[sender] = queue
        return batch

    async def _work(self, batch: list[_Waiting]) -> None:
        loop = asyncio.get_running_loop()
        self.batches += 1
        self.messages += len(batch)
        faults: Sequence[Fault | None]
        try:
            faults = await loop.run_in_executor(self._pool, self._store, [one.arrival for one in batch])
        except Fault as away:
            refused = Fault("HL7-016", reason=away.text("zh")) if away.category.status == 503 else away
            faults = [refused] * len(batch)
        except Exception as problem:  # Whatever went wrong, the senders must hear of it.
            LOG.exception("a batch of %d messages could not be stored", len(batch))
            faults = [Fault("HL7-016", reason=type(problem).__name__)] * len(batch)
        for one, fault in zip(batch, faults, strict=True):
            if not one.answer.done():
                one.answer.set_result(fault)
