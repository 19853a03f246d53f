"""The expression of GetPartitions: comparisons, AND, OR, NOT, IN, BETWEEN, LIKE, IS NULL over partition keys.

Values compare as the key's type says: string keys as text, numbers as numbers (Glue API, GetPartitions).
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from tailrace.glue.entry import invalid

NULL = "__HIVE_DEFAULT_PARTITION__"
Value = str | Decimal | None
Test = Callable[[Sequence[Value]], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<operator><>|!=|>=|<=|[=<>(),])"
    r"|(?P<quoted>\"[^\"]+\"|`[^`]+`)|(?P<word>[A-Za-z_][\w$]*))"
)
_NUMBERS = frozenset({"int", "integer", "bigint", "long", "tinyint", "smallint", "decimal"})
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}
_DEPTH_MAX = 100
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def compiled(text: str, keys: Sequence[dict[str, Any]]) -> Callable[[Sequence[str]], bool]:
    """Compile an expression into a test of partition values. Raises InvalidInputException."""
    readers = [_reader(key.get("Type", "string")) for key in keys]
    parser = _Parser(text, [key["Name"].lower() for key in keys], readers)
    test = parser.parse()
    return lambda values: test([read(value) for read, value in zip(readers, values, strict=True)])


def _reader(type_name: str) -> Callable[[str], Value]:
    base = type_name.lower().partition("(")[0].strip()
    return _number if base in _NUMBERS else _text


def _text(value: str) -> Value:
    return None if value == NULL else value


def _number(value: str) -> Value:
    try:
        return Decimal(value)
    except InvalidOperation:
        return None


class _Parser:
    def __init__(self, text: str, names: Sequence[str], readers: Sequence[Callable[[str], Value]]) -> None:
        self._text = text
        self._names = names
        self._readers = readers
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0

    def parse(self) -> Test:
        test = self._either()
        if self._at < len(self._tokens):
            raise self._unsupported()
        return test

    def _either(self) -> Test:
        tests = [self._both()]
        while self._accept("OR"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda values: any(test(values) for test in tests)

    def _both(self) -> Test:
        tests = [self._negation()]
        while self._accept("AND"):
            tests.append(self._negation())
        return tests[0] if len(tests) == 1 else lambda values: all(test(values) for test in tests)

    def _negation(self) -> Test:
        self._depth += 1
        if self._depth > _DEPTH_MAX:
            raise self._unsupported()
        test = self._nested()
        self._depth -= 1
        return test

    def _nested(self) -> Test:
        if self._accept("NOT"):
            negated = self._negation()
            return lambda values: not negated(values)
        if self._accept("("):
            test = self._either()
            self._expect(")")
            return test
        return self._predicate()

    def _predicate(self) -> Test:
        if self._peek()[0] in ("text", "number"):
            literal = self._literal()
            operator = self._operator()
            return self._comparison(self._column(), _FLIPPED.get(operator, operator), literal)
        column = self._column()
        if self._accept("IS"):
            wanted = not self._accept("NOT")
            self._expect("NULL")
            return lambda values: (values[column] is None) is wanted
        negated = self._accept("NOT")
        test = self._membership(column)
        if test is None:
            if negated:
                raise self._unsupported()
            return self._comparison(column, self._operator(), self._literal())
        if not negated:
            return test
        return lambda values: values[column] is not None and not test(values)

    def _membership(self, column: int) -> Test | None:
        if self._accept("IN"):
            self._expect("(")
            wanted = {self._read(column, self._literal())}
            while self._accept(","):
                wanted.add(self._read(column, self._literal()))
            self._expect(")")
            return lambda values: values[column] is not None and values[column] in wanted
        if self._accept("BETWEEN"):
            low = self._comparison(column, ">=", self._literal())
            self._expect("AND")
            high = self._comparison(column, "<=", self._literal())
            return lambda values: low(values) and high(values)
        if self._accept("LIKE"):
            pattern = _like(self._literal())
            return lambda values: values[column] is not None and pattern.fullmatch(str(values[column])) is not None
        return None

    def _comparison(self, column: int, operator: str, literal: str) -> Test:
        compare, wanted = _COMPARE[operator], self._read(column, literal)
        if wanted is None:
            raise invalid(f"Unsupported expression '{literal}'")
        return lambda values: values[column] is not None and compare(values[column], wanted)

    def _read(self, column: int, literal: str) -> Value:
        return self._readers[column](literal)

    def _column(self) -> int:
        kind, token = self._next()
        name = token.strip('"`').lower()
        if kind not in ("word", "quoted"):
            raise self._unsupported()
        if name not in self._names:
            raise invalid(f"Unknown column '{token}'")
        return self._names.index(name)

    def _literal(self) -> str:
        kind, token = self._next()
        if kind == "word" and token.upper() in ("DATE", "TIMESTAMP"):
            kind, token = self._next()
        if kind == "text":
            return token[1:-1].replace("''", "'")
        if kind == "number":
            return token
        raise self._unsupported()

    def _operator(self) -> str:
        _, token = self._next()
        if token not in _COMPARE:
            raise self._unsupported()
        return token

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _accept(self, word: str) -> bool:
        kind, token = self._peek()
        if kind in ("word", "operator") and token.upper() == word:
            self._at += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self._unsupported()

    def _unsupported(self) -> Exception:
        return invalid(f"Unsupported expression '{self._text}'")


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise invalid(f"Unsupported expression '{text}'")
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    return tokens


def _like(pattern: str) -> re.Pattern[str]:
    # What follows a % is taken at its first occurrence and never tried again, so that many cost no more than one.
    first, *rest = ["".join("." if char == "_" else re.escape(char) for char in run) for run in pattern.split("%")]
    if not rest:
        return re.compile(first, re.DOTALL)
    middle = "".join(f"(?>.*?{run})" for run in rest[:-1])
    return re.compile(f"{first}{middle}.*{rest[-1]}", re.DOTALL)
