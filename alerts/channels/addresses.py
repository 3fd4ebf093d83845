"""Connections to public addresses only, decided on the very address that the socket opens to.

A name is looked up once, every address it has is judged, and the connection goes to a judged address, never to the
name again: what a name server says a moment later cannot lead elsewhere (DNS rebinding).
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import httpcore2

from alerts.channels.base import TransportError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]

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


def resolve(host: str, port: int) -> list[str]:
    """Every address of ``host``, in the system's order, each once."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TransportError("name_not_found") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True)
class PublicOnly(httpcore2.NetworkBackend):
    """A network backend that opens sockets to public addresses only.

    ``allow_private`` opens them to any, for tests on this machine; no setting of the application leads to it.
    """

    resolve: Resolve = resolve
    inner: httpcore2.NetworkBackend = httpcore2.SyncBackend()  # noqa: RUF009 -- it has no state
    allow_private: bool = False

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore2.NetworkStream:
        addresses = self.resolve(host, port)
        if not addresses:
            raise TransportError("name_not_found")
        if not self.allow_private and not all(is_public(address) for address in addresses):
            raise PrivateAddressError
        for address in addresses[:-1]:
            try:
                return self._open(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return self._open(addresses[-1], port, timeout, local_address, socket_options)

    def _open(
        self,
        address: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[SocketOption] | None,
    ) -> httpcore2.NetworkStream:
        return self.inner.connect_tcp(
            address, port, timeout=timeout, local_address=local_address, socket_options=socket_options
        )
