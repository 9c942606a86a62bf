"""What can go wrong with the embedded broker and database; each message ends with its remedy."""


class EmbeddedError(Exception):
    """Base of all: the message is meant for the person at the terminal."""


class DataFolderInUse(EmbeddedError):
    """Another process runs on this data folder."""


class CannotStart(EmbeddedError):
    """The broker or the database didn't become ready; the message carries the end of its log."""


class DownloadRefused(EmbeddedError):
    """A file could not be fetched, or it is not the one that was locked."""
