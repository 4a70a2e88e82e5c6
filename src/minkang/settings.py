"""Settings: one table, read from the environment, shown by `minkang doctor` and printed in the reference."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import platformdirs

from minkang.errors import Fault

N = TypeVar("N", int, float)


@dataclass(frozen=True)
class Setting:
    """One thing an operator may decide.

    Attributes:
        name: the environment variable.
        default: what holds where it is not set, as text; empty means "worked out at start".
        zh, en: one sentence on what it does.
        secret: its value is never printed.
    """

    name: str
    default: str
    zh: str
    en: str
    secret: bool = False


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "MINKANG_HOME",
        "",
        "数据目录:内嵌数据库、原件与导出文件都在其中;默认为系统的应用数据目录。",
        "The data folder: embedded database, originals and exports; default: the system's place for application data.",
    ),
    Setting(
        "MINKANG_DATABASE_URL",
        "",
        "外部 PostgreSQL(14 或更高)的连接串;留空则使用内嵌数据库。",
        "Connection string of an external PostgreSQL 14 or later; empty: the embedded one.",
        secret=True,
    ),
    Setting("MINKANG_HOST", "127.0.0.1", "服务监听的地址。", "The address the server listens on."),
    Setting("MINKANG_PORT", "8642", "服务监听的端口。", "The port the server listens on."),
    Setting(
        "MINKANG_BASE_URL",
        "",
        "对外公布的地址(反向代理之后);默认由地址和端口得出。",
        "The public address, behind a proxy; default: made of address and port.",
    ),
    Setting("MINKANG_WORKERS", "2", "服务进程数。", "Server processes."),
    Setting("MINKANG_THREADS", "4", "每个进程的线程数(各占一个数据库连接)。", "Threads a process, a connection each."),
    Setting("MINKANG_LANGUAGE", "", "命令行的语言:zh 或 en;默认随系统。", "Language of the commands: zh or en."),
    Setting("MINKANG_TIMEZONE", "Asia/Shanghai", "显示时间所用的时区。", "The time zone times are shown in."),
    Setting("MINKANG_MAX_BODY_MB", "64", "单个请求正文的上限(MB)。", "The largest request body, in megabytes."),
    Setting("MINKANG_MAX_ENTRIES", "20000", "单个 Bundle 的条目上限。", "The most entries a Bundle may have."),
    Setting("MINKANG_MAX_DEPTH", "60", "JSON 嵌套层数的上限。", "The deepest nesting of JSON."),
    Setting("MINKANG_MAX_COUNT", "1000", "一页检索结果的上限。", "The most results on one page."),
    Setting(
        "MINKANG_STATEMENT_SECONDS",
        "20",
        "一次交互在数据库中的时间上限(秒)。",
        "The longest an interaction may take in the database, in seconds.",
    ),
    Setting(
        "MINKANG_CHECK_REFERENCES",
        "bundle",
        "引用检查:bundle(事务之内)或 store(全库)。",
        "Reference checks: bundle (within a transaction) or store (against the whole store).",
    ),
    Setting(
        "MINKANG_TOKEN_SECONDS", "300", "访问令牌的有效期(秒)。", "How long an access token is good for, in seconds."
    ),
    Setting(
        "MINKANG_LAKE_BUCKETS",
        "16",
        "数据湖中个人表的分桶数;改动后下次刷新将全部重建。",
        "Into how many buckets the lake's tables of persons are divided; another number makes them all anew.",
    ),
    Setting(
        "MINKANG_LAKE_MEMORY", "2GiB", "数据湖引擎的内存上限。", "The most memory the lake's engine may take, as 2GiB."
    ),
    Setting(
        "MINKANG_PERSONS_PROFILE",
        "default",
        "人员比对配置:default 或 TOML 文件路径。",
        "How records of persons are compared: default, or the path of a TOML file.",
    ),
    Setting(
        "MINKANG_PERSONS_REGION",
        "wenshang",
        "人员比对所用的地区(村居名录和阈值)。",
        "The region whose divisions and thresholds records of persons are compared with.",
    ),
    Setting(
        "MINKANG_PERSONS_SECOND",
        "0",
        "疑似同一人中须两人复核的比例(0 至 1)。",
        "The share of doubtful pairs that two reviewers must see, 0 to 1.",
    ),
    Setting(
        "MINKANG_SPARK_MASTER",
        "local[2]",
        "Spark 集群地址(spark:// 或 yarn),仅在使用 Spark 引擎时需要。",
        "The Spark master (spark://, yarn, local[2]); only for those who use the Spark engine.",
    ),
)


@dataclass(frozen=True)
class Settings:
    """The settings in force; made once by the door that starts the program, then handed down."""

    home: Path
    database_url: str
    host: str
    port: int
    base_url: str
    workers: int
    threads: int
    timezone: str
    max_body: int
    max_entries: int
    max_depth: int
    max_count: int
    statement_seconds: float
    check_references: str
    token_seconds: int
    lake_buckets: int = 16
    lake_memory: str = "2GiB"
    spark_master: str = "local[2]"
    persons_profile: str = "default"
    persons_region: str = "wenshang"
    persons_second: float = 0.0

    @property
    def embedded(self) -> bool:
        """Whether the platform runs its own PostgreSQL."""
        return not self.database_url


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read and check all settings.

    Raises:
        Fault: `SETTINGS-001` for a value that cannot be read, with the variable's name;
            `SETTINGS-002` for a `MINKANG_` variable that no setting has.
    """
    given = dict(os.environ if environment is None else environment)
    _refuse_unknown(given)
    value = {setting.name: given.get(setting.name) or setting.default for setting in SETTINGS}
    host, port = value["MINKANG_HOST"], _number(value, "MINKANG_PORT", int)
    return Settings(
        home=Path(value["MINKANG_HOME"] or default_home()).expanduser().resolve(),
        database_url=value["MINKANG_DATABASE_URL"],
        host=host,
        port=port,
        base_url=(value["MINKANG_BASE_URL"] or f"http://{host}:{port}").rstrip("/"),
        workers=_number(value, "MINKANG_WORKERS", int),
        threads=_number(value, "MINKANG_THREADS", int),
        timezone=value["MINKANG_TIMEZONE"],
        max_body=_number(value, "MINKANG_MAX_BODY_MB", int) * 1024 * 1024,
        max_entries=_number(value, "MINKANG_MAX_ENTRIES", int),
        max_depth=_number(value, "MINKANG_MAX_DEPTH", int),
        max_count=_number(value, "MINKANG_MAX_COUNT", int),
        statement_seconds=_number(value, "MINKANG_STATEMENT_SECONDS", float),
        check_references=_choice(value, "MINKANG_CHECK_REFERENCES", ("bundle", "store")),
        token_seconds=_number(value, "MINKANG_TOKEN_SECONDS", int),
        lake_buckets=_number(value, "MINKANG_LAKE_BUCKETS", int),
        lake_memory=_matching(value, "MINKANG_LAKE_MEMORY", r"\d+ ?(MiB|GiB|MB|GB)"),
        spark_master=value["MINKANG_SPARK_MASTER"],
        persons_profile=value["MINKANG_PERSONS_PROFILE"],
        persons_region=value["MINKANG_PERSONS_REGION"],
        persons_second=_share(value, "MINKANG_PERSONS_SECOND"),
    )


