"""One POST, one answer, no redirects: what every channel over HTTP does."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote, urlsplit

import certifi
import h11

from alerts.channels.addresses import PublicOnly
from alerts.channels.base import TransportError

CONNECT_S = 5.0
"""A host that does not even open a connection by then is tried again later."""


_MOST_BYTES = 65536
_KEPT = (
    "!#$%&'()*+,-./:;=?@_~[]"  # what may stand in a path or query as it is (RFC 3986); % is what was escaped already
)

SLOTS = 2000
"""Calls under way at once by one road in one process: one that hangs costs a socket and little else."""


@dataclass(frozen=True)
class Answer:
    """What the other side said; its body is never read, for it may quote what it was sent."""

    status: int
    headers: Mapping[str, str]

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


class AddressError(TransportError):
    """Not an address that anything can be posted to."""

    def __init__(self) -> None:
        super().__init__("address", permanent=True)


@cache
def _trust() -> ssl.SSLContext:
    """The certificates to trust, read once: reading them takes longer than most calls."""
    return ssl.create_default_context(cafile=certifi.where())


async def post(url: str, *, body: bytes, headers: Mapping[str, str], network: PublicOnly, timeout_s: float) -> Answer:
    """Send ``body`` to ``url``; the whole call ends within ``timeout_s``, however slowly the other side talks.

    HTTP/1.1 on a connection of its own, verified certificates, nothing from the environment. Raises
    :class:`TransportError`, named by the kind of fault alone.
    """
    target = _target(url)
    request = _request(target, body, headers)
    try:
        async with asyncio.timeout(timeout_s):
            return await _exchange(target, request, network)
    except (OSError, EOFError, h11.RemoteProtocolError) as error:  # TimeoutError is an OSError
        raise TransportError(type(error).__name__) from error


@dataclass(frozen=True)
class _Target:
    host: str
    port: int
    tls: bool
    path: str
    authority: str


def _target(url: str) -> _Target:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        port = parts.port
    except (ValueError, UnicodeError) as error:
        raise AddressError from error
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        raise AddressError
    path = quote(parts.path or "/", safe=_KEPT) + (f"?{quote(parts.query, safe=_KEPT)}" if parts.query else "")
    tls = parts.scheme == "https"
    authority = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    return _Target(host, port or (443 if tls else 80), tls, path, authority)


def _request(target: _Target, body: bytes, headers: Mapping[str, str]) -> bytes:
    client = h11.Connection(h11.CLIENT)
    lines = [("host", target.authority), *headers.items(), ("content-length", str(len(body))), ("connection", "close")]
    try:
        head = client.send(h11.Request(method="POST", target=target.path, headers=lines))
    except (h11.LocalProtocolError, UnicodeError) as error:
        raise AddressError from error
    return (head or b"") + body


async def _exchange(target: _Target, request: bytes, network: PublicOnly) -> Answer:
    async with asyncio.timeout(CONNECT_S):
        reader, writer = await network.connect(target.host, target.port, tls=_trust() if target.tls else None)
    try:
        writer.write(request)
        await writer.drain()
        return await _answer(reader)
    finally:
        writer.transport.abort()  # the answer's body is not wanted, and who hangs is not waited for


async def _answer(reader: asyncio.StreamReader) -> Answer:
    """The final status and its headers, as h11 reads them."""
    server = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_BYTES)
    server.send(h11.Request(method="POST", target="/", headers=[("host", "x"), ("content-length", "0")]))
    while True:
        event = server.next_event()
        if event is h11.NEED_DATA:
            server.receive_data(await reader.read(_MOST_BYTES))
        elif isinstance(event, h11.Response):
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
            return Answer(event.status_code, headers)
        elif not isinstance(event, h11.InformationalResponse):
            raise EOFError
