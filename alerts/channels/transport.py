"""An HTTP transport on a network backend of one's own, and a backend whose connections end at a moment."""

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore2
import httpx2

from alerts.channels.addresses import SocketOption

_ERRORS: tuple[tuple[type[Exception], type[httpx2.TransportError]], ...] = (
    (httpcore2.ConnectTimeout, httpx2.ConnectTimeout),
    (httpcore2.WriteTimeout, httpx2.WriteTimeout),
    (httpcore2.TimeoutException, httpx2.ReadTimeout),
    (httpcore2.ConnectError, httpx2.ConnectError),
    (httpcore2.NetworkError, httpx2.ReadError),
    (httpcore2.UnsupportedProtocol, httpx2.UnsupportedProtocol),
    (httpcore2.LocalProtocolError, httpx2.LocalProtocolError),
    (httpcore2.ProtocolError, httpx2.RemoteProtocolError),
)


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        for core, public in _ERRORS:
            if isinstance(error, core):
                raise public(type(error).__name__) from error
        raise


@cache
def _trust() -> ssl.SSLContext:
    """The certificates to trust, read once: reading them takes longer than most calls."""
    return httpx2.create_ssl_context(trust_env=False)


class CoreTransport(httpx2.BaseTransport):
    """One connection pool on ``network``. HTTP/1.1, verified certificates, nothing from the environment."""

    def __init__(self, network: httpcore2.NetworkBackend) -> None:
        self._pool = httpcore2.ConnectionPool(ssl_context=_trust(), max_connections=1, network_backend=network)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = httpcore2.URL(
            scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port,
            target=request.url.raw_path,
        )  # fmt: skip
        body = request.read()
        with _mapped():
            answer = self._pool.handle_request(
                httpcore2.Request(
                    request.method, url, headers=request.headers.raw, content=body, extensions=request.extensions
                )
            )
        return httpx2.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _mapped():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


@dataclass(frozen=True)
class Bounded(httpcore2.NetworkBackend):
    """Connections that end at ``deadline_s`` (monotonic clock): a peer that sends a byte now and then gains nothing."""

    inner: httpcore2.NetworkBackend
    deadline_s: float

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore2.NetworkStream:
        left_s = _left(self.deadline_s, timeout, httpcore2.ConnectTimeout)
        stream = self.inner.connect_tcp(
            host, port, timeout=left_s, local_address=local_address, socket_options=socket_options
        )
        return _BoundedStream(stream, self.deadline_s)


@dataclass(frozen=True)
class _BoundedStream(httpcore2.NetworkStream):
    inner: httpcore2.NetworkStream
    deadline_s: float

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.inner.read(max_bytes, _left(self.deadline_s, timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.inner.write(buffer, _left(self.deadline_s, timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self.inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left_s = _left(self.deadline_s, timeout, httpcore2.ConnectTimeout)
        return _BoundedStream(self.inner.start_tls(ssl_context, server_hostname, left_s), self.deadline_s)

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)


def _left(deadline_s: float, timeout: float | None, expired: type[Exception]) -> float:
    """Seconds left, or less when ``timeout`` is less; raises ``expired`` when none is left."""
    left_s = deadline_s - time.monotonic()
    if left_s <= 0:
        raise expired
    return left_s if timeout is None else min(left_s, timeout)
