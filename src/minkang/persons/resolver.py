"""Whose records are whose, asked by those who gather by person: the lake, the longitudinal view, the worklists.

The answer is a look-up, not a decision: it gives the person that an active link names, and the patient itself where
no link exists yet, so that no record is ever left out of a figure because it waits for a decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class PersonResolver(Protocol):
    """Gives the person behind each source `Patient`."""

    def resolve(self, patient_ids: Sequence[str]) -> Mapping[str, str]:
        """The person of each patient.

        Args:
            patient_ids: logical ids of `Patient` resources, without `Patient/`; any number, repeats allowed.

        Returns:
            a person id for every id given, also for those without a link (their own id) and for unknown ones.
        """
        ...


class EachPatientItself:
    """The resolver of a store in which nothing has been linked yet: every patient is a person."""

    def resolve(self, patient_ids: Sequence[str]) -> Mapping[str, str]:
        """Every id given, as its own person."""
        return {patient: patient for patient in patient_ids}
