"""What the pages of the exchange share: who may come in, the exchange itself, tabs, and words for what it names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from django.http import HttpRequest
from django.urls import reverse

from minkang.errors import Fault
from minkang.exchange.intake.engine import Intake
from minkang.exchange.ledger.looking import Ledger
from minkang.exchange.ledger.senders import Sender
from minkang.exchange.rejects.desk import Rejects
from minkang.exchange.tables.loader import mapping, shipped
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.components import State, StateChip, Tab, Tabs
from minkang.portal.web.components.forms import Choice
from minkang.portal.web.language import language_of
from minkang.portal.web.page import require_administrator, said
from minkang.wiring import Platform, intake_of

_TABS = ("senders", "ledger", "rejects", "unmapped", "mappings", "quality", "take")
_STATES = {
    "accepted": State.ON_TRACK,
    "superseded": State.UNMEASURED,
    "duplicate": State.UNMEASURED,
    "rejected": State.OFF_TRACK,
    "replayed": State.MET,
    "discarded": State.UNMEASURED,
    "open": State.OFF_TRACK,
    "corrected": State.AT_RISK,
}
_intakes: list[tuple[Platform, Intake]] = []


def enter(request: HttpRequest) -> None:
    """Refuse who may not see what senders sent: originals name people and may not be masked.

    Raises:
        Fault: `WEB-010`.
    """
    require_administrator(request)


def the_intake() -> Intake:
    """The exchange of the platform, made once a process: its connectors keep what they read."""
    platform = the_platform()
    if not _intakes or _intakes[0][0] is not platform:
        _intakes[:] = [(platform, intake_of(platform))]
    return _intakes[0][1]


def the_ledger() -> Ledger:
    """What came and what became of it."""
    return Ledger(the_intake().database, the_intake().blobs)


def the_desk() -> Rejects:
    """Where rejects are worked off."""
    return Rejects(the_intake())


def tabs(request: HttpRequest, chosen: str) -> Tabs:
    """The pages of the exchange."""
    return Tabs(
        said(request, "areas.exchange"),
        [Tab(said(request, f"desk.tab_{one}"), reverse(f"exchange_{one}"), one == chosen) for one in _TABS],
    )


def crumbs(request: HttpRequest, *below: str) -> list[tuple[str, str]]:
    """The pages above one: the exchange, and some of its tabs."""
    above = [(said(request, "areas.exchange"), reverse("exchange_senders"))]
    return above + [(said(request, f"desk.tab_{one}"), reverse(f"exchange_{one}")) for one in below]


def outcome(request: HttpRequest, state: str) -> StateChip:
    """What became of a message or a reject, as a chip."""
    return StateChip(_STATES.get(state, State.UNMEASURED), said(request, f"desk.state_{state}"))


def feed_word(request: HttpRequest, feed: str) -> str:
    """A feed in words: `高血压随访表`, `HL7 v2 消息`."""
    family, _, name = feed.partition("/")
    if family == "csv" and name:
        found = _mapping_words(name)
        return found[0 if language_of(request) == "zh" else 1] if found else feed
    known = ("hl7v2", "cda", "fhir", "dicom", "device", "csv")
    return said(request, f"desk.feed_{family}") if family in known else feed


@cache
def _mapping_words(name: str) -> tuple[str, str] | None:
    try:
        found = mapping(name)
    except Fault:
        return None
    return found.zh, found.en or found.zh


def senders() -> list[Sender]:
    """All senders, by name."""
    return the_intake().senders.all()


def sender_choices(found: Sequence[Sender] | None = None) -> list[Choice]:
    """Senders to choose from."""
    return [(one.slug, one.name or one.slug) for one in (senders() if found is None else found)]


def feed_choices(request: HttpRequest, found: Sequence[Sender]) -> list[Choice]:
    """Feeds that some of these senders may send."""
    feeds = sorted({feed for one in found for feed in one.feeds})
    return [(feed, feed_word(request, feed)) for feed in feeds]


def every_feed(request: HttpRequest) -> list[Choice]:
    """All feeds that can be read."""
    plain = [name for name in the_intake().connectors.names if name != "csv"]
    feeds = [*plain, *(f"csv/{name}" for name in shipped())]
    return [(feed, f"{feed_word(request, feed)} ({feed})") for feed in feeds]


def fault_words(request: HttpRequest, code: str, inside: str, params: dict[str, str]) -> Fault | None:
    """The fault of a reject; None where the program no longer knows its code or its words need more."""
    fault = Fault(code, inside, **params)
    try:
        fault.text(language_of(request)), fault.advice(language_of(request))
    except (KeyError, IndexError, ValueError):
        return None
    return fault
