"""Epidemiological weeks: Monday to Sunday, the first week holding the year's first Thursday (ISO 8601).

Chinese influenza and notifiable-disease weeklies number their weeks so; the United States' weeks begin on Sunday and
are another series. Years have 52 or 53 weeks; no week is cut at New Year.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple


class EpiWeek(NamedTuple):
    """A week by its year and number (1 to 53). The year may differ from the calendar year of its first or last days."""

    year: int
    week: int

    @property
    def first(self) -> date:
        """Its Monday."""
        return date.fromisocalendar(self.year, self.week, 1)

    @property
    def last(self) -> date:
        """Its Sunday."""
        return date.fromisocalendar(self.year, self.week, 7)

    def plus(self, weeks: int) -> EpiWeek:
        """The week so many weeks on."""
        return epi_week(self.first + timedelta(weeks=weeks))

    def __str__(self) -> str:
        return f"{self.year}W{self.week:02d}"


def epi_week(day: date) -> EpiWeek:
    """The week a day lies in."""
    year, week, _ = day.isocalendar()
    return EpiWeek(year, week)
