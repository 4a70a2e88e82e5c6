"""The embedded server's configuration, made anew at each start from this machine's memory.

An operator changes a setting with `ALTER SYSTEM`, which PostgreSQL keeps in `postgresql.auto.conf` and which wins over
everything said here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import psutil

MEGABYTE = 1024 * 1024
CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def machine_memory() -> int:
    """Bytes of memory this process may use: the machine's, or the container's where that is less."""
    total = int(psutil.virtual_memory().total)
    for place in CGROUP_LIMITS:
        try:
            total = min(total, int(place.read_text("ascii")))
        except (OSError, ValueError):
            continue  # No such control group, or the word "max".
    return total


def configuration(memory: int, *, sockets: Path, log: Path, test: bool = False) -> str:
    """The text of `minkang.conf`.

    Args:
        memory: bytes of memory to reckon with.
        sockets: the folder of the Unix socket.
        log: the folder of the log files.
        test: give up durability for speed, for databases that no one will miss. Never set by the product.
    """
    settings = {**_place(sockets, log), **_memory(memory), **_writing(), **_vacuum(), **_privacy()}
    if test:
        settings |= _throwaway()
    lines = [f"{name} = {_quoted(value)}" for name, value in settings.items()]
    head = "# Written by minkang at each start: change settings with ALTER SYSTEM, not here."
    return "\n".join([head, *lines, ""])


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _place(sockets: Path, log: Path) -> Mapping[str, str]:
    return {
        "listen_addresses": "",  # No network: only the socket, which the kernel guards.
        "unix_socket_directories": '"' + str(sockets).replace('"', '""') + '"',
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "max_locks_per_transaction": "256",  # Partitions and their indexes each take one.
        "logging_collector": "on",
        "log_directory": str(log),
        "log_filename": "server-%a.log",  # Seven days, then overwritten.
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_line_prefix": "%m [%p] %a ",
        "log_timezone": "UTC",
        "timezone": "UTC",
    }


def _memory(memory: int) -> Mapping[str, str]:
    megabytes = memory // MEGABYTE
    return {
        "shared_buffers": f"{max(64, min(4096, megabytes // 4))}MB",
        "effective_cache_size": f"{max(192, megabytes // 2)}MB",
        "work_mem": f"{max(4, min(32, megabytes // 512))}MB",
        "maintenance_work_mem": f"{max(64, min(1024, megabytes // 16))}MB",
        "random_page_cost": "1.1",  # Solid-state disks: a page out of order costs little more.
        "effective_io_concurrency": "64",
        "jit": "off",  # Short statements over partitions: compiling them costs more than it saves.
    }


def _writing() -> Mapping[str, str]:
    return {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "wal_compression": "pglz",  # The wheel is built without lz4 and zstd.
        "max_wal_size": "4GB",
        "min_wal_size": "256MB",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "log_checkpoints": "off",
    }


def _vacuum() -> Mapping[str, str]:
    """Tables here mostly grow: pages are frozen and marked visible by inserts, statistics follow early."""
    return {
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_vacuum_insert_scale_factor": "0.1",
        "autovacuum_analyze_scale_factor": "0.02",
        "autovacuum_vacuum_cost_limit": "2000",
        "autovacuum_naptime": "30s",
    }


def _privacy() -> Mapping[str, str]:
    """Nothing of a record comes into the log: no statement, no parameter, no detail naming a value."""
    return {
        "log_statement": "none",
        "log_min_error_statement": "panic",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_error_verbosity": "terse",
    }


def _throwaway() -> Mapping[str, str]:
    return {
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "off",
        "autovacuum": "off",
        "logging_collector": "off",
        "shared_buffers": "128MB",
        "max_wal_size": "1GB",
        "min_wal_size": "80MB",
        "io_method": "sync",
    }
