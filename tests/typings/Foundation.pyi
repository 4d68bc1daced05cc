"""What we use of pyobjc's Foundation."""

from AppKit import NSNotificationCenter

class NSDistributedNotificationCenter:
    @classmethod
    def defaultCenter(cls) -> NSNotificationCenter: ...
