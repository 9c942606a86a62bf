"""A service that does nothing until it is told to stop."""

import signal

if __name__ == "__main__":
    signal.pause()
