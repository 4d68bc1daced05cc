"""A session with the transcription service: bytes out, words in.

- messages, parameters, protocol, failures: the wire's texts, what is asked for, frames and turns, errors
- endpoint, address: where the service is, and what proves that we may use it
- connecting, names, racing: from an address to an open WebSocket
- wire, part: frames on a socket that never blocks, and the recordings they come from
- conversation: an open session, to its end
- connection: one session's life, on its one thread
- interruption: what other threads may do to that thread
"""

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl


def tls_context() -> "ssl.SSLContext":
    """Choose what certificates are checked against: SSL_CERT_FILE, else the system's own store."""
    import ssl

    own_file = os.environ.get("SSL_CERT_FILE")
    if sys.platform != "linux" and not own_file:
        import truststore

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return ssl.create_default_context(cafile=own_file or None)
