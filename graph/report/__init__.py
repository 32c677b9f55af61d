"""The run page: one HTML file that draws a run from its events, and a server that shows it live."""

from surefoot.graph.report.page import page
from surefoot.graph.report.server import PageServer

__all__ = ["PageServer", "page"]
