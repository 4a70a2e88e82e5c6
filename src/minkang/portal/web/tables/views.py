"""Views of tables that an account keeps under a name: the address that shows them."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from minkang.db import Database, Queries
from minkang.errors import Fault
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.preferences import back

SQL = Queries.read("minkang.portal.web.tables", "views.sql")
LONGEST_NAME = 60
LONGEST_ADDRESS = 4000


@dataclass(frozen=True)
class SavedView:
    """A view: its name and the query string that shows it."""

    id: int
    name: str
    address: str


def views_of(database: Database, account: str, page: str) -> list[SavedView]:
    """The views an account keeps of a table."""
    with database.singly() as connection:
        rows = connection.execute(SQL["of_page"], {"account": account, "page": page}).fetchall()
    return [SavedView(*row) for row in rows]


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep the view a form names, or forget the one it names.

    Raises:
        Fault: `WEB-011` without a name, or with one that is too long.
    """
    account, database = request.user.get_username(), the_platform().database
    if gone := request.POST.get("remove", ""):
        values: dict[str, object] = {"account": account, "id": int(gone) if gone.isdecimal() else 0}
        statement = "remove"
    else:
        name, address = request.POST.get("name", "").strip(), request.POST.get("address", "")
        if not 0 < len(name) <= LONGEST_NAME or len(address) > LONGEST_ADDRESS or not address.startswith("?"):
            raise Fault("WEB-011", longest=LONGEST_NAME)
        values = {"account": account, "page": request.POST.get("page", "")[:200], "name": name, "address": address}
        statement = "save"
    with database.connection() as connection:
        connection.execute(SQL[statement], values)
    return back(request)
