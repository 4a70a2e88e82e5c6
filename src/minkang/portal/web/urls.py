"""The addresses of the pages."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path
from django.views.i18n import set_language

from minkang.portal.web import assets, failing, preferences, records
from minkang.portal.web.administration import accounts, audit, clients, system
from minkang.portal.web.home import view as home
from minkang.portal.web.institutions import regions, register
from minkang.portal.web.living import page as design
from minkang.portal.web.notices import view as notices
from minkang.portal.web.palette import view as palette
from minkang.portal.web.tables import views
from minkang.portal.web.work import view as work

urlpatterns = [
    path("", home.home, name="start"),
    path("all", home.everything, name="everything"),
    path("help", home.keys, name="keys"),
    path("find", palette.find, name="find"),
    path("work", work.work, name="work"),
    path("notices", notices.show, name="notices"),
    path("notices/read", notices.read, name="read_notices"),
    path("views", views.keep, name="keep_view"),
    path("prefer", preferences.prefer, name="prefer"),
    path("design", design.design, name="design"),
    path("login", LoginView.as_view(template_name="login.html", redirect_authenticated_user=True), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("language", login_not_required(set_language), name="set_language"),
    path("records", records.choose, name="choose"),
    path("records/<str:type>", records.search, name="search"),
    path("records/<str:type>/<str:id>", records.show, name="show"),
    path("records/<str:type>/<str:id>/<int:version>", records.show, name="show_version"),
    path("institutions", register.institutions, name="institutions"),
    path("institutions/<str:id>", register.institution, name="institution"),
    path("regions", regions.regions, name="regions"),
    path("regions/<str:name>", regions.region, name="region"),
    path("administration", system.administration, name="administration"),
    path("administration/accounts", accounts.accounts, name="accounts"),
    path("administration/accounts/add", accounts.add, name="add_account"),
    path("administration/accounts/<int:id>", accounts.account, name="account"),
    path("administration/accounts/<int:id>/change", accounts.change, name="change_account"),
    path("administration/clients", clients.clients, name="clients"),
    path("administration/clients/<str:id>", clients.client, name="client"),
    path("administration/clients/<str:id>/change", clients.change, name="change_client"),
    path("administration/audit", audit.audit, name="audit"),
    path("administration/health", system.health, name="health"),
    path("administration/settings", system.settings, name="settings"),
    path("assets/<str:digest>/<str:name>", assets.asset, name="asset"),
]
handler404 = failing.not_found
handler500 = failing.failed
