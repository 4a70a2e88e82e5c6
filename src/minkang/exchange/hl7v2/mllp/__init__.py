"""MLLP: HL7 v2 over sockets. A message is acknowledged when it is durable, not before.

`framing` cuts the stream, `acknowledging` writes replies, `settings` says who sends where, `listener` takes messages
from many connections, `batching` stores those that wait together, `sending` plays a file.
"""

from minkang.exchange.hl7v2.mllp.batching import storing
from minkang.exchange.hl7v2.mllp.listener import Listener, serve
from minkang.exchange.hl7v2.mllp.sending import Played, play
from minkang.exchange.hl7v2.mllp.settings import Port, Route, read_ports

__all__ = ["Listener", "Played", "Port", "Route", "play", "read_ports", "serve", "storing"]
