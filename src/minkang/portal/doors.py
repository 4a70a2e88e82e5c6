"""All doors of the platform as one WSGI application: programs at `/fhir` and `/oauth`, people everywhere else."""

from __future__ import annotations

from collections.abc import Iterable

from minkang import __version__
from minkang.portal.accounts.project import pages_application
from minkang.portal.api import health
from minkang.portal.api.admission import Admission
from minkang.portal.api.fhir.call import Offer
from minkang.portal.api.fhir.capability import Capability
from minkang.portal.api.fhir.export.jobs import Exports
from minkang.portal.api.fhir.export.worker import ExportWorker
from minkang.portal.api.fhir.outcomes import response_of
from minkang.portal.api.fhir.router import handle
from minkang.portal.api.gateway import Environ, StartResponse, request_of, send
from minkang.portal.api.messages import Request, Response
from minkang.portal.api.oauth.endpoint import TokenDoor
from minkang.portal.api.oauth.keys import SigningKeys
from minkang.portal.api.oauth.tokens import Tokens
from minkang.wiring import Platform


class Doors:
    """The WSGI application of one server process.

    Args:
        platform: the parts, put together.
    """

    def __init__(self, platform: Platform) -> None:
        settings = platform.settings
        self._platform = platform
        self._base = "" if settings.base_url == f"http://{settings.host}:{settings.port}" else settings.base_url
        self._most = settings.max_body
        keys = SigningKeys(settings.home / "keys")
        tokens = Tokens(keys, platform.clients, issuer=settings.base_url, seconds=settings.token_seconds)
        self._tokens = TokenDoor(platform.clients, tokens, keys, audience=f"{settings.base_url}/oauth/token")
        self._let_in = Admission(tokens, platform.audit)
        exports = Exports(platform.database, settings.home / "exports")
        self._offer = Offer(
            max_depth=settings.max_depth,
            max_count=settings.max_count,
            exports=exports,
            capability=Capability(__version__, token_address=f"{settings.base_url}/oauth/token"),
            persons=lambda: platform.persons,
        )
        self._exporter = ExportWorker(exports, platform.repository)
        self._pages = pages_application(platform)

    def start(self) -> None:
        """Begin the work of the background; called once in the process that serves."""
        self._exporter.start()

    def stop(self) -> None:
        """End it, giving unfinished work back."""
        self._exporter.stop()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        path = environ["PATH_INFO"]
        if path == "/fhir" or path.startswith("/fhir/"):
            request = request_of(environ, prefix="/fhir", base=self._base, max_body=self._most)
            return send(request, self._fhir(request), start_response)
        if path.startswith("/oauth/"):
            request = request_of(environ, prefix="/oauth", base=self._base, max_body=1 << 20)
            return send(request, self._oauth(request), start_response)
        if path in ("/healthz", "/readyz"):
            request = request_of(environ, prefix="", base=self._base, max_body=0)
            answer = health.live(request) if path == "/healthz" else health.ready(request, self._platform.check)
            return send(request, answer, start_response)
        return self._pages(environ, start_response)

    def _fhir(self, request: Request) -> Response:
        return handle(request, self._platform.repository, self._let_in, self._offer)

    def _oauth(self, request: Request) -> Response:
        try:
            return self._tokens.handle(request)
        except Exception as problem:  # noqa: BLE001  as in the FHIR door, nothing leaves without an answer
            return response_of(problem, request)
