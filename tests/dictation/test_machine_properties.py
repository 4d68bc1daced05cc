"""No sequence of events leaves the microphone on, a session open, text out of order, or an utterance lost.

A small world stands around the machine: it obeys the effects and answers them at random, in any order, late, twice, or
not at all, as microphones, networks, desktops and users do. Every turn's text carries a mark of its own, so that a turn
that is lost or comes twice is seen, in parts or as a whole. At the end either everything is left to itself, in a world
that works or in one of several that do not, or the program is told to quit.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from dictation.scenarios import F9, LINGERING, PLAIN, RIGHT_CTRL
from utterkey.dictation import effects as do
from utterkey.dictation import events as ev
from utterkey.dictation.machine import step
from utterkey.dictation.state import Delivering, Part, Ready, State, Utterance
from utterkey.dictation.transcript import Turn
from utterkey.errors import InsertionError, KeyRefused, SessionLimited, SessionLost
from utterkey.settings import AudioSettings, OutputSettings, Settings

KEYS = (F9, RIGHT_CTRL, ev.COMMAND, ev.Trigger("f8", wishes=ev.Wishes(("de",))))
FINAL = ("delivered", "failed", "interrupted", "cancelled")
AS_YOU_SPEAK = replace(PLAIN, output=OutputSettings(as_you_speak=True), audio=AudioSettings(pause_media=True))
OBEYING = replace(PLAIN, output=OutputSettings(spoken_commands=True))
OBEYING_AS_YOU_SPEAK = replace(PLAIN, output=OutputSettings(spoken_commands=True, as_you_speak=True))
SCRATCH = "Scratch that."


def held_keys(state: State) -> list[Utterance]:
    return [u for u in state.utterances if u.held]


def marks(text: str) -> set[str]:
    return set(re.findall(r"s\d+t\d+", text.lower()))


@dataclass
class World:
    settings: Settings
    state: State
    capturing: set[int] = field(default_factory=set)
    stopped: set[int] = field(default_factory=set)
    sessions: dict[int, int] = field(default_factory=dict)  # open ones: session -> the utterance it serves
    wishes: dict[int, object] = field(default_factory=dict)
    asked_to_end: set[int] = field(default_factory=set)
    asked_to_finish: set[int] = field(default_factory=set)
    aborted: set[int] = field(default_factory=set)
    began: set[int] = field(default_factory=set)
    sent: set[int] = field(default_factory=set)
    seconds: float = 0.0
    timers: dict[ev.Timer, float] = field(default_factory=dict)  # when each of them goes off
    born: list[int] = field(default_factory=list)
    over: dict[int, str] = field(default_factory=dict)
    meant: set[int] = field(default_factory=set)  # no shortcuts: they are for the service
    lengths: dict[int, int] = field(default_factory=dict)  # of the recordings that are complete
    worded: set[int] = field(default_factory=set)  # something was understood of them, if only a command
    answered: set[int] = field(default_factory=set)  # a session that had all of it ended as it should
    said: dict[int, set[str]] = field(default_factory=dict)
    ghosts: set[str] = field(default_factory=set)  # finals of sessions that no longer served
    unanswered: dict[int, list[do.Effect]] = field(default_factory=lambda: defaultdict(list))
    handed: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))  # the turns that are in the window
    begun: set[int] = field(default_factory=set)
    overdue: set[int] = field(default_factory=set)
    turns: int = 0
    exits: int = 0
    silenced: bool = False  # players that we paused
    sleep: Literal["far", "held off", "allowed"] = "far"

    def post(self, event: ev.Event) -> None:
        self._before(event)
        self.state, effects = step(self.state, event, self.settings)
        before = set(self.over)
        for effect in effects:
            self._obey(effect)
        for number in self.over.keys() - before:
            self._ends(number)
        if self.sleep == "held off" and not self.exits:
            assert ev.ProgramTimer("sleep") in self.timers, "sleep is held off for ever"
            assert self.sessions or self.state.utterances, "sleep is held off for nothing"
            assert not held_keys(self.state), "it speaks into its sleep"
        delivering = [u for u in self.state.utterances if u.part is not None or isinstance(u.phase, Delivering)]
        assert len(delivering) <= 1, "two texts at once"
        held = held_keys(self.state)
        assert len(held) <= 1
        assert {u.number for u in held} <= self.capturing, "an utterance records without a microphone"

    def _before(self, event: ev.Event) -> None:  # noqa: C901 - one flat table of events
        match event:
            case ev.CaptureEnded(utterance=number, recording_ms=ms):
                self.lengths[number] = ms
                self.capturing.discard(number)
                self.stopped.discard(number)
            case ev.SessionEnded(session=session) | ev.SessionFailed(session=session):
                number = self.sessions.pop(session, 0)
                if isinstance(event, ev.SessionEnded) and session in self.asked_to_finish:
                    self.answered.add(number)
            case ev.SessionBegan(session=session):
                self.began.add(session)
            case ev.AudioSent(session=session):
                self.sent.add(session)
            case ev.GoingToSleep():
                self.sleep = "held off"
            case ev.TextInserted(n) | ev.TextCopied(n) | ev.Scratched(n) | ev.NotScratched(n):
                self.unanswered[n].pop(0)
            case ev.InsertionFailed(n):
                self.unanswered[n].pop(0)
                self._part_fails(n)
            case ev.TimedOut(timer):
                if isinstance(timer, ev.UtteranceTimer) and timer.name == "deliver":
                    self._part_fails(timer.utterance)
                self.seconds = max(self.seconds, self.timers.pop(timer, 0.0))
                if timer == ev.ProgramTimer("sleep") and self.sleep == "held off":
                    self.sleep = "allowed"
                if isinstance(timer, ev.UtteranceTimer) and timer.name in ("overdue", "late"):
                    self.overdue.add(timer.utterance)
            case ev.TurnReceived(utterance=number, session=session, turn=turn):
                serving = self.state.find(number)
                if turn.text:
                    self.worded.add(number)
                if not turn.final:
                    return
                if serving is not None and isinstance(serving.phase, Ready | Delivering):
                    pass  # its text was complete
                elif serving is not None and serving.session == session:
                    self.said.setdefault(number, set()).add(turn.text)
                elif turn.text:
                    self.ghosts.add(turn.text)
            case _:
                pass

    def _part_fails(self, n: int) -> None:
        u = self.state.find(n)
        if u is not None and isinstance(u.part, Part):
            self.handed[n] -= marks(u.part.text)

    def _obey(self, effect: do.Effect) -> None:  # noqa: C901 - one flat table of effects
        number = getattr(effect, "utterance", None)
        if not isinstance(effect, do.StopTimers) and number:
            assert number not in self.over, f"{effect} after the end of its utterance"
        match effect:
            case do.StartCapture(n):
                assert n not in self.born
                self.born.append(n)
                self.capturing.add(n)
            case do.StopCapture(n):
                if n in self.capturing:
                    self.capturing.remove(n)
                    self.stopped.add(n)
            case do.OpenSession(session, n, _, wishes):
                self.wishes[session] = wishes
                assert session not in self.sessions
                assert n not in self.sessions.values() or self._only_ending(n), "two sessions for one utterance"
                self.sessions[session] = n
                self.meant.add(n)
            case do.ReuseSession(session, n):
                assert session not in self.asked_to_end, "a session that was told to end is used again"
                u = self.state.find(n)
                same = u is None or u.trigger.wishes == self.wishes[session]
                assert same, "a session of other languages is used"
                self.began.add(session)
                self.sessions[session] = n
                self.meant.add(n)
                self.asked_to_finish.discard(session)
                self.sent.discard(session)
            case do.FinishSession(session, ending):
                assert session not in self.asked_to_end
                assert session not in self.asked_to_finish or ending == "terminate"
                self.asked_to_finish.add(session)
                if ending == "terminate":
                    self.asked_to_end.add(session)
            case do.AbortSession(session):
                self.aborted.add(session)
                self.asked_to_end.add(session)
            case do.InsertText(n, text) | do.CopyText(n, text):
                assert n not in self.begun or self.settings.output.as_you_speak, "a text in parts"
                assert marks(text), "a text without words"
                assert not marks(text) & self.handed[n], "the same text twice"
                assert not any(ghost in text for ghost in self.ghosts), "words of a session that was gone"
                earlier = [u for u in self.state.utterances if u.number < n and u.number not in self.overdue]
                assert not earlier, "a text overtakes one that is not overdue"
                self.begun.add(n)
                self.handed[n] |= marks(text)
                self.unanswered[n].append(effect)
            case do.ScratchLast(n):
                self.unanswered[n].append(effect)
            case do.SetStatus(n, status, text) if status in FINAL:
                obeying = self.settings.output.spoken_commands  # what was scratched is told all the same
                whole = marks(text) >= self.handed[n] if obeying else marks(text) == self.handed[n]
                assert status != "delivered" or whole, "not all of the text, or more"
                self.over[n] = status
            case do.ForgetUtterance(n):
                assert not any(marks(text) for text in self.said.get(n, ())), (
                    "words were heard and the utterance is forgotten"
                )
                if n in self.meant and self.lengths.get(n, 0) > 300 and n not in self.worded:
                    assert n in self.answered, "forgotten, and nobody has said that nothing was said"
                self.over[n] = "forgotten"
            case do.StartTimer(timer, seconds):
                assert seconds >= 0
                self.timers[timer] = self.seconds + seconds
            case do.StopTimers(n):
                mine = [t for t in self.timers if isinstance(t, ev.UtteranceTimer) and t.utterance == n]
                for timer in mine:
                    del self.timers[timer]
            case do.PauseMedia() | do.ResumeMedia():
                assert self.silenced == isinstance(effect, do.ResumeMedia)
                self.silenced = not self.silenced
            case do.AdoptSettings(changed):
                assert not self.state.utterances, "the settings change under an utterance"
                assert set(self.sessions) <= self.asked_to_end, "a session outlives its settings"
                self.settings = changed
            case do.DelaySleep(on):
                done = not self.sessions and not self.state.utterances
                assert on or self.sleep == "allowed" or done, "it sleeps with something in hand"
                self.sleep = "far" if on else "allowed"
            case do.Exit():
                self.exits += 1
            case _:
                pass

    def _only_ending(self, n: int) -> bool:
        return all(s in self.asked_to_end for s, served in self.sessions.items() if served == n)

    def _ends(self, n: int) -> None:
        assert n not in self.capturing, "the microphone is left on"
        idle = self.state.idle_session
        for session, served in self.sessions.items():
            if served == n and (idle is None or session != idle.session):
                assert session in self.asked_to_end, "a session is left open"


def possible(world: World, draw: st.DataObject) -> ev.Event:
    """Something that could happen now: more often than not it is a part's answer."""
    users: list[ev.Event] = [*(ev.Pressed(k) for k in KEYS * 2), *(ev.Released(k) for k in KEYS)]
    users += [ev.Released(None), ev.Toggled(), ev.Cancelled(), ev.Cancelled(KEYS[1])]
    desktop: list[ev.Event] = [ev.ResumeRequested(), ev.ScreenUnlocked(), ev.WokeUp()] * 3
    desktop += [ev.PauseRequested(), ev.ScreenLocked(), ev.GoingToSleep(), ev.QuitRequested()]
    desktop += [ev.SettingsChanged(changed) for changed in (PLAIN, AS_YOU_SPEAK, LINGERING)]
    desktop += [ev.PartFailed("tray", InsertionError("Gone.")), ev.DesktopGone(InsertionError("Gone."))]
    timers: list[ev.Event] = [ev.TimedOut(t) for t in sorted(world.timers, key=repr)]
    marked: list[ev.Event] = [ev.TargetMarked(n, "w") for n in world.born[-2:]]
    recorded = sorted(world.capturing | world.stopped)
    texts = sorted(n for n, unanswered in world.unanswered.items() if unanswered)
    kinds = [
        *(["session"] * 12 if world.sessions else []),
        *(["text"] * 6 if texts else []),
        *(["recorded"] * 3 if recorded else []),
        *(["timer"] * 3 if timers else []),
        *(["marked"] if marked else []),
        *["user"] * (3 if world.sessions else 12),
        "desktop",
    ]
    match draw.draw(st.sampled_from(kinds)):
        case "session":
            return answer(world, draw)
        case "text":
            return receipt(world, draw.draw(st.sampled_from(texts)), draw)
        case "recorded":
            ms = draw.draw(st.sampled_from([0, 300, 2000, 5000]))
            return ev.CaptureEnded(draw.draw(st.sampled_from(recorded)), ms, draw.draw(voices))
        case kind:
            happens = {"timer": timers, "marked": marked, "user": users, "desktop": desktop}[kind]
            return draw.draw(st.sampled_from(happens))


