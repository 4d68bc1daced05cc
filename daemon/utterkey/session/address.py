"""Where a session is opened."""

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect, and the header that says who we are. The header is a secret."""

    url: str
    authorization: str | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    def with_query(self, query: str) -> str:
        return f"{self.url}{'&' if urlsplit(self.url).query else '?'}{query}"

    def conceal(self, text: str) -> str:
        """The service's words with the secret taken out, should it ever repeat it."""
        return text.replace(self.authorization, "…") if self.authorization else text


def is_local(host: str) -> bool:
    """Is it this machine itself?"""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
