"""Lists of persons and pairs, read page by page from their stores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from django.http import HttpRequest
from django.urls import reverse

from minkang.access.audit import AuditEntry
from minkang.errors import Fault
from minkang.flows import Item
from minkang.persons.register.register import FIRST, Disagreement, Registered, Wanted
from minkang.persons.review.queue import WAITING
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.components import State, StateChip
from minkang.portal.web.components.forms import Choice
from minkang.portal.web.page import access, said
from minkang.portal.web.tables import Column, Link, Row, Rows, TableQuery

DONE = ("linked", "separate", "settled")
_STATES = {
    "linked": State.MET,
    "separate": State.MET,
    "settled": State.UNMEASURED,
    "disputed": State.AT_RISK,
    "open": State.ON_TRACK,
}
SEXES = {"1": "people.male", "2": "people.female"}
KINDS = (
    "birth_dates",
    "sexes",
    "numbers",
    "death_dates",
    "death_without_certificate",
    "birth_without_vaccination",
    "birth_without_certificate",
)


class PairSource:
    """Pairs to review, the likeliest first."""

    name = "pairs"
    paging: Literal["offset", "keyset"] = "keyset"

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._queue = the_platform().persons.queue
        states = [(state.name, state.words[_language(request)]) for state in self._queue.flow.states.values()]
        senders = [(sender, f"{sender} ({count})") for sender, count in self._queue.batches() if sender]
        self.columns: Sequence[Column] = (
            Column("pair", said(request, "people.pair")),
            Column("score", said(request, "people.score"), "number"),
            Column("reason", said(request, "people.reason")),
            Column("sender", said(request, "people.sender"), filter="choice", choices=senders),
            Column("state", said(request, "people.state"), "state", filter="choice", choices=states),
            Column("since", said(request, "people.since"), "time"),
        )

    def rows(self, query: TableQuery) -> Rows:
        """One page."""
        reader = access(self._request)
        reader.require("Patient", "read")
        after = self._queue.flows.item(int(query.after)) if query.after.isdecimal() else None
        state, sender = query.filters.get("state", ""), query.filters.get("sender", "")
        found = self._queue.page(
            states=(state,) if state else WAITING, sender=sender, after=after, count=query.size + 1
        )
        kept = found[: query.size]
        platform = the_platform()
        platform.audit.write(AuditEntry(reader, "search", "Person", query="pairs", count=len(kept)))
        names = self._names(kept)
        rows = [self._row(item, names, sender) for item in kept]
        return Rows(rows, str(kept[-1].id) if len(found) > query.size else "")

    def count(self, query: TableQuery) -> int | None:
        """How many wait, where nothing is looked for."""
        sender = query.filters.get("sender", "")
        state = query.filters.get("state", "")
        batches = self._queue.batches((state,) if state else WAITING)
        return sum(count for whose, count in batches if not sender or whose == sender)

    def _names(self, items: Sequence[Item]) -> dict[str, str]:
        platform = the_platform()
        sources = [str(item.about[side]) for item in items for side in ("left", "right")]
        with platform.database.connection() as session:
            found = platform.persons.index.entries(session, sources)
        return {one.record.source: one.record.raw.get("name", "") for one in found}

    def _row(self, item: Item, names: dict[str, str], sender: str) -> Row:
        left, right = (names.get(str(item.about[side])) or "—" for side in ("left", "right"))
        address = reverse("review_pair", args=[item.id]) + (f"?sender={sender}" if sender else "")
        word = self._queue.flow.states[item.state].words[_language(self._request)]
        return {
            "pair": Link(f"{left} · {right}", address),
            "score": float(item.about["score"]),
            "reason": reason_in_words(self._request, str(item.about["reason"])),
            "sender": item.organisation,
            "state": StateChip(_STATES.get(item.state, State.UNMEASURED), word),
            "since": item.since,
        }


class RegisterSource:
    """The population register, by name."""

    name = "population"
    paging: Literal["offset", "keyset"] = "keyset"

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        words = {name: said(request, f"people.{name}") for name in (
            "name", "sex", "birth", "id_card", "phone", "address", "division", "vital", "residence", "household",
            "sources", "died")}  # fmt: skip
        vital: list[Choice] = [(one, said(request, f"persons.vital_{one}")) for one in ("alive", "dead")]
        places: list[Choice] = [
            (one, said(request, f"persons.residence_{one}")) for one in ("resident", "elsewhere", "unknown")
        ]
        self.columns: Sequence[Column] = (
            Column("name", words["name"], filter="text"),
            Column("sex", words["sex"]),
            Column("birth", words["birth"]),
            Column("id_card", words["id_card"], filter="text"),
            Column("division", words["division"], filter="text"),
            Column("residence", words["residence"], filter="choice", choices=places),
            Column("vital", words["vital"], "state", filter="choice", choices=vital),
            Column("sources", words["sources"], "number"),
            Column("phone", words["phone"], shown=False),
            Column("address", words["address"], shown=False),
            Column("household", words["household"], filter="text", shown=False),
            Column("died", words["died"], shown=False),
        )

    def rows(self, query: TableQuery) -> Rows:
        """One page.

        Raises:
            Fault: `WEB-015` for a cursor that is none.
        """
        names = ("name", "id_card", "vital", "residence", "household", "division")
        wanted = Wanted(**{name: query.filters.get(name, "").strip() for name in names})
        register = the_platform().persons.register
        found = register.page(access(self._request), wanted, after=_after(query.after), count=query.size + 1)
        kept = found[: query.size]
        following = f"{kept[-1].name or ''}~{kept[-1].person}" if len(found) > query.size else ""
        return Rows([self._row(one) for one in kept], following)

    def count(self, query: TableQuery) -> int | None:
        """All of them, where nothing is looked for."""
        if query.filters:
            return None
        return sum(count for *_, count in the_platform().persons.register.counts())

    def _row(self, one: Registered) -> Row:
        dead = one.vital == "dead"
        word = said(self._request, f"persons.vital_{one.vital}")
        return {
            "name": Link(one.name or "—", reverse("person", args=[one.person])),
            "sex": said(self._request, SEXES[one.sex]) if one.sex in SEXES else "",
            "birth": one.birth or "",
            "id_card": one.id_card or "",
            "division": one.division or "",
            "residence": said(self._request, f"persons.residence_{one.residence}"),
            "vital": StateChip(State.UNMEASURED if dead else State.MET, word),
            "sources": one.sources,
            "phone": one.phone or "",
            "address": one.address or "",
            "household": one.household or "",
            "died": one.died or "",
        }


class DisagreementSource:
    """What sources say that cannot all be true."""

    name = "disagreements"
    paging: Literal["offset", "keyset"] = "keyset"

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        kinds: list[Choice] = [(kind, said(request, f"persons.kind_{kind}")) for kind in KINDS]
        self.columns: Sequence[Column] = (
            Column("kind", said(request, "people.kind"), filter="choice", choices=kinds),
            Column("name", said(request, "people.name")),
            Column("birth", said(request, "people.birth")),
            Column("said", said(request, "people.said")),
            Column("since", said(request, "people.since"), "time"),
        )

    def rows(self, query: TableQuery) -> Rows:
        """One page.

        Raises:
            Fault: `WEB-015` for a cursor that is none.
        """
        register = the_platform().persons.register
        kind = query.filters.get("kind", "")
        found = register.disagreements(access(self._request), kind, after=_after(query.after), count=query.size + 1)
        kept = found[: query.size]
        following = f"{kept[-1].kind}~{kept[-1].person}" if len(found) > query.size else ""
        return Rows([self._row(one) for one in kept], following)

    def count(self, query: TableQuery) -> int | None:
        """By kind."""
        kind = query.filters.get("kind", "")
        counts = the_platform().persons.register.disagreement_counts()
        return sum(count for one, count in counts if not kind or one == kind)

    def _row(self, one: Disagreement) -> Row:
        return {
            "kind": said(self._request, f"persons.kind_{one.kind}"),
            "name": Link(one.name or "—", reverse("person", args=[one.person])),
            "birth": one.birth or "",
            "said": " / ".join(sorted({str(value) for value in one.said.values()})),
            "since": one.since,
        }


def reason_in_words(request: HttpRequest, reason: str) -> str:
    """Why a pair waits: the rule in words, or that the score is between the thresholds."""
    if reason in {"score", "rival", "cluster"}:
        return said(request, f"people.because_{reason}")
    rules = the_platform().persons.index.profile.rules
    found = next((rule for rule in rules if rule.name == reason), None)
    return (found.zh if _language(request) == "zh" else found.en) if found else reason


def _language(request: HttpRequest) -> Literal["zh", "en"]:
    return "zh" if said(request, "people.language") == "zh" else "en"


def _after(cursor: str) -> tuple[str, str]:
    if not cursor:
        return "", FIRST
    name, found, person = cursor.rpartition("~")
    if not found:
        raise Fault("WEB-015")
    return name, person
