"""Connections to public addresses only, decided on the very address that the socket opens to.

A name is looked up once, every address it has is judged, and the connection goes to a judged address, never to the
name again: what a name server says a moment later cannot lead elsewhere (DNS rebinding).
"""

import asyncio
import ipaddress
import socket
import ssl
import zlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import anyio.to_thread
from anyio.lowlevel import RunVar

from alerts.channels.base import TransportError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Open = Callable[..., Awaitable[Streams]]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: carries an IPv4 address


class PrivateAddressError(TransportError):
    """The endpoint's name leads into a private network, this machine, or nowhere public."""

    def __init__(self) -> None:
        super().__init__("private_address", permanent=True)


def is_public(address: str) -> bool:
    """Whether ``address`` (IPv4 or IPv6) is on the public internet; addresses within addresses are judged too."""
    parsed: Address = ipaddress.ip_address(address.partition("%")[0])
    return all(_is_public(one) for one in (parsed, *_embedded(parsed)))


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _embedded(address: Address) -> Iterable[Address]:
    """IPv4 addresses that an IPv6 address leads to: mapped, 6to4, Teredo, NAT64."""
    if not isinstance(address, ipaddress.IPv6Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _NAT64:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def host_number(url: str) -> int | None:
    """A number for the host that an http(s) URL leads to, the same for every URL on it; None when there is none.

    Two hosts may share one: it decides who shares slots, nothing else.
    """
    if not url.startswith(("https://", "http://")):
        return None
    host = url.partition("://")[2].partition("/")[0].rpartition("@")[2].casefold()
    return zlib.crc32(host.encode()) & 0x7FFFFFFF


def resolve(host: str, port: int) -> list[str]:
    """Every address of ``host``, in the system's order, each once."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TransportError("name_not_found") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True)
class PublicOnly:
    """Opens sockets to public addresses only.

    ``allow_private`` opens them to any: for tests on this machine, and for a gateway that the operator named.
    """

    resolve: Resolve = resolve
    open: Open = asyncio.open_connection
    allow_private: bool = False

    async def connect(self, host: str, port: int, *, tls: ssl.SSLContext | None) -> Streams:
        """A connection to one of the addresses of ``host``; the certificate must be for ``host``.

        Raises :class:`PrivateAddressError`, :class:`~alerts.channels.base.TransportError` or :class:`OSError`.
        """
        addresses = await self._look_up(host, port)
        if not addresses:
            raise TransportError("name_not_found")
        if not self.allow_private and not all(is_public(address) for address in addresses):
            raise PrivateAddressError
        name = host if tls is not None else None
        for address in addresses[:-1]:
            try:
                return await self.open(address, port, ssl=tls, server_hostname=name)
            except OSError:
                continue
        return await self.open(addresses[-1], port, ssl=tls, server_hostname=name)

    async def _look_up(self, host: str, port: int) -> list[str]:
        """In a thread, for the system's resolver blocks; one that hangs is left behind when the call is cancelled."""
        if _is_literal(host):
            return self.resolve(host, port)
        return await anyio.to_thread.run_sync(self.resolve, host, port, abandon_on_cancel=True, limiter=_lookups())


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


_LOOKUPS = 64
_limiter: RunVar[anyio.CapacityLimiter] = RunVar("drugcheck-lookups")


def _lookups() -> anyio.CapacityLimiter:
    """How many names are looked up at once: names that lead nowhere must not take the threads of everything else."""
    try:
        return _limiter.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(_LOOKUPS)
        _limiter.set(limiter)
        return limiter
