"""What can go wrong with the store itself; the door translates these at the border, once."""


class EngineError(Exception):
    """The root of the engine's errors."""


class StoreBusy(EngineError):
    """Another process has this data directory open."""


class StoreFull(EngineError):
    """The disk has no room left for a write. Earlier state stays readable; free some space and send it again."""


class StoreBroken(EngineError):
    """The disk refused a write or a sync: nothing is acknowledged until the process is started anew."""


class StoreDamaged(EngineError):
    """The state on disk can't be read as it was written: files of it are missing, cut or changed."""


class DirectoryUnusable(EngineError):
    """The data directory can't be written to: it is read-only, belongs to another user, or is no directory."""


class FormatUnknown(EngineError):
    """The data directory was written by a newer Tailrace, or is not one of Tailrace's."""


class TransactionConflict(EngineError):
    """A log moved on between append and commit: a transaction was held across an await."""
