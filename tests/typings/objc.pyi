"""What we use of pyobjc's own module."""

from contextlib import AbstractContextManager

def autorelease_pool() -> AbstractContextManager[None]: ...
