"""What is kept of texts is bounded in size, not in number alone."""

from tailrace.engine.kept import Kept


def test_short_texts_are_kept_and_few_long_ones() -> None:
    made: list[str] = []

    @Kept(short=100, long=2, short_chars=4)
    def reverse(text: str, times: int = 1) -> str:
        """Answer it backwards."""
        made.append(text)
        return text[::-1] * times

    short, long = [f"{number}" for number in range(100)], [f"{number:05}" for number in range(5)]
    for _ in range(2):
        for text in short:
            assert reverse(text) == text[::-1]
    assert made == short
    made.clear()
    for _ in range(2):
        for text in long:
            assert reverse(text, 2) == text[::-1] * 2
    assert made == long * 2
    assert reverse(long[-1], 2) and len(made) == 10
    assert reverse.__doc__ == "Answer it backwards."
