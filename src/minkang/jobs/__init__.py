"""Work behind the pages, and the clock that starts some of it: Procrastinate on the platform's database."""

from minkang.jobs.board import Board, JobSeen
from minkang.jobs.queue import Jobs, Work, prepare_queue
from minkang.jobs.worker import Worker

__all__ = ["Board", "JobSeen", "Jobs", "Work", "Worker", "prepare_queue"]
