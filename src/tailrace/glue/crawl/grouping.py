"""Which objects make a table: the highest folder under which format, compression and schema agree.

Folders below it are partitions, all at one depth. Schemas are compared folder by folder: more than 70 % alike, at most
five different ones (re:Post, "How does the AWS Glue crawler detect the schema?").
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tailrace.glue.schema.hive_type import Type, similarity
from tailrace.glue.schema.shape import UNKNOWN, Shape, united

SIMILARITY_MIN = 0.7
SCHEMAS_MAX = 5
_HIVE = re.compile(r"([^=]+)=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Seen:
    """An object that was looked at."""

    key: str
    size: int
    shape: Shape
    records: int = 0


@dataclass(slots=True)
class Folder:
    """A folder with its objects and the folders below it. ``path`` ends with a slash; '' is the bucket."""

    path: str
    files: list[Seen] = field(default_factory=list)
    folders: dict[str, "Folder"] = field(default_factory=dict)

    @property
    def level(self) -> int:
        """The absolute level: the bucket is 1, a folder in it 2 (Glue guide, table level)."""
        return 1 + self.path.count("/")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A folder that holds objects: its names below the table's folder, and the shape of what is in it."""

    path: str
    names: tuple[str, ...]
    shape: Shape
    files: tuple[Seen, ...]

    @property
    def size(self) -> int:
        """Bytes of all its objects."""
        return sum(seen.size for seen in self.files)

    @property
    def records(self) -> int:
        """Records of all its objects; of large ones an estimate."""
        return sum(seen.records for seen in self.files)


@dataclass(frozen=True, slots=True)
class Group:
    """A table: where it lies (a folder, or one object), its shape and its leaves. No keys: the leaf is the table."""

    path: str
    keys: tuple[str, ...]
    shape: Shape
    leaves: tuple[Leaf, ...]

    def values(self, leaf: Leaf) -> list[str]:
        """Answer a leaf's partition values."""
        return [partition_value(name, key) for name, key in zip(leaf.names, self.keys, strict=True)]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a crawler's configuration says about grouping."""

    combine: bool = False
    level: int | None = None


def grouped(root: str, seen: Sequence[Seen], rules: Rules) -> list[Group]:
    """Answer the tables that the objects under an include path make; ``root`` is its folder, '' for the bucket."""
    alone = [each for each in seen if not each.key.startswith(root)]
    below = [each for each in seen if each.key.startswith(root)]
    groups = [_of_file(each) for each in alone]
    return groups + list(_groups(_tree(root, below), rules)) if below else groups


def _tree(root: str, seen: Sequence[Seen]) -> Folder:
    top = Folder(root)
    for each in seen:
        folder = top
        *names, _ = each.key[len(root) :].split("/")
        for name in names:
            below = folder.folders.get(name)
            if below is None:
                below = folder.folders[name] = Folder(f"{folder.path}{name}/")
            folder = below
        folder.files.append(each)
    return top


def _groups(folder: Folder, rules: Rules) -> Iterator[Group]:
    if rules.level is None or folder.level >= rules.level or not folder.folders:
        whole = _whole(folder, rules)
        if whole is not None:
            yield whole
            return
    for name in sorted(folder.folders):
        yield from _groups(folder.folders[name], rules)
    for each in folder.files:
        yield _of_file(each)


def _of_file(seen: Seen) -> Group:
    return Group(seen.key, (), seen.shape, (Leaf(seen.key, (), seen.shape, (seen,)),))


def _whole(folder: Folder, rules: Rules) -> Group | None:
    """Answer the table that everything under a folder makes, or None when it isn't one."""
    found = list(_leaves(folder, ()))
    if len({len(names) for names, _ in found}) != 1 or any(leaf.folders for _, leaf in found):
        return None
    files = [seen for _, leaf in found for seen in leaf.files]
    known = [seen for seen in files if seen.shape.classification != UNKNOWN]
    if known and len(known) <= SIMILARITY_MIN * len(files):
        return None
    shapes = _distinct(known or files)
    if len({shape.kind for shape in shapes}) != 1:
        return None
    leaves = [_leaf(names, leaf) for names, leaf in found]
    if known:
        leaves = [leaf for leaf in leaves if leaf.shape.classification != UNKNOWN]
    if not rules.combine and not (_alike(shapes) and _few([leaf.shape for leaf in leaves])):
        return None
    keys = _keys([leaf.names for leaf in leaves])
    return Group(folder.path, keys, united([leaf.shape for leaf in leaves]), tuple(leaves))


def _distinct(files: Sequence[Seen]) -> list[Shape]:
    """Answer the shapes of files; a crawler's memory makes equal ones the same, which saves comparing them."""
    return list({id(seen.shape): seen.shape for seen in files}.values())


def _leaves(folder: Folder, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Folder]]:
    if folder.files:
        yield names, folder
    for name in sorted(folder.folders):
        yield from _leaves(folder.folders[name], (*names, name))


def _leaf(names: tuple[str, ...], folder: Folder) -> Leaf:
    known = [seen for seen in folder.files if seen.shape.classification != UNKNOWN]
    shape = united(_distinct(known or folder.files))
    return Leaf(folder.path, names, shape, tuple(folder.files))


def _alike(shapes: Sequence[Shape]) -> bool:
    return similarity(shape.columns for shape in shapes) > SIMILARITY_MIN


def _few(shapes: Sequence[Shape]) -> bool:
    different: list[dict[str, Type]] = []
    for columns in {id(shape.columns): shape.columns for shape in shapes}.values():
        if columns not in different:
            different.append(columns)
        if len(different) > SCHEMAS_MAX:
            return False
    return True


def _keys(all_names: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Answer the partition keys: what stands before = when it is the same everywhere, else partition_0 and so on."""
    keys: list[str] = []
    for level, names in enumerate(zip(*all_names, strict=True)):
        found = {hive[1].lower() if (hive := _HIVE.fullmatch(name)) else None for name in names}
        key = next(iter(found)) if len(found) == 1 else None
        keys.append(f"partition_{level}" if key is None or key in keys else key)
    return tuple(keys)


def partition_value(name: str, key: str) -> str:
    """Answer the value in a folder's name: what follows ``key=``, or all of it."""
    hive = _HIVE.fullmatch(name)
    return hive[2] if hive and hive[1].lower() == key else name
