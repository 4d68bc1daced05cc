"""The overlay on X11, XWayland's included: when is what drawn.

Owns the thread `overlay` and an X connection of that thread. Views come on the controller's thread; only a scene that
differs wakes ours. With nothing to show the window, the pixmap and the fonts are gone and the thread sleeps in the
kernel. At most 20 pictures a second: words 50 ms after words, the meter alone 100 ms after anything.
"""

import logging
import threading
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING

from utterkey.desktop.x11 import Connection
from utterkey.dictation.events import PartFailed, Post
from utterkey.dictation.view import View
from utterkey.errors import OverlayError
from utterkey.overlay import Level
from utterkey.overlay.fonts import Faces
from utterkey.overlay.scene import BARS, NOTICE_SECONDS, Look, Scene, Watched, advance, bar
from utterkey.overlay.theme import Theme
from utterkey.overlay.x11_window import OverlayWindow, Screen
from utterkey.settings import OverlaySettings

if TYPE_CHECKING:
    from utterkey.overlay.picture import Picture

log = logging.getLogger(__name__)

WORDS_SECONDS = 0.05
METER_SECONDS = 0.1
PASSING_SECONDS: dict[Look, float] = {"waiting": 0.1, "finishing": 0.06}
"""What is over sooner is not drawn at all: neither the microphone nor the text is to wait for a picture."""


class X11Overlay:
    name = "X11"

    def __init__(self, settings: OverlaySettings, theme: Theme, level: Level, post: Post) -> None:
        """Raises OverlayError if there is no X server, or one that cannot let clicks through."""
        self.problem = ""
        self._post = post
        self._watched = Watched()
        self._leave = False
        self._connection = Connection(OverlayError)  # from here on it belongs to the thread `overlay`
        try:
            self._stage = _Stage(Screen(self._connection.display), settings, theme, level)
        except OverlayError:
            self._connection.close()
            raise
        self._thread = threading.Thread(target=self._run, name="overlay", daemon=True)
        self._thread.start()

    def show(self, view: View) -> None:
        before = self._watched.scene
        self._watched = advance(self._watched, view)
        if self._watched.scene != before:
            self._connection.wake()

    def close(self) -> None:
        self._leave = True
        self._connection.wake()
        self._thread.join(2)

    # --- the thread `overlay` ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            with self._connection.errors():
                while not self._leave:
                    self._connection.wait(self._stage.play(self._watched.scene, monotonic()))
        except OverlayError as error:
            self.problem = str(error)
            self._post(self._connection.lost("overlay", error))
        except Exception as error:  # the top of a thread: the words may go unseen, but not this
            log.exception("The thread overlay broke")
            self.problem = f"The overlay broke ({error}); restart utterkey to get it back."
            self._post(PartFailed("overlay", OverlayError(self.problem)))
        finally:
            self._connection.close()


class _Stage:
    """Shows one scene after the other, in time."""

    def __init__(self, screen: Screen, settings: OverlaySettings, theme: Theme, level: Level) -> None:
        self._screen = screen
        self._settings = settings
        self._theme = theme
        self._level = level
        self._faces = Faces()
        self._act: _Act | None = None
        self._wanted: Scene | None = None
        self._since = 0.0

    def play(self, scene: Scene | None, now: float) -> float | None:
        """Draw what is due; in how many seconds there may be more to draw, None if nothing is on its way."""
        if _is_another(scene, self._wanted):
            self._since = now
        self._wanted = scene
        if scene is None or (scene.look == "notice" and now >= self._since + NOTICE_SECONDS):
            self._end()
            return None
        passing = self._since + PASSING_SECONDS.get(scene.look, 0.0) - now
        if passing > 0:
            return passing
        if self._act is None:
            self._act = self._begin()
        seconds = self._act.play(scene, now)
        return self._since + NOTICE_SECONDS - now if scene.look == "notice" and seconds is None else seconds

    def _begin(self) -> "_Act":
        from utterkey.overlay.picture import Picture  # with it pillow, which is not needed before

        place = self._screen.place()
        picture = Picture(self._faces, self._theme.colours, place.scale)
        self._level()  # what was heard before is over
        return _Act(OverlayWindow(self._screen, place, self._settings.position), picture, self._level)

    def _end(self) -> None:
        if self._act is not None:
            self._act.window.close()
            self._act = None


def _is_another(scene: Scene | None, before: Scene | None) -> bool:
    """Whether its time begins anew. With other words of the same look it does not: they would put off their picture."""
    if scene is None or before is None:
        return scene is not before
    return scene.look != before.look or (scene.look == "notice" and scene != before)


class _Act:
    """From the overlay's appearing to its going."""

    def __init__(self, window: OverlayWindow, picture: "Picture", level: Level) -> None:
        self.window = window
        self._picture = picture
        self._level = level
        self._shown: Scene | None = None
        self._bars = deque([0] * BARS, maxlen=BARS)
        self._words_at = self._drawn_at = float("-inf")

    def play(self, scene: Scene, now: float) -> float | None:
        if scene != self._shown:
            if now < self._words_at + WORDS_SECONDS:
                return self._words_at + WORDS_SECONDS - now
            self._draw(scene, now)
        elif scene.look == "listening" and now >= self._drawn_at + METER_SECONDS:
            self._drawn_at = now
            self._move_meter(painted_over=False)
        return self._drawn_at + METER_SECONDS - now if scene.look == "listening" else None

    def _draw(self, scene: Scene, now: float) -> None:
        patches = self._picture.draw(scene)
        self.window.paint(self._picture.size, self._picture.radius, patches)
        self._shown, self._words_at = scene, now
        if scene.look == "listening":
            self._move_meter(painted_over=any(self._picture.covers_meter(patch) for patch in patches))
        self._drawn_at = now

    def _move_meter(self, *, painted_over: bool) -> None:
        """A meter that stays as it is, in silence, is not drawn again."""
        before = tuple(self._bars)
        self._bars.append(bar(self._level()))
        levels = tuple(self._bars)
        if painted_over or levels != before:
            colours = self._picture.colours
            self.window.fill(self._picture.meter, colours.card, self._picture.bars(levels), colours.meter)
