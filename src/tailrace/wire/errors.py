"""One class carries every AWS error: its code, its text, its HTTP status and the further members of its body."""

from typing import Any


class AwsError(Exception):
    """An error in AWS's form; each protocol writes it its own way.

    ``members`` are further members of the error's shape, for example ``CancellationReasons``.
    """

    def __init__(self, code: str, message: str, status: int = 400, **members: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = members

    def anew(self) -> "AwsError":
        """Answer the same error, not raised yet: one that is kept and raised keeps what every raising touched."""
        return AwsError(self.code, self.message, self.status, **self.members)

    @property
    def fault(self) -> str:
        """Whose fault it is, in the query protocol's words."""
        return "Receiver" if self.status >= 500 else "Sender"
