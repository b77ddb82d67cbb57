"""Which requests come from clients of this server, and which from somebody else's web page.

A page can make the browser of whoever visits it send requests to the loopback interface. The browser tells whose page
asks, in Origin and Sec-Fetch-Site. And where the page's owner lets its own name resolve to this server (DNS rebinding),
that name stands in Host.
"""

import re
import socket
from collections.abc import Collection
from contextlib import suppress
from ipaddress import ip_address, ip_network

from .faults import ForeignRequest
from .message import Headers

ANY = "*"
HOST, ORIGIN, SITE = b"host", b"origin", b"sec-fetch-site"
OWN_SITES = ("same-origin", "none")
NAME_AND_PORT = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]*)?")
LOOPBACK = ip_network("127.0.0.0/8"), ip_network("::1/128")
REMEMBERED = 64
"""So many values of Host that were in order are not looked at again."""

Fields = Collection[tuple[bytes, bytes]]


class Hosts:
    """The names that the server answers to: those of the loopback interface, and the ones that are allowed.

    Args:
        allowed: names or addresses; a port is ignored, and ``*`` means any.

    Raises:
        ValueError: one of them is not the name of a host.
    """

    def __init__(self, *allowed: str) -> None:
        self._any = ANY in allowed
        self._allowed = frozenset(host_name(each) for each in allowed if each != ANY)
        self._known: set[bytes | None] = set()

    def require_own(self, headers: Headers, fields: Fields) -> None:
        """Let a request through that is for this server, and not from another's page.

        Args:
            headers: of the request.
            fields: the same as they came, of which some may stand there twice.

        Raises:
            ForeignRequest: its Host, Origin or Sec-Fetch-Site says otherwise.
        """
        host = headers.get(b"host")
        # Nearly all requests say only in Host what is looked at here, and say the same as the one before.
        if host in self._known and ORIGIN not in headers and SITE not in headers and len(headers) == len(fields):
            return
        texts = [(name, value.decode("latin-1").lower()) for name, value in fields if name in (HOST, ORIGIN, SITE)]
        hosts = [text for name, text in texts if name == HOST]
        for name, text in texts:
            if not self._is_own(name, text, hosts):
                raise ForeignRequest(name.decode().title(), text)
        if len(self._known) < REMEMBERED:
            self._known.add(host)

    def _is_own(self, name: bytes, text: str, hosts: list[str]) -> bool:
        if name == HOST:
            return self._answers_to(text)
        return _is_origin_of(text, hosts) if name == ORIGIN else text in OWN_SITES

    def _answers_to(self, host: str) -> bool:
        if self._any:
            return True
        try:
            name = host_name(host)
        except ValueError:
            return False
        return name in self._allowed or _is_loopback(name)


def hosts_of(listener: socket.socket, host: str, allow_hosts: Collection[str]) -> Hosts:
    """The names of a server: of the interface on which it listens, and what else is allowed.

    Args:
        listener: its socket.
        host: what it was told to listen on; the address of all interfaces is nobody's name.
        allow_hosts: as for ``Hosts``.

    Raises:
        ValueError: one of them is not the name of a host.
    """
    address = listener.getsockname()[0]
    return Hosts(*allow_hosts) if ip_address(address).is_unspecified else Hosts(host, address, *allow_hosts)


def host_name(text: str) -> str:
    """A host as it is compared: without its port, in lower case; an address in its shortest form.

    Raises:
        ValueError: it is not the name of a host.
    """
    bare = text.strip().lower()
    if not bare.isascii():
        with suppress(UnicodeError):
            # What cannot be encoded is told as any other text that is no name.
            bare = bare.encode("idna").decode()
    found = NAME_AND_PORT.fullmatch(bare)
    name = found[1].strip("[]").removesuffix(".") if found else bare.partition("%")[0]
    try:
        return ip_address(name).compressed
    except ValueError:
        if not found or not name or "[" in bare:
            raise ValueError(f"{text!r} is not the name of a host") from None
        return name


def _is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return any(address in network for network in LOOPBACK)


def _is_origin_of(origin: str, hosts: list[str]) -> bool:
    """Whether a page of this origin was served under the very host and port that it now asks."""
    scheme, _, authority = origin.partition("://")
    return scheme in ("http", "https") and bool(hosts) and all(authority == host for host in hosts)
