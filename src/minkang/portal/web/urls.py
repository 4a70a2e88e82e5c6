"""The addresses of the pages."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path
from django.views.i18n import set_language

from minkang.portal.web import assets, records, start

urlpatterns = [
    path("", start.start, name="start"),
    path("login", LoginView.as_view(template_name="login.html", redirect_authenticated_user=True), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("language", login_not_required(set_language), name="set_language"),
    path("records", records.choose, name="choose"),
    path("records/<str:type>", records.search, name="search"),
    path("records/<str:type>/<str:id>", records.show, name="show"),
    path("records/<str:type>/<str:id>/<int:version>", records.show, name="show_version"),
    path("assets/<str:digest>/<str:name>", assets.asset, name="asset"),
]
handler404 = start.not_found
handler500 = start.failed
