"""The record store: FHIR resources, versioned, searchable, in one change feed."""

from minkang.records.repository import (
    Change,
    EntryResult,
    HistoryPage,
    Incoming,
    LoadReport,
    Position,
    Record,
    Rejected,
    Repository,
    SearchPage,
    TransactionResult,
    Written,
)

__all__ = [
    "Change",
    "EntryResult",
    "HistoryPage",
    "Incoming",
    "LoadReport",
    "Position",
    "Record",
    "Rejected",
    "Repository",
    "SearchPage",
    "TransactionResult",
    "Written",
]
