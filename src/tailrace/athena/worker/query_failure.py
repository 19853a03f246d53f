"""A query that fails while it runs: the text is what GetQueryExecution shows as its reason."""


class QueryFailure(Exception):
    """``CODE: text``, in Athena's words."""
