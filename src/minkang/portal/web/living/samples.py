"""What the living page shows. All figures are made up to show a form; they say nothing of any place."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from minkang.errors import Language
from minkang.portal.web.components import (
    Band,
    Chart,
    Comparison,
    Dialog,
    Empty,
    Event,
    Field,
    FigureCard,
    FormErrors,
    LongWork,
    Message,
    Place,
    Series,
    Sparkline,
    State,
    StateChip,
    Step,
    Tab,
    Tabs,
    TileMap,
    Timeline,
    Waterfall,
)
from minkang.portal.web.components.progress import Stage
from minkang.portal.web.tables import Column, Link, ListSource, Row
from minkang.wording import say

TOWNS = (
    "中都街道",
    "汶上街道",
    "南站镇",
    "南旺镇",
    "次邱镇",
    "寅寺镇",
    "郭楼镇",
    "康驿镇",
    "苑庄镇",
    "义桥镇",
    "白石镇",
    "郭仓镇",
    "杨店镇",
    "刘楼镇",
    "军屯乡",
)
YEARS = [str(year) for year in range(2018, 2028)]
DAY = date(2025, 6, 30)


def figures(language: Language) -> list[FigureCard]:
    """Cards in all states."""
    trend = Sparkline([88.1, 89.4, None, 91.0, 92.4], "2020-2024", 93.0, [92.9, 93.6], [(92.1, 93.7), (92.4, 94.8)])
    name, why, warned = (say(f"design.{key}", language) for key in ("sample_name", "sample_change", "sample_warning"))
    return [
        FigureCard(
            name,
            "92.4",
            "%",
            "06-30 08:00",
            state,
            target="2025 ≥ 93",
            interval="95% CI 91.2–93.5",
            change=why,
            evidence="A",
            why="/design#figures",
            trend=trend,
        )
        for state in (State.MET, State.ON_TRACK, State.AT_RISK, State.OFF_TRACK)
    ] + [
        FigureCard(name, None, "%", "06-30 08:00", State.UNMEASURED, warnings=(warned,), why="/design#figures"),
        FigureCard(say("design.sample_long", language), "1\u2009234\u2009567", "/10万", "2025 第27周"),
    ]


def chips() -> list[StateChip]:
    """All states."""
    return [StateChip(state) for state in State]


def timeline(language: Language) -> Timeline:
    """Past and coming events."""
    hospital, clinic = (say(f"design.sample_{key}", language) for key in ("hospital", "clinic"))
    visit, due = (say(f"design.sample_{key}", language) for key in ("visit", "due"))
    return Timeline(
        [
            Event(DAY + timedelta(days=12), due, clinic, kind="HTN", future=True),
            Event(datetime(2025, 6, 28, 9, 30, tzinfo=UTC), visit, hospital, "I10 · 158/96 mmHg", "/design#timeline"),
            Event(date(2025, 5, 3), visit, clinic, "142/88 mmHg"),
        ]
    )


def comparison(language: Language) -> Comparison:
    """Two registrations of perhaps one person."""
    names = [say(f"design.sample_{key}", language) for key in ("name", "card", "birth", "village")]
    values = [
        ("欧阳若兰", "欧阳若栏"),
        ("580830198001020025", "580830198001020052"),
        ("1980-01-02", "1980-01-02"),
        ("寅寺村", ""),
    ]
    return Comparison(["HIS · 001", "EHR · 7723"], list(zip(names, values, strict=True)))


def work(language: Language) -> list[LongWork]:
    """All stages."""
    begun = datetime(2025, 6, 30, 8, 0, tzinfo=UTC)
    title, kind = say("design.sample_work", language), say("work.job", language)
    shown: tuple[tuple[Stage, float | None], ...] = (
        ("waiting", None),
        ("running", 0.42),
        ("running", None),
        ("done", 1.0),
        ("failed", 0.7),
        ("stopped", None),
    )
    return [
        LongWork(
            str(number),
            kind,
            title,
            stage,
            say(f"work.stage_{stage}", language),
            done,
            "DB-020" if stage == "failed" else "",
            begun,
            begun if stage == "done" else None,
            "/work",
            "admin",
        )
        for number, (stage, done) in enumerate(shown)
    ]


def messages(language: Language) -> list[Message | Empty]:
    """All tones, and an empty place."""
    text, advice = say("design.sample_message", language), say("design.sample_advice", language)
    said = [
        Message(text, tone, advice, "WEB-002" if tone == "bad" else "") for tone in ("plain", "good", "risk", "bad")
    ]
    return [*said, Empty(say("design.sample_empty", language), say("design.sample_step", language), "/design")]


def fields(language: Language) -> tuple[FormErrors, list[Field]]:
    """Fields of all kinds, one of them refused."""
    words = {
        key: say(f"design.field_{key}", language)
        for key in ("pressure", "error", "sex", "man", "woman", "day", "note", "yes", "place", "find", "mail", "secret")
    }
    wrong = {"pressure": words["error"]}
    places = [(name, name) for name in TOWNS[:5]]
    return FormErrors(wrong, "sample_"), [
        Field(
            "pressure",
            words["pressure"],
            "number",
            "1580",
            words["error"],
            "60–260",
            "mmHg",
            "146",
            prefix="sample_",
            required=True,
        ),
        Field(
            "sex", words["sex"], "options", "2", choices=[("1", words["man"]), ("2", words["woman"])], prefix="sample_"
        ),
        Field("place", words["place"], "choice", TOWNS[1], choices=places, prefix="sample_"),
        Field("day", words["day"], "date", "2025-06-30", prefix="sample_"),
        Field("note", words["note"], "lines", "欧阳若兰", prefix="sample_"),
        Field("message", words["note"], "source", "PID|1||0777478688^^^A^MR||欧阳^若兰", prefix="sample_"),
        Field("find", words["find"], "search", prefix="sample_"),
        Field("mail", words["mail"], "email", prefix="sample_"),
        Field("secret", words["secret"], "password", prefix="sample_", autocomplete="new-password"),
        Field("yes", words["yes"], "yes", "1", prefix="sample_"),
    ]


def others(language: Language) -> dict[str, object]:
    """One of each other component."""
    words = {
        key: say(f"design.sample_{key}", language)
        for key in ("name", "ask", "ask_text", "evidence", "card_slip", "same_sound", "same_village", "whole", "map")
    }
    values = [81.2, 84.0, 86.5, 88.1, 89.9, 90.3, 91.7, 92.4, 93.0, 94.1, 95.5, 96.2, 97.0, None, 98.4]
    places = [
        Place(str(number), town, value, "/design#map")
        for number, (town, value) in enumerate(zip(TOWNS, values, strict=True))
    ]
    shapes = [
        Place("a", TOWNS[0], 81.2, "", (((116.3, 35.6), (116.5, 35.6), (116.5, 35.8), (116.3, 35.75)),)),
        Place("b", TOWNS[1], 97.0, "", (((116.5, 35.6), (116.7, 35.65), (116.68, 35.8), (116.5, 35.8)),)),
        Place("c", TOWNS[2], None, "", (((116.3, 35.75), (116.5, 35.8), (116.68, 35.8), (116.5, 35.92)),)),
    ]
    steps = [Step(words["card_slip"], -3.1), Step(words["same_sound"], 2.4), Step(words["same_village"], 1.8)]
    return {
        "tabs": Tabs(
            "tabs", [Tab("A", "/design", chosen=True, count=35), Tab("B", "/design#b", count=7), Tab("C", "/design#c")]
        ),
        "dialog": Dialog("sample", words["ask"], words["ask"] + "?", words["ask_text"], "/design", words["ask"]),
        "waterfall": Waterfall(steps, words["whole"]),
        "map": TileMap(places, words["map"], "%"),
        "boundaries": TileMap(shapes, words["map"], "%"),
    }


def charts(language: Language) -> list[Chart]:
    """A trajectory with band, forecast and target; bars; lying bars with a gap."""
    words = {
        key: say(f"design.sample_{key}", language)
        for key in ("name", "measured", "ahead", "interval", "target", "county", "city")
    }
    measured = [86.2, 87.9, 88.1, 89.4, None, 91.0, 92.4, None, None, None]
    ahead = [None] * 6 + [92.4, 92.9, 93.6, 94.2]
    low, high = [None] * 6 + [92.4, 92.0, 92.2, 92.3], [None] * 6 + [92.4, 93.8, 95.0, 96.1]
    return [
        Chart(
            "trajectory",
            words["name"],
            YEARS,
            [Series(words["measured"], measured), Series(words["ahead"], ahead, "ahead")],
            Band(words["interval"], low, high),
            93.0,
            words["target"],
            "2024",
            "%",
        ),
        Chart(
            "bars",
            words["name"],
            YEARS[:5],
            [
                Series(words["county"], [12, 14, 9, 17, 11], "bar"),
                Series(words["city"], [10, 11, 12, 12, 13], "bar", own=False),
            ],
            unit="/10万",
        ),
        Chart(
            "lying",
            words["name"],
            list(TOWNS),
            [
                Series(
                    words["county"],
                    [81.2, 84.0, 86.5, 88.1, 89.9, 90.3, 91.7, 92.4, None, 94.1, 95.5, 96.2, 97.0, 97.7, 98.4],
                    "bar",
                )
            ],
            target=93.0,
            target_name=words["target"],
            unit="%",
            lying=True,
            tall=True,
        ),
    ]


def rows(language: Language, many: int) -> ListSource:
    """A table with so many rows and every kind of column."""
    states = list(State)
    choices = [(state.value, state.word(language)) for state in states]
    columns = [
        Column("name", say("design.sample_name", language), sortable=True, filter="text"),
        Column(
            "town",
            say("design.field_place", language),
            sortable=True,
            filter="choice",
            choices=[(town, town) for town in TOWNS],
        ),
        Column("state", say("admin.state", language), "state", filter="choice", choices=choices),
        Column("value", say("design.sample_value", language), "number", sortable=True, filter="range", unit="%"),
        Column("day", say("design.field_day", language), "date", sortable=True, filter="dates"),
        Column("at", say("notices.at", language), "time", sortable=True, shown=False),
    ]
    begin = datetime(2025, 1, 1, tzinfo=UTC)
    made: list[Row] = [
        {
            "name": Link(f"{say('design.sample_row', language)} {number + 1}", f"/design?row={number}"),
            "town": TOWNS[number * 7 % len(TOWNS)],
            "state": StateChip(states[number % 5]),
            "value": round((number * 37 % 1000) / 10, 1) if number % 11 else None,
            "day": DAY - timedelta(days=number % 365),
            "at": begin + timedelta(minutes=number * 17),
        }
        for number in range(many)
    ]
    return ListSource("sample", columns, made)
