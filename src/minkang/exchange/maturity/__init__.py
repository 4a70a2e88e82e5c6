"""Self-assessment of interoperability (互联互通标准化成熟度自评): what each institution really exchanges."""

from minkang.exchange.maturity.assessing import Assessment, Shown, assess
from minkang.exchange.maturity.scheme import Item, Level, Scheme, scheme

__all__ = ["Assessment", "Item", "Level", "Scheme", "Shown", "assess", "scheme"]
