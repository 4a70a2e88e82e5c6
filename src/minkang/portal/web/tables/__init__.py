"""The one table of all lists: sources say what there is, the table sorts, filters, pages, exports and keeps views."""

from minkang.portal.web.tables.lists import ListSource
from minkang.portal.web.tables.source import Column, Link, Row, Rows, TableQuery, TableSource, Value
from minkang.portal.web.tables.table import Table

__all__ = ["Column", "Link", "ListSource", "Row", "Rows", "Table", "TableQuery", "TableSource", "Value"]
