"""URI templates of REST operations: which operation a method, a path, a query string and headers mean.

Labels are split before they are decoded, so an encoded slash stays inside its label.
"""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from tailrace.wire.model import Model, model_of


class Template(NamedTuple):
    """One operation's form. ``fields`` and ``headers`` must be there; a field's value is fixed or None."""

    operation: str
    segments: tuple[str, ...]
    fields: tuple[tuple[str, str | None], ...]
    headers: tuple[str, ...]

    @property
    def weight(self) -> tuple[int, int, int]:
        """How much it asks for: of those that match, the most demanding is meant."""
        fixed = sum(value is not None for _, value in self.fields)
        return fixed, len(self.fields) + len(self.headers), sum(not each.startswith("{") for each in self.segments)


class Match(NamedTuple):
    """The operation that was meant and the labels of its path."""

    operation: str
    labels: dict[str, str]


@cache
def templates_of(service: str) -> dict[tuple[str, int], list[Template]]:
    """Answer a service's templates by method and number of segments, the most demanding first."""
    model = model_of(service)
    found: dict[tuple[str, int], list[Template]] = {}
    for name in model.definitions:
        template = _template(model, name)
        found.setdefault((model.definitions[name].http.method, len(template.segments)), []).append(template)
    for each in found.values():
        each.sort(key=lambda template: template.weight, reverse=True)
    return found


def _template(model: Model, name: str) -> Template:
    path, _, query = model.definitions[name].http.request_uri.partition("?")
    fixed = [(key, value or None) for key, value in parse_qsl(query, keep_blank_values=True) if key != "x-id"]
    shape = model.operation(name).input
    places = [(shape.members[each].location, shape.members[each].location_name or each) for each in shape.required]
    required = [(each, None) for location, each in places if location == "querystring"]
    # A sub-resource of its own says enough; without one, as with copies, a header makes the difference.
    headers = () if fixed else tuple(each.lower() for location, each in places if location == "header")
    return Template(name, tuple(path.strip("/").split("/")), (*fixed, *required), headers)


def fields_of(query: str) -> dict[str, str]:
    """Answer a query string's fields, the first of each name."""
    return dict(reversed(parse_qsl(query, keep_blank_values=True))) if query else {}


def fits(template: Template, fields: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    """Answer whether everything that a template asks for beside its path is there."""
    return all(name in fields and (value is None or fields[name] == value) for name, value in template.fields) and all(
        name in headers for name in template.headers
    )


def match(service: str, method: str, path: str, query: str) -> Match | None:
    """Answer the operation of a REST-JSON service, or None."""
    segments = path.strip("/").split("/")
    fields = fields_of(query)
    for template in templates_of(service).get((method, len(segments)), ()):
        labels = _labels(template, segments)
        # What is missing of the members in the query string is said by validation, not by the route.
        if labels is not None and all(fields.get(name) == value for name, value in template.fields if value):
            return Match(template.operation, labels)
    return None


def _labels(template: Template, segments: list[str]) -> dict[str, str] | None:
    labels = {}
    for wanted, segment in zip(template.segments, segments, strict=True):
        if wanted.startswith("{"):
            if not segment:
                return None
            labels[wanted[1:-1]] = unquote(segment)
        elif wanted != segment:
            return None
    return labels