voices = st.sampled_from([(), ((100, 1900),), ((100, 4900),), ((0, 100),)])
errors = st.sampled_from([SessionLost("Lost."), SessionLimited("Too many."), KeyRefused("Wrong.")])


def answer(world: World, draw: st.DataObject) -> ev.Event:
    """What a session says: turns, most of the time."""
    session, n = draw.draw(st.sampled_from(sorted(world.sessions.items())))
    kinds = ["turn"] * 6 + ["opened", "began", "speech", "failed", "ended"]
    match draw.draw(st.sampled_from([*kinds, *(["sent"] * 2 if session in world.asked_to_finish else [])])):
        case "opened":
            return ev.SocketOpened(n, session)
        case "began":
            return ev.SessionBegan(n, session)
        case "speech":
            return ev.SpeechStarted(n, session)
        case "failed":
            return ev.SessionFailed(n, session, draw.draw(errors))
        case "ended":
            return ev.SessionEnded(n, session, 3)
        case "sent":
            return ev.AudioSent(n, session)
    world.turns += 1
    order = draw.draw(st.integers(0, 2))
    commands = world.settings.output.spoken_commands
    words = SCRATCH if commands and order == 1 else f"Word {world.turns} of s{session}t{order}."
    turn = Turn(
        order=order,
        text=words if draw.draw(st.sampled_from([True, True, False])) else "",
        final=draw.draw(st.booleans()),
        settled=draw.draw(st.sampled_from([True, True, False])),
        end_ms=draw.draw(st.sampled_from([0, 900, 1900, 4900])),
    )
    return ev.TurnReceived(n, session, turn)


