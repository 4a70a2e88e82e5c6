"""The Django project, configured from the platform's settings: the door for people, and nothing but the door.

Django keeps its own tables only (accounts, sessions, content types). Records are read through the record store.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import WSGIApplication

import django
from django.conf import settings as django_settings
from django.core.management import call_command
from django.core.management.utils import get_random_secret_key

from minkang.db.addresses import address_parts
from minkang.portal.api.oauth.keys import private_file
from minkang.settings import Settings
from minkang.wiring import Platform

_SESSION_SECONDS = 12 * 3600
_platform: Platform | None = None


def pages_application(platform: Platform) -> WSGIApplication:
    """The pages as a WSGI application; a process has one platform and one Django."""
    configure(platform)
    # Importing the handler reads the settings, which stand only now.
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415

    return get_wsgi_application()


def configure(platform: Platform) -> None:
    """Make Django ready for this platform; a second call with another platform replaces what the pages read from."""
    global _platform  # noqa: PLW0603  Django's own settings are one a process, and so is this
    _platform = platform
    if not django_settings.configured:
        django_settings.configure(**options(platform.settings, platform.database.url))
        django.setup()


def the_platform() -> Platform:
    """The platform the pages read from.

    Raises:
        RuntimeError: before `configure`: a fault of the program.
    """
    if _platform is None:
        raise RuntimeError("minkang.portal.accounts.project.configure was not called")
    return _platform


def prepare_tables(platform: Platform) -> None:
    """Make or upgrade Django's own tables; part of `minkang init`."""
    configure(platform)
    call_command("migrate", verbosity=0, interactive=False)


def options(settings: Settings, url: str) -> dict[str, Any]:
    """Django's settings, all of them.

    Args:
        settings: the platform's.
        url: connection string of the database.
    """
    secure = settings.base_url.startswith("https://")
    return {
        "SECRET_KEY": _secret_key(settings.home / "keys" / "django.txt"),
        "DEBUG": False,
        "ALLOWED_HOSTS": _hosts(settings),
        "CSRF_TRUSTED_ORIGINS": [settings.base_url],
        "DATABASES": {"default": _database(url)},
        "INSTALLED_APPS": [
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "minkang.portal.web",
        ],
        "MIDDLEWARE": [
            "django.middleware.security.SecurityMiddleware",
            "minkang.portal.web.policy.content_policy",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.locale.LocaleMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "minkang.portal.web.policy.explain_faults",
        ],
        "ROOT_URLCONF": "minkang.portal.web.urls",
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [Path(__file__).parents[1] / "web" / "templates"],
                "OPTIONS": {"context_processors": ["minkang.portal.web.shell.shell"]},
            }
        ],
        "PASSWORD_HASHERS": [
            "django.contrib.auth.hashers.ScryptPasswordHasher",
            "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        ],
        "LOGIN_URL": "login",
        "LOGIN_REDIRECT_URL": "start",
        "LOGOUT_REDIRECT_URL": "login",
        "LANGUAGE_CODE": "zh-hans",
        "LANGUAGES": [("zh-hans", "中文"), ("en", "English")],
        "LANGUAGE_COOKIE_NAME": "minkang_language",
        "LANGUAGE_COOKIE_SAMESITE": "Lax",
        "USE_TZ": True,
        "TIME_ZONE": settings.timezone,
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "SESSION_COOKIE_NAME": "minkang_session",
        "SESSION_COOKIE_AGE": _SESSION_SECONDS,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": secure,
        "CSRF_COOKIE_SECURE": secure,
        "CSRF_COOKIE_HTTPONLY": True,
        "LANGUAGE_COOKIE_SECURE": secure,
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "LOGGING_CONFIG": None,
    }


def _database(url: str) -> dict[str, Any]:
    parts = address_parts(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", "postgres"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": parts,
    }


def _hosts(settings: Settings) -> list[str]:
    named = urlsplit(settings.base_url).hostname or ""
    hosts = {named, settings.host, "localhost", "127.0.0.1", "[::1]"}
    # Listening everywhere without a public address means that nobody has said under which name; any will do then.
    return ["*"] if named in ("0.0.0.0", "::") else sorted(hosts)


def _secret_key(path: Path) -> str:
    """Made once and kept, so that sessions outlive a restart and all processes agree."""
    if not path.exists():
        private_file(path, get_random_secret_key().encode())
    return path.read_text("utf-8").strip()
