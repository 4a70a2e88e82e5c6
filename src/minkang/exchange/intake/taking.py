"""Files and folders of files into the exchange: by a sender, or by the folder convention of `minkang synth`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from minkang.errors import Fault
from minkang.exchange.fhir.manifest import files_of, is_manifest
from minkang.exchange.intake.engine import Intake
from minkang.exchange.intake.runs import Report, Run, Tell
from minkang.exchange.intake.sources import Source, find_sources

FEEDS = "feeds"


@dataclass(frozen=True)
class Delivery:
    """One file of one sender."""

    sender: str
    feed: str
    source: Source


def deliveries(sender: str, feed: str, paths: Iterable[Path], fetched: Path, token: str = "") -> list[Delivery]:
    """The files of one sender, the files of FHIR export manifests among them.

    Args:
        fetched: the folder for what a manifest names by address.
        token: access token for a manifest that requires one.

    Raises:
        Fault: as `find_sources` and `files_of`.
    """
    listed: list[Path] = []
    for path in paths:
        if feed == "fhir" and path.is_file() and is_manifest(path):
            listed += files_of(path, fetched, token)
        else:
            listed.append(path)
    return [Delivery(sender, feed, source) for source in find_sources(listed)]


def has_feeds(folder: Path) -> bool:
    """Whether a folder is laid out as `feeds/<sender>/<feed>/<files>`."""
    return (folder / FEEDS).is_dir()


def is_synthetic(folder: Path) -> bool:
    """Whether a folder says of itself, in `about.json`, that what is in it is made up."""
    try:
        told = json.loads((folder / "about.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and told.get("synthetic") is True


def feed_deliveries(folder: Path) -> list[Delivery]:
    """All files of such a folder: sender by sender, feed by feed, file by file in the order of names.

    Raises:
        Fault: `EXCHANGE-027` where there is no folder `feeds`.
    """
    if not has_feeds(folder):
        raise Fault("EXCHANGE-027", path=str(folder))
    return list(_found(folder / FEEDS))


def _found(feeds: Path) -> Iterator[Delivery]:
    for sender in sorted(path for path in feeds.iterdir() if path.is_dir()):
        for feed, files in _feeds_of(sender):
            for source in find_sources(files):
                yield Delivery(sender.name, feed, source)


def _feeds_of(sender: Path) -> Iterator[tuple[str, list[Path]]]:
    """Feeds by their folders; that of a family (`csv`) holds one folder a member."""
    for folder in sorted(path for path in sender.iterdir() if path.is_dir()):
        files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
        if files:
            yield folder.name, files
        for member in sorted(path for path in folder.iterdir() if path.is_dir()):
            inner = sorted(path for path in member.rglob("*") if path.is_file() and not path.name.startswith("."))
            if inner:
                yield f"{folder.name}/{member.name}", inner


def register_all(intake: Intake, found: Iterable[Delivery], *, synthetic: bool = False) -> None:
    """Register the senders of deliveries with the feeds they bring, where they are not.

    Args:
        synthetic: what they send is made up.
    """
    known = {sender.slug: sender for sender in intake.senders.all()}
    wanted: dict[str, set[str]] = {}
    for one in found:
        intake.connectors.of(one.feed)
        wanted.setdefault(one.sender, set()).add(one.feed)
    for slug, feeds in wanted.items():
        sender = known.get(slug)
        if sender is None:
            intake.senders.add(slug, {feed: {} for feed in sorted(feeds)}, synthetic=synthetic)
        elif missing := sorted(feeds - set(sender.feeds)):
            intake.senders.allow(sender, {feed: {} for feed in missing})


def take(intake: Intake, found: Iterable[Delivery], report: Report, tell: Tell | None = None) -> Iterator[Delivery]:
    """Take files in, one after the other; gives each when it is taken.

    Args:
        report: counted up over all files.
        tell: told of the progress within a file.

    Raises:
        Fault: where a sender may not send a feed; where database or disk stay away. Called again, it goes on.
    """
    for one in found:
        sender = intake.senders.may_send(one.sender, one.feed)
        Run(intake, sender, one.feed, one.source, report, tell).take()
        yield one