def receipt(world: World, n: int, draw: st.DataObject) -> ev.Event:
    """An inserter answers each text, once and in their order."""
    if isinstance(world.unanswered[n][0], do.ScratchLast):
        removed = draw.draw(st.booleans())
        return ev.Scratched(n) if removed else ev.NotScratched(n, InsertionError("Touched."))
    if draw.draw(st.sampled_from([True, True, False])):
        return done(n, world.unanswered[n][0])
    return ev.InsertionFailed(n, InsertionError("Nowhere."), draw.draw(st.booleans()))


Service = Literal["answers", "falls silent", "breaks", "is dead"]


def leave_alone(world: World, draw: st.DataObject) -> None:
    """The keys are up, and nobody does anything more. However the parts go on from here, all of it comes to an end."""
    service: Service = draw.draw(st.sampled_from(get_args(Service)))
    microphone = draw.draw(st.one_of(st.none(), voices))  # none: it hangs
    window = draw.draw(st.booleans())
    breaks: dict[int, float] = {}
    until = world.seconds + 60 * (1 + len(world.state.utterances))  # a window that is mute costs time for each text
    world.post(ev.Released(None))
    for _ in range(300):
        if not world.state.utterances:
            break
        event = next(answers(world, service, microphone, window), None)
        if event is None:
            if service == "breaks":
                for session in world.sessions:
                    breaks.setdefault(session, world.seconds + 2.0)
            event = next_in_time(world, breaks)
        world.post(event)
    assert not world.state.utterances, "an utterance hangs"
    assert world.seconds < until, "an utterance hangs for long"
    assert not world.capturing, "the microphone is left on"
    idle = world.state.idle_session
    left = {session for session in world.sessions if idle is None or session != idle.session}
    assert left <= world.asked_to_end, "a session is left open"


