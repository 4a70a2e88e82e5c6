"""What pages are made of: data classes, each with a template of its own, shown by `{% show thing %}`.

A component takes texts in the language of the page and figures as they are to be read; it asks nothing of the store.
Every one stands in every state on the living page `/design`.
"""

from minkang.portal.web.components.charts import Band, Chart, Series
from minkang.portal.web.components.comparison import Comparison, differing
from minkang.portal.web.components.figures import FigureCard, State, StateChip
from minkang.portal.web.components.forms import Choice, Field, FormErrors
from minkang.portal.web.components.maps import Place, TileMap, geojson_places
from minkang.portal.web.components.messages import Dialog, Empty, Message
from minkang.portal.web.components.navigating import Tab, Tabs
from minkang.portal.web.components.progress import LongWork
from minkang.portal.web.components.sparkline import Sparkline
from minkang.portal.web.components.timeline import Event, Timeline
from minkang.portal.web.components.waterfall import Step, Waterfall

__all__ = [
    "Band",
    "Chart",
    "Choice",
    "Comparison",
    "Dialog",
    "Empty",
    "Event",
    "Field",
    "FigureCard",
    "FormErrors",
    "LongWork",
    "Message",
    "Place",
    "Series",
    "Sparkline",
    "State",
    "StateChip",
    "Step",
    "Tab",
    "Tabs",
    "TileMap",
    "Timeline",
    "Waterfall",
    "differing",
    "geojson_places",
]
