"""XML elements by shape, both ways: what the query protocol answers, and what S3 takes and answers.

Members are written in the order of the result, which is how a service gives S3's element order.
"""

from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree

from tailrace.wire import text
from tailrace.wire.conversion import Malformed
from tailrace.wire.definition import Member, Shape

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
Put = Callable[[list[str], str, Any], None]  # (pieces, element name, value)

_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;", ord("\r"): "&#13;"}
# What XML 1.0 can't carry at all would break every parser of the answer.
_ESCAPES |= dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF), "\ufffd")


def escaped(value: str) -> str:
    """Answer a text as an element or an attribute holds it."""
    return value.translate(_ESCAPES)


def element(name: str, value: str) -> str:
    """Answer an element that holds a text."""
    return f"<{name}>{escaped(value)}</{name}>"


class XmlWriters:
    """Compile writers of elements of a service's shapes when they are first asked for."""

    def __init__(self, shapes: Mapping[str, Shape], timestamp_format: str) -> None:
        self._shapes = shapes
        self._timestamp_format = timestamp_format
        self._made: dict[tuple[str, bool], Put] = {}
        self._members: dict[str, dict[str, tuple[str, Put]]] = {}

    def of(self, member: Member) -> Put:
        """Answer the writer of a shape where it is used."""
        shape = self._shapes[member.shape]
        flattened = member.flattened or shape.flattened
        if shape.type in ("structure", "list", "map"):
            key = (member.shape, flattened)
            if key not in self._made:
                self._made[key] = lambda out, name, value: self._made[key](out, name, value)  # a shape may hold itself
                self._made[key] = self._compiled(shape, flattened)
            return self._made[key]
        return self._scalar(shape, member.timestamp_format or shape.timestamp_format or self._timestamp_format)

    def inside(self, shape_name: str, out: list[str], value: dict[str, Any]) -> None:
        """Write the members of a structure that travel in the body, without an element around them."""
        if shape_name not in self._members:
            self._members[shape_name] = self._of_structure(self._shapes[shape_name])
        members = self._members[shape_name]
        for name, each in value.items():
            if each is not None and name in members:
                element_name, put = members[name]
                put(out, element_name, each)

    def _of_structure(self, shape: Shape) -> dict[str, tuple[str, Put]]:
        return {
            name: (self.name_of(name, member), self.of(member))
            for name, member in shape.members.items()
            if not member.xml_attribute and member.location is None
        }

    def name_of(self, name: str, member: Member) -> str:
        """Answer the name of the element that carries a member."""
        shape = self._shapes[member.shape]
        if shape.type == "list" and (member.flattened or shape.flattened) and shape.member is not None:
            return shape.member.location_name or member.location_name or name
        return member.location_name or name

    def _compiled(self, shape: Shape, flattened: bool) -> Put:
        if shape.type == "structure":
            return self._structure(shape)
        if shape.type == "list" and shape.member is not None:
            return _list_writer(self.of(shape.member), shape.member.location_name or "member", flattened)
        assert shape.key is not None and shape.value is not None
        names = (shape.key.location_name or "key", shape.value.location_name or "value")
        return _map_writer(self.of(shape.key), self.of(shape.value), names, flattened)

    def _structure(self, shape: Shape) -> Put:
        members = self._of_structure(shape)
        attributes = {
            name: member.location_name or name for name, member in shape.members.items() if member.xml_attribute
        }
        namespace = shape.xml_namespace
        declared = f' xmlns:{namespace.prefix}="{namespace.uri}"' if namespace is not None and namespace.prefix else ""

        def put(out: list[str], name: str, value: Any) -> None:
            set_ = "".join(f' {attributes[key]}="{escaped(str(value[key]))}"' for key in attributes if value.get(key))
            out.append(f"<{name}{declared}{set_}>")
            for key, each in value.items():
                if each is not None and key in members:
                    element_name, put_member = members[key]
                    put_member(out, element_name, each)
            out.append(f"</{name}>")

        return put

    def _scalar(self, shape: Shape, timestamp_format: str) -> Put:
        if shape.type == "string":
            return lambda out, name, value: out.append(element(name, str(value)))
        return lambda out, name, value: out.append(element(name, text.write(value, shape, timestamp_format)))