def answers(world: World, service: Service, microphone: tuple[ev.Span, ...] | None, window: bool) -> Iterator[ev.Event]:
    """What the parts say at once. A session that is aborted ends, and one that has begun notices a dead line."""
    if microphone is not None:
        yield from (ev.CaptureEnded(n, 5000, microphone) for n in world.stopped)
    if window:
        for n, unanswered in world.unanswered.items():
            if unanswered:
                yield done(n, unanswered[0])
    yield from session_answers(world, service)


def session_answers(world: World, service: Service) -> Iterator[ev.Event]:
    for session, n in world.sessions.items():
        if session in world.aborted:
            yield ev.SessionEnded(n, session, None)
        elif service == "is dead":
            if session in world.began:
                yield ev.SessionFailed(n, session, SessionLost("Lost."))
        elif session not in world.began:
            yield ev.SessionBegan(n, session)
        elif session in world.asked_to_finish and n in world.lengths:
            if session not in world.sent:
                yield ev.AudioSent(n, session)
            elif service == "answers" and session in world.asked_to_end:
                yield ev.SessionEnded(n, session, 3)


def done(n: int, order: do.Effect) -> ev.Event:
    match order:
        case do.ScratchLast():
            return ev.Scratched(n)
        case do.InsertText():
            return ev.TextInserted(n)
        case _:
            return ev.TextCopied(n)


