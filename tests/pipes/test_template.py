"""Input templates and paths: what is found, how it is inserted, what is refused."""

from typing import Any

import orjson
import pytest

from tailrace.pipes.path import MISSING, PathError, find, find_in_bytes, parse
from tailrace.pipes.template import Surroundings, Template, TemplateError

ORDER = {
    "eventName": "INSERT",
    "dynamodb": {
        "Keys": {"pk": {"S": "a"}},
        "NewImage": {"pk": {"S": "a"}, "n": {"N": "5"}, "tags": {"L": [{"S": "x"}, {"S": 'say "y"'}]}},
        "SizeBytes": 30,
    },
}
AROUND = Surroundings(
    pipe_arn="arn:pipe",
    pipe_name="orders",
    source_arn="arn:source",
    target_arn="arn:target",
    ingestion_time="2026-01-01T00:00:00.000Z",
)


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ('{"k": <$.dynamodb.Keys.pk.S>}', '{"k": "a"}'),
        ('{"k": "<$.dynamodb.Keys.pk.S>!"}', '{"k": "a!"}'),
        ('{"n": <$.dynamodb.NewImage.n>}', '{"n": {"N":"5"}}'),
        ('{"n": <$.dynamodb.SizeBytes>, "t": "<$.dynamodb.SizeBytes>"}', '{"n": 30, "t": "30"}'),
        ("<$.dynamodb.NewImage.tags.L.0.S>", "x"),
        ("<$.dynamodb.NewImage.tags.L[0].S>", "x"),
        ('{"q": "<$.dynamodb.NewImage.tags.L[1].S>"}', '{"q": "say \\"y\\""}'),
        ('{"l": <$.dynamodb.NewImage.tags.L>}', '{"l": [{"S":"x"},{"S":"say \\"y\\""}]}'),
        ('{"a": <$.none>, "b": "<$.none>"}', '{"a": null, "b": ""}'),
        ("no <$.none> text, <b>, a < b", "no  text, <b>, a < b"),
        ("plain text", "plain text"),
        ('{"p": "<aws.pipes.pipe-name>", "a": <aws.pipes.pipe-arn>}', '{"p": "orders", "a": "arn:pipe"}'),
        ('{"s": <aws.pipes.source-arn>, "t": <aws.pipes.target-arn>}', '{"s": "arn:source", "t": "arn:target"}'),
        ('{"i": "<aws.pipes.event.ingestion-time>"}', '{"i": "2026-01-01T00:00:00.000Z"}'),
        ('{"e": <$.eventName>,}', '{"e": "INSERT",}'),
        ('{"\\"<$.eventName>": 1}', '{"\\"INSERT": 1}'),
    ],
)
def test_what_becomes_of_an_event(template: str, rendered: str) -> None:
    assert Template(template).render(ORDER, AROUND).decode() == rendered


def test_the_whole_event_can_be_inserted() -> None:
    for name in ("aws.pipes.event", "aws.pipes.event.json"):
        rendered = Template(f'{{"e": <{name}>}}').render(ORDER, AROUND)
        assert orjson.loads(rendered) == {"e": ORDER}


@pytest.mark.parametrize("template", ["<$.a[*].b>", "<$.a..b>", "<$>.a<$.>", "<aws.pipes.nonsense>"])
def test_templates_that_name_nothing_are_refused(template: str) -> None:
    with pytest.raises(TemplateError):
        Template(template)


def test_paths_are_names_and_places() -> None:
    assert parse("$.a-b_c.d[0][1].e/f") == ("a-b_c", "d", 0, 1, "e/f")
    assert parse("$[2].x") == (2, "x")
    for wrong in ("a.b", "$.a[*]", "$.a[-1]", "$..a", "$.a.", "$.a[0:2]", "$.a[?(@.b)]"):
        with pytest.raises(PathError):
            parse(wrong)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.eventName", "INSERT"),
        ("$.dynamodb.Keys.pk.S", "a"),
        ("$.dynamodb.SizeBytes", 30),
        ("$.dynamodb.Keys", {"pk": {"S": "a"}}),
        ("$.dynamodb.Keys.sk.S", MISSING),
        ("$.eventName.x", MISSING),
        ("$.none", MISSING),
    ],
)
def test_values_are_found_in_events_and_in_their_bytes_alike(path: str, value: Any) -> None:
    in_bytes = find_in_bytes(path)
    assert in_bytes is not None
    found = [find(path)(ORDER), in_bytes(orjson.dumps(ORDER))]
    assert found == [value, value] if value is not MISSING else all(each is MISSING for each in found)


def test_places_in_arrays_need_the_decoded_event() -> None:
    assert find_in_bytes("$.dynamodb.NewImage.tags.L[0].S") is None
    assert find("$.dynamodb.NewImage.tags.L[0].S")(ORDER) == "x"
    assert find("$.dynamodb.NewImage.tags.L[9].S")(ORDER) is MISSING
