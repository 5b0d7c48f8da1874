"""Telemetry in the terminal, without a backend: a waterfall of spans and a table of metrics.

It needs the SDK: `pip install "chatmodels-otel[sdk]"`.
"""

from chatmodels.core.extending import publish
from chatmodels.otel.console._show import show
from chatmodels.otel.console._table import table
from chatmodels.otel.console._waterfall import waterfall

__all__ = ["show", "table", "waterfall"]

publish(globals())
