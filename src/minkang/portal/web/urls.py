"""The addresses of the pages."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path
from django.views.i18n import set_language

from minkang.portal.web import assets, failing, preferences, records
from minkang.portal.web.administration import accounts, audit, clients, system
from minkang.portal.web.data import catalogue, workbench
from minkang.portal.web.exchange import (
    ledger,
    mappings,
    quality,
    registering,
    reject,
    rejects,
    senders,
    taking,
    unmapped,
)
from minkang.portal.web.home import view as home
from minkang.portal.web.institutions import regions, register
from minkang.portal.web.living import page as design
from minkang.portal.web.notices import view as notices
from minkang.portal.web.palette import view as palette
from minkang.portal.web.persons import register as persons
from minkang.portal.web.persons import review as pairs
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
    path("data/catalogue", catalogue.catalogue, name="lake_catalogue"),
    path("data/catalogue/refresh", catalogue.refresh, name="refresh_lake"),
    path("data/catalogue/<str:name>", catalogue.table, name="lake_table"),
    path("data/sql", workbench.workbench, name="lake_sql"),
    path("exchange", senders.senders, name="exchange_senders"),
    path("exchange/senders/add", registering.add, name="add_sender"),
    path("exchange/senders/<str:slug>", senders.sender, name="exchange_sender"),
    path("exchange/senders/<str:slug>/change", senders.change, name="change_sender"),
    path("exchange/ledger", ledger.ledger, name="exchange_ledger"),
    path("exchange/ledger/<uuid:identity>", ledger.message, name="exchange_message"),
    path("exchange/rejects", rejects.rejects, name="exchange_rejects"),
    path("exchange/rejects/replay", rejects.replay_all, name="replay_rejects"),
    path("exchange/rejects/<int:id>", reject.reject, name="exchange_reject"),
    path("exchange/rejects/<int:id>/act", reject.act, name="act_on_reject"),
    path("exchange/unmapped", unmapped.unmapped, name="exchange_unmapped"),
    path("exchange/mappings", mappings.mappings, name="exchange_mappings"),
    path("exchange/mappings/try", mappings.attempted, name="try_mapping"),
    path("exchange/mappings/<str:name>", mappings.one, name="exchange_mapping"),
    path("exchange/quality", quality.quality, name="exchange_quality"),
    path("exchange/quality/refresh", quality.refresh, name="refresh_quality"),
    path("exchange/quality/<str:sender>", quality.scorecard, name="quality_scorecard"),
    path("exchange/quality/<str:sender>/<str:rule>", quality.findings, name="quality_findings"),
    path("exchange/take", taking.take, name="exchange_take"),
    path("exchange/take/<int:job>", taking.taken, name="exchange_taken"),
    path("persons", persons.population, name="population"),
    path("persons/disagreements", persons.disagreements, name="disagreements"),
    path("persons/review", pairs.review, name="review"),
    path("persons/review/<int:id>", pairs.pair, name="review_pair"),
    path("persons/review/<int:id>/decide", pairs.decide, name="decide_pair"),
    path("persons/<str:id>", persons.person, name="person"),
    path("persons/<str:id>/change", persons.change, name="change_person"),
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
