"""State machines as tables: whatever moves through hands, by declared steps, each one audited, timed and reversible
only where the declaration says so."""

from minkang.flows.declaration import Event, Flow, State, parse_flow, read_flow
from minkang.flows.items import Act, Item, Step
from minkang.flows.store import Flows

__all__ = ["Act", "Event", "Flow", "Flows", "Item", "State", "Step", "parse_flow", "read_flow"]
