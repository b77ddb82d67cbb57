"""Turn away requests that somebody else's web page makes a browser send (CSRF, DNS rebinding).

Any web page can make its visitor's browser send requests to the loopback interface. The browser says in Origin and
Sec-Fetch-Site whose page it is. If the page's owner makes a name of theirs resolve to this server (DNS rebinding), Host
has that name.
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
CACHED = 64
"""Values of Host found valid that are remembered, so that they need not be parsed again."""

Fields = Collection[tuple[bytes, bytes]]


class Hosts:
    """The names that the server answers to: those of the loopback interface, and the ones that are allowed.

    Args:
        allowed: names or addresses; a port is ignored, and ``*`` means any.

    Raises:
        ValueError: one of them is not a host name.
    """

    def __init__(self, *allowed: str) -> None:
        self._any = ANY in allowed
        self._allowed = frozenset(host_name(each) for each in allowed if each != ANY)
        self._known: set[bytes | None] = set()

    def require_own(self, headers: Headers, fields: Fields) -> None:
        """Check that a request is for this server, and not from another host's web page.

        Args:
            headers: the request's headers by name.
            fields: the same headers as received, where a name may occur twice.

        Raises:
            ForeignRequest: its Host, Origin or Sec-Fetch-Site says otherwise.
        """
        host = headers.get(b"host")
        # Fast path: nearly all requests have only Host of these three, once, and with a value seen before.
        if host in self._known and ORIGIN not in headers and SITE not in headers and len(headers) == len(fields):
            return
        texts = [(name, value.decode("latin-1").lower()) for name, value in fields if name in (HOST, ORIGIN, SITE)]
        hosts = [text for name, text in texts if name == HOST]
        for name, text in texts:
            if not self._is_own(name, text, hosts):
                raise ForeignRequest(name.decode().title(), text)
        if len(self._known) < CACHED:
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
    """Make the ``Hosts`` of a server: the interface on which it listens, and the allowed names.

    Args:
        listener: its socket.
        host: the name or address that it was told to listen on; that of all interfaces does not count as a name.
        allow_hosts: see ``Hosts``.

    Raises:
        ValueError: one of them is not a host name.
    """
    address = listener.getsockname()[0]
    return Hosts(*allow_hosts) if ip_address(address).is_unspecified else Hosts(host, address, *allow_hosts)


def host_name(text: str) -> str:
    """Normalize a host for comparison: without its port, in lower case; an address in its shortest form.

    Raises:
        ValueError: it is not a host name.
    """
    bare = text.strip().lower()
    if not bare.isascii():
        with suppress(UnicodeError):
            # A text that cannot be encoded fails below, as any other that is not a name.
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
    """Whether a page of this origin was served by the same host and port as the request is for."""
    scheme, _, authority = origin.partition("://")
    return scheme in ("http", "https") and bool(hosts) and all(authority == host for host in hosts)
