"""Whether macOS lets us record. Without its leave the microphone delivers exact silence and no error.

Never run on a Mac, for none was at hand.
"""

NOT_ALLOWED = (
    "macOS does not let utterkey use the microphone: allow it in System Settings > Privacy & Security > Microphone (or "
    "the terminal it runs in), then start utterkey again."
)

_UNDECIDED, _ALLOWED = 0, 3


def forbidden() -> str:
    """Why nothing can be recorded, "" if something can. Has the system ask the user, once."""
    from AVFoundation import AVCaptureDevice, AVMediaTypeAudio

    status = AVCaptureDevice.authorizationStatusForMediaType_(AVMediaTypeAudio)
    if status == _UNDECIDED:
        AVCaptureDevice.requestAccessForMediaType_completionHandler_(AVMediaTypeAudio, lambda allowed: None)
    return "" if status in (_UNDECIDED, _ALLOWED) else NOT_ALLOWED
