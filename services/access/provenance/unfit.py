"""The one thing that a file can be at fault for, on both sides of the child process."""


class Unfit(Exception):
    """This file can't be used for what was asked; the message says why."""
