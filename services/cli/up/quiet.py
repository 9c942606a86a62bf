"""Loaded first by the process that services are forked from: Ctrl-C, which a terminal sends to all, is its parent's."""

import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)
