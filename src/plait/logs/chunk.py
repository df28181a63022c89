"""What a source gives: bytes as they came, and a token from which reading can resume there."""

from plait.values import frozen


@frozen
class Chunk:
    """Bytes as they came from one source; their borders mean nothing.

    `token` is opaque to everything but its source and can be written as JSON; reading that
    resumes from it gives these bytes again, then what follows them.
    """

    data: bytes
    token: object = None
