"""The pure middle: events in, effects out. No I/O, no thread, no clock.

Read in this order: events, effects, machine, transcript.
"""
