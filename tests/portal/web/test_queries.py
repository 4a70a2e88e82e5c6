"""How often a page asks the database: a few times, and not more often with more rows."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.portal.conftest import Running
from tests.portal.web.test_every_page import PAGES

MOST = 16
COUNT = """
import json, sys
import psycopg
from minkang.settings import read_settings
from minkang.wiring import open_platform
from minkang.portal.accounts.project import configure
platform = open_platform(read_settings())
configure(platform)
from django.contrib.auth.models import User
from django.test import Client
asked = []
execute = psycopg.Cursor.execute
def counted(self, query, *args, **options):
    asked.append(str(query)[:200])
    return execute(self, query, *args, **options)
psycopg.Cursor.execute = counted
client = Client(HTTP_HOST="localhost")
client.force_login(User.objects.get(username="admin"))
found = {}
for path in sys.argv[1:]:
    client.get(path)  # what is remembered for some seconds is asked for here
    asked.clear()
    status = client.get(path).status_code
    found[path] = [status, len(asked), list(asked)]
print(json.dumps(found))
platform.close()
"""


def counts(running: Running, paths: list[str]) -> dict[str, tuple[int, int, list[str]]]:
    """Status, number of queries and their beginnings, by page; in a process that counts."""
    command, options = [sys.executable, "-c", COUNT, *paths], {"capture_output": True, "text": True, "timeout": 120}
    done = subprocess.run(command, env=running.environment, check=False, **options)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_a_page_asks_a_few_times_and_no_more_with_more_rows(running: Running, person: str, hospital: str) -> None:
    """Session, account, notices, saved views, the audit row and the rows themselves; nothing for each row."""
    for number in range(60):
        body = {"resourceType": "Organization", "id": f"many-{number}", "name": f"村卫生室{number}",
                "partOf": {"reference": f"Organization/{hospital}"}}  # fmt: skip
        running.call("PUT", f"/Organization/many-{number}", body)
    paths = [path.format(person=person, hospital=hospital) for path in PAGES]
    short, long = "/institutions?size=20", "/institutions?size=50"
    found = counts(running, [*paths, short, long])
    for path, (status, number, asked) in found.items():
        assert status == 200, path
        assert number <= MOST, f"{path}: {number} queries\n" + "\n".join(asked)
    assert found[short][1] == found[long][1]
