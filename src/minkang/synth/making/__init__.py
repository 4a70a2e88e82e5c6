"""Make a whole county on disk: truth, FHIR and feeds, chunk by chunk in several processes, joined into one folder."""

from minkang.synth.making.county import Made, make_county
from minkang.synth.making.order import Order

__all__ = ["Made", "Order", "make_county"]
