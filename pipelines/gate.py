"""Who may ask Dagster's server for what: pages of its own on this machine, and changes only the way those ask.

Belongs here: refusals by what a request's head says. Does not belong here: what Dagster may do (its read-only mode).

Dagster's server trusts whoever reaches it: a page of any site, open in a browser on this machine, could start runs
(GraphQL by GET needs no consent of the browser's) and, under a name that leads to 127.0.0.1, read everything.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

GRAPHQL = "/graphql"


class Gate:
    """An ASGI app before another on 127.0.0.1: answers 403 or 405 with a sentence, or lets through."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.app = app
        names = ("127.0.0.1", "localhost", "[::1]")
        self.hosts = {f"{name}:{port}" for name in names} | ({*names} if port == 80 else set())
        self.origins = {f"http://{host}" for host in self.hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or the refusal back; a refused websocket is never accepted."""
        refusal = None if scope["type"] == "lifespan" else self._refusal(scope)

        async def unframed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Frame-Options"] = "DENY"  # nor clicked on in a page of another site
            await send(message)

        await (refusal or self.app)(scope, receive, unframed)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            return PlainTextResponse(f"Refused: Host must be one of {', '.join(sorted(self.hosts))}.\n", 403)
        is_foreign = scope.get("method") == "POST" and headers.get("sec-fetch-site") in ("cross-site", "same-site")
        if not self.origins.issuperset(origins) or is_foreign:
            return PlainTextResponse("Refused: the request comes from a page of another site.\n", 403)
        if scope["type"] == "http" and (scope["path"] == GRAPHQL) != (scope["method"] == "POST"):
            sentence = f"Refused: {GRAPHQL} answers to POST only, and nothing else does to anything but GET and HEAD.\n"
            return PlainTextResponse(sentence, 405)
        return None
