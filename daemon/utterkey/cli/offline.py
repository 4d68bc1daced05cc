"""`offline-server`: the offline engine on its own, for other programs on this machine."""

from argparse import Namespace

from utterkey import offline


def serve(options: Namespace) -> int:
    return offline.serve(options.port)
