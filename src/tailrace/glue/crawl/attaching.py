"""New folders of tables that are there already: partitions of those, however few the new folders are."""

from collections.abc import Iterable, Sequence
from typing import Any

from tailrace.glue.crawl.grouping import Group, Leaf, Seen
from tailrace.glue.crawl.looking import folder_of
from tailrace.glue.schema.shape import united


def attached(tables: Iterable[dict[str, Any]], bucket: str, seen: Sequence[Seen]) -> tuple[list[Group], list[Seen]]:
    """Answer the new leaves of known tables, as groups, and the objects that belong to none of them."""
    groups: list[Group] = []
    rest = list(seen)
    for table in tables:
        keys = tuple(key["Name"] for key in table.get("PartitionKeys", ()))
        root = table.get("StorageDescriptor", {}).get("Location", "").removeprefix(f"s3://{bucket}/")
        folders: dict[str, list[Seen]] = {}
        for each in rest:
            folder = folder_of(each.key)
            if keys and folder.startswith(root) and folder[len(root) :].count("/") == len(keys):
                folders.setdefault(folder, []).append(each)
        if folders:
            taken = {each.key for files in folders.values() for each in files}
            rest = [each for each in rest if each.key not in taken]
            groups += _by_kind(root, keys, folders)
    return groups, rest


def _by_kind(root: str, keys: tuple[str, ...], folders: dict[str, list[Seen]]) -> Iterable[Group]:
    kinds: dict[object, list[Leaf]] = {}
    for folder, files in sorted(folders.items()):
        names = tuple(folder[len(root) :].strip("/").split("/"))
        leaf = Leaf(folder, names, united([each.shape for each in files]), tuple(files))
        kinds.setdefault(leaf.shape.kind, []).append(leaf)
    for leaves in kinds.values():
        yield Group(root, keys, united([leaf.shape for leaf in leaves]), tuple(leaves))