def next_in_time(world: World, breaks: dict[int, float]) -> ev.Event:
    coming: list[tuple[float, ev.Event]] = [(when, ev.TimedOut(timer)) for timer, when in world.timers.items()]
    for session, when in breaks.items():
        if session in world.sessions:
            coming.append((when, ev.SessionFailed(world.sessions[session], session, SessionLost("Lost."))))
    assert coming, "nothing will ever wake it"
    when, event = min(coming, key=lambda each: each[0])
    world.seconds = max(world.seconds, when)
    return event


def wind_down(world: World) -> None:
    """Nothing more happens but what the program itself has ordered; then it is told to quit."""
    world.post(ev.QuitRequested())
    for _ in range(200):
        if world.exits:
            break
        if world.stopped:
            world.post(ev.CaptureEnded(min(world.stopped), 2000, ((100, 1900),)))
        elif world.timers:
            world.post(ev.TimedOut(min(world.timers, key=repr)))


@settings(max_examples=max(400, settings().max_examples))
@given(st.data())
def test_nothing_is_left_behind(data: st.DataObject) -> None:
    crowded = frozenset({-1, -2, -3} if data.draw(st.booleans()) else ())  # the next session would linger
    world = World(
        data.draw(st.sampled_from([PLAIN, AS_YOU_SPEAK, OBEYING, OBEYING_AS_YOU_SPEAK])), State(recent_sessions=crowded)
    )
    for _ in range(data.draw(st.integers(0, 60))):
        if world.exits:
            break
        world.post(possible(world, data))
    if not world.exits and data.draw(st.booleans()):
        leave_alone(world, data)
    wind_down(world)
    assert world.exits == 1, "the program does not end"
    assert not world.capturing, "the microphone is left on"
    assert not world.silenced, "players are left paused"
    assert set(world.sessions) <= world.asked_to_end, "a session is left open"
    assert set(world.born) == set(world.over), "an utterance is lost"
