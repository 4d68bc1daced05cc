"""What we use of pyobjc's AVFoundation."""

from collections.abc import Callable

AVMediaTypeAudio: str

class AVCaptureDevice:
    @classmethod
    def authorizationStatusForMediaType_(cls, kind: str, /) -> int: ...
    @classmethod
    def requestAccessForMediaType_completionHandler_(cls, kind: str, done: Callable[[bool], None], /) -> None: ...
