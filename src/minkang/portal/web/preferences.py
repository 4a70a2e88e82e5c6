"""How somebody likes to see pages: light or dark, usual or large print, which region; kept in cookies."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from minkang.portal.accounts.project import the_platform
from minkang.synth.region import region_names

YEAR = 365 * 24 * 3600
CHOICES = {"scheme": ("", "light", "dark"), "print": ("", "large")}


@dataclass(frozen=True)
class Preferences:
    """What the browser keeps. An empty value leaves it to the system."""

    scheme: str
    print: str
    region: str


def preferences_of(request: HttpRequest) -> Preferences:
    """What this browser asked for; values that nobody offers count as none."""
    given = {name: request.COOKIES.get(f"minkang_{name}", "") for name in (*CHOICES, "region")}
    scheme, large = (given[name] if given[name] in CHOICES[name] else "" for name in ("scheme", "print"))
    return Preferences(scheme, large, given["region"] if given["region"].isidentifier() else "")


@login_not_required
@require_POST
def prefer(request: HttpRequest) -> HttpResponse:
    """Keep a choice and go back to where it was made."""
    there = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(there, allowed_hosts={request.get_host()})
    answer = HttpResponseRedirect(there if safe else "/")
    secure = the_platform().settings.base_url.startswith("https://")
    for name, value in request.POST.items():
        offered = region_names() if name == "region" else CHOICES.get(name, ())
        if value in offered:
            answer.set_cookie(f"minkang_{name}", str(value), max_age=YEAR, samesite="Lax", secure=secure, httponly=True)
    return answer


def back(request: HttpRequest, otherwise: str = "/") -> HttpResponse:
    """Go back to the page a form stood on (its field `next`), or to another one of ours."""
    there = request.POST.get("next", "")
    safe = there and url_has_allowed_host_and_scheme(there, allowed_hosts={request.get_host()})
    return HttpResponseRedirect(there if safe else otherwise)
