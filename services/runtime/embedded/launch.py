"""Become another program that ends with its parent, optionally as another user. Run by path, with no imports of ours.

A separate small program because the steps must happen after fork, in this order, and never in a process with threads:
changing the user clears the parent-death signal, and a signal set too late misses a parent that is already dead.
"""

import argparse
import ctypes
import os
import struct
import sys

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--signal", type=int, required=True)
    parser.add_argument("--user", type=int)
    parser.add_argument("--group", type=int)
    parser.add_argument("command", nargs="+")
    wanted = parser.parse_args()
    if wanted.user is not None:
        _become(wanted.user, wanted.group)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, wanted.signal, 0, 0, 0)
    if os.getppid() != wanted.parent:
        sys.exit("the parent has already ended")
    os.execv(wanted.command[0], wanted.command)


def _become(user: int, group: int) -> None:
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    # The folder may lie in root's home, which other users can't enter. Opening that home to all of them would be
    # worse than letting this one program through: it keeps the right to pass folders, and nothing else of root.
    right = 1 << CAP_DAC_OVERRIDE
    header, rights = struct.pack("Ii", CAPABILITY_VERSION_3, 0), struct.pack("6I", right, right, right, 0, 0, 0)
    if libc.capset(header, rights) == 0:
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


if __name__ == "__main__":
    main()
