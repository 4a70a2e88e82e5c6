"""Quantitative commitments in the running text of a plan: subject, binding, value, unit, deadline, quotation, place."""

from minkang.plans.reading.commitments.model import Basis, Commitment, Op, Passage
from minkang.plans.reading.commitments.passages import passages_of
from minkang.plans.reading.commitments.reader import read_commitments
from minkang.plans.reading.commitments.similar import alike, plain_subject

__all__ = [
    "Basis",
    "Commitment",
    "Op",
    "Passage",
    "alike",
    "passages_of",
    "plain_subject",
    "read_commitments",
]
