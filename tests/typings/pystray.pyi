"""What we use of pystray."""

from collections.abc import Callable, Iterator
from typing import ClassVar

from PIL.Image import Image

class MenuItem:
    def __init__(
        self,
        text: str,
        action: Callable[[], None] | Menu,
        checked: Callable[[MenuItem], bool] | None = None,
        radio: bool = False,
        default: bool = False,
        visible: bool = True,
        enabled: bool = True,
    ) -> None: ...

class Menu:
    SEPARATOR: ClassVar[MenuItem]
    def __init__(self, *items: MenuItem) -> None: ...
    def __iter__(self) -> Iterator[MenuItem]: ...

class Icon:
    icon: Image | None
    title: str
    menu: Menu | None
    visible: bool
    def __init__(
        self, name: str, icon: Image | None = None, title: str | None = None, menu: Menu | None = None
    ) -> None: ...
    def run(self, setup: Callable[[Icon], None] | None = None) -> None: ...
    def run_detached(self, setup: Callable[[Icon], None] | None = None) -> None: ...
    def stop(self) -> None: ...
    def notify(self, message: str, title: str | None = None) -> None: ...
