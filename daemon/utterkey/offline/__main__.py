"""`python -m utterkey.offline [--idle SECONDS]`: the daemon's child. See process.py."""

import argparse
import sys

from utterkey.offline.process import IDLE_S, serve_parent

arguments = argparse.ArgumentParser(prog="utterkey.offline")
arguments.add_argument("--idle", type=float, default=IDLE_S)
sys.exit(serve_parent(arguments.parse_args().idle))