def default_home() -> Path:
    """Where the platform keeps its data when nobody says: the system's place, for root the site's.

    The embedded PostgreSQL refuses to run as root, and the account it runs as must be able to reach the folder,
    which it cannot in root's own home.
    """
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/minkang")
    return platformdirs.user_data_path("minkang", appauthor=False)


def _refuse_unknown(given: Mapping[str, str]) -> None:
    known = {setting.name for setting in SETTINGS}
    for name in given:
        if name.startswith("MINKANG_") and name not in known and not name.startswith("MINKANG_TEST_"):
            raise Fault("SETTINGS-002", name=name)


def _number(value: Mapping[str, str], name: str, kind: Callable[[str], N]) -> N:
    try:
        number = kind(value[name])
    except ValueError:
        raise Fault("SETTINGS-001", name=name, value=value[name]) from None
    if number <= 0:
        raise Fault("SETTINGS-001", name=name, value=value[name])
    return number


def _share(value: Mapping[str, str], name: str) -> float:
    try:
        share = float(value[name])
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise Fault("SETTINGS-001", name=name, value=value[name])
    return share


def _matching(value: Mapping[str, str], name: str, form: str) -> str:
    if not re.fullmatch(form, value[name]):
        raise Fault("SETTINGS-001", name=name, value=value[name])
    return value[name]


def _choice(value: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    if value[name] not in allowed:
        raise Fault("SETTINGS-001", name=name, value=value[name])
    return value[name]