def _list_writer(each: Put, member_name: str, flattened: bool) -> Put:
    def put(out: list[str], name: str, value: Any) -> None:
        if flattened:
            for entry in value:
                each(out, name, entry)
            return
        out.append(f"<{name}>")
        for entry in value:
            each(out, member_name, entry)
        out.append(f"</{name}>")

    return put


def _map_writer(key: Put, each: Put, names: tuple[str, str], flattened: bool) -> Put:
    def put(out: list[str], name: str, value: Any) -> None:
        entry_name = name if flattened else "entry"
        if not flattened:
            out.append(f"<{name}>")
        for found, entry in value.items():
            out.append(f"<{entry_name}>")
            key(out, names[0], found)
            each(out, names[1], entry)
            out.append(f"</{entry_name}>")
        if not flattened:
            out.append(f"</{name}>")

    return put


def parse(body: bytes) -> ElementTree.Element:
    """Parse a document. Raises Malformed, also for a document type, which could define entities."""
    if b"<!DOCTYPE" in body:
        raise Malformed("a document type is not allowed")
    try:
        return ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Malformed(str(error)) from None


class XmlReaders:
    """Read elements by shape."""

    def __init__(self, shapes: Mapping[str, Shape]) -> None:
        self._shapes = shapes

    def of(self, found: ElementTree.Element, member: Member) -> Any:
        """Answer the value of an element. Raises Malformed."""
        shape = self._shapes[member.shape]
        if shape.type == "structure":
            return self.structure(found, shape)
        if shape.type == "list" and shape.member is not None:
            wanted = shape.member.location_name or "member"
            return [self.of(each, shape.member) for each in found if _local(each.tag) == wanted]
        if shape.type == "map":
            return self._map([each for each in found if _local(each.tag) == "entry"], shape)
        if len(found):
            raise Malformed(f"{_local(found.tag)} holds elements where a value is expected")
        return text.read(shape, found.text or "")

    def structure(self, found: ElementTree.Element, shape: Shape) -> dict[str, Any]:
        """Answer the members of a structure that an element holds."""
        children: dict[str, list[ElementTree.Element]] = {}
        for each in found:
            children.setdefault(_local(each.tag), []).append(each)
        params = {}
        for name, member in shape.members.items():
            value = self._member(found, children, name, member)
            if value is not None:
                params[name] = value
        return params

    def _member(
        self,
        found: ElementTree.Element,
        children: Mapping[str, list[ElementTree.Element]],
        name: str,
        member: Member,
    ) -> Any:
        shape = self._shapes[member.shape]
        if member.xml_attribute:
            wanted = (member.location_name or name).split(":")[-1]
            return next((value for key, value in found.attrib.items() if _local(key) == wanted), None)
        flattened = member.flattened or shape.flattened
        if flattened and shape.type == "list" and shape.member is not None:
            entries = children.get(shape.member.location_name or member.location_name or name)
            return [self.of(each, shape.member) for each in entries] if entries else None
        entries = children.get(member.location_name or name)
        if not entries:
            return None
        return self._map(entries, shape) if flattened and shape.type == "map" else self.of(entries[0], member)

    def _map(self, entries: list[ElementTree.Element], shape: Shape) -> dict[str, Any]:
        assert shape.key is not None and shape.value is not None
        values = {}
        for each in entries:
            inside = {_local(child.tag): child for child in each}
            key = inside.get(shape.key.location_name or "key")
            value = inside.get(shape.value.location_name or "value")
            if key is None or value is None:
                raise Malformed("an entry of a map has a key and a value")
            values[key.text or ""] = self.of(value, shape.value)
        return values


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
