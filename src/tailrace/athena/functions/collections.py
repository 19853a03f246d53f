"""Functions of arrays and maps, those with lambdas among them."""

from collections.abc import Sequence

from tailrace.athena.analysis.scope import Value
from tailrace.athena.analysis.type import Type
from tailrace.athena.analysis.values import fresh, text_of
from tailrace.athena.functions.signature import Line


def _join(values: Sequence[Value], result: Type) -> str:
    name = fresh()
    text = text_of(name, values[0].type.parts[0])
    if len(values) == 3:
        text = f"coalesce({text}, {values[2].sql})"
    joined = f"array_to_string(list_transform({values[0].sql}, lambda {name}: {text}), {values[1].sql})"
    return f"CASE WHEN {values[0].sql} IS NOT NULL THEN coalesce({joined}, '') END"


ARRAYS: list[Line] = [
    ("array_join(array(T), varchar) -> varchar", _join),
    ("array_join(array(T), varchar, varchar) -> varchar", _join),
    ("cardinality(array(T)) -> bigint", "CAST(len({0}) AS BIGINT)"),
    ("element_at(array(T), bigint) -> T", "trino_element_at({0}, {1})"),
    ("contains(array(T), T) -> boolean", "trino_contains({0}, {1})"),
    ("array_distinct(array(T)) -> array(T)", "trino_distinct({0})"),
    ("array_intersect(array(T), array(T)) -> array(T)", "trino_intersect({0}, {1})"),
    ("array_union(array(T), array(T)) -> array(T)", "trino_distinct(list_concat({0}, {1}))"),
    ("array_except(array(T), array(T)) -> array(T)", "trino_except({0}, {1})"),
    ("array_max(array(T)) -> T", "CASE WHEN len(list_filter({0}, lambda v: v IS NULL)) = 0 THEN list_max({0}) END"),
    ("array_min(array(T)) -> T", "CASE WHEN len(list_filter({0}, lambda v: v IS NULL)) = 0 THEN list_min({0}) END"),
    ("array_position(array(T), T) -> bigint", "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN "
     "CAST(coalesce(list_position({0}, {1}), 0) AS BIGINT) END"),
    ("array_remove(array(T), T) -> array(T)", "list_filter({0}, lambda v: v IS DISTINCT FROM {1})"),
    ("array_sort(array(T)) -> array(T)", "list_sort({0}, 'ASC', 'NULLS LAST')"),
    ("array_first(array(T)) -> T", "({0})[1]"),
    ("array_last(array(T)) -> T", "({0})[-1]"),
    ("arrays_overlap(array(T), array(T)) -> boolean", "list_has_any({0}, {1})"),
    ("concat(array(T), array(T)...) -> array(T)", "({all_concat})"),
    ("flatten(array(array(T))) -> array(T)", "flatten({0})"),
    ("repeat(T, bigint) -> array(T)", "list_transform(generate_series(1, {1}), lambda v: {0})"),
    ("reverse(array(T)) -> array(T)", "list_reverse({0})"),
    ("sequence(bigint, bigint) -> array(bigint)", "trino_sequence({0}, {1}, CASE WHEN {0} <= {1} THEN 1 ELSE -1 END)"),
    ("sequence(bigint, bigint, bigint) -> array(bigint)", "trino_sequence({0}, {1}, {2})"),
    ("sequence(date, date) -> array(date)", "trino_dates({0}, {1}, CASE WHEN {0} <= {1} THEN 1 ELSE -1 END)"),
    ("sequence(date, date, interval day to second) -> array(date)", "trino_dates({0}, {1}, {2} // 86400000)"),
    ("sequence(date, date, interval year to month) -> array(date)",
     "list_transform(trino_months({0}, {1}, {2}), lambda v: CAST(v AS DATE))"),
    ("sequence(timestamp, timestamp, interval day to second) -> array(timestamp)", "trino_times({0}, {1}, {2})"),
    ("sequence(timestamp, timestamp, interval year to month) -> array(timestamp)", "trino_months({0}, {1}, {2})"),
    ("shuffle(array(T)) -> array(T)", "trino_shuffle({0})"),
    ("slice(array(T), bigint, bigint) -> array(T)", "trino_slice({0}, {1}, {2})"),
    ("trim_array(array(T), bigint) -> array(T)", "list_slice({0}, 1, len({0}) - {1})"),
    ("array_frequency(array(T)) -> map(T, integer)", "trino_frequency({0})"),
    ("zip(array(T), array(U)) -> array(row(T, U))", "trino_zip2({0}, {1})"),
    ("zip(array(T), array(U), array(V)) -> array(row(T, U, V))", "trino_zip3({0}, {1}, {2})"),
    ("filter(array(T), function(T, boolean)) -> array(T)", "list_filter({0}, {1})"),
    ("transform(array(T), function(T, U)) -> array(U)", "list_transform({0}, {1})"),
    ("any_match(array(T), function(T, boolean)) -> boolean", "trino_any(list_transform({0}, {1}))"),
    ("all_match(array(T), function(T, boolean)) -> boolean", "trino_all(list_transform({0}, {1}))"),
    ("none_match(array(T), function(T, boolean)) -> boolean", "(NOT trino_any(list_transform({0}, {1})))"),
]  # fmt: skip

MAPS: list[Line] = [
    ("cardinality(map(K, V)) -> bigint", "CAST(cardinality({0}) AS BIGINT)"),
    ("element_at(map(K, V), K) -> V", "map_extract_value({0}, {1})"),
    ("map_keys(map(K, V)) -> array(K)", "map_keys({0})"),
    ("map_values(map(K, V)) -> array(V)", "map_values({0})"),
    ("map_entries(map(K, V)) -> array(row(K, V))",
     "list_transform(map_entries({0}), lambda e: struct_pack(f0 := e.key, f1 := e.value))"),
    ("map_from_entries(array(row(K, V))) -> map(K, V)", "trino_from_entries({0})"),
    ("map_concat(map(K, V), map(K, V)...) -> map(K, V)", "map_concat({all})"),
    ("map(array(K), array(V)) -> map(K, V)", "trino_map({0}, {1})"),
    ("map_filter(map(K, V), function(K, V, boolean)) -> map(K, V)",
     "map_from_entries(list_filter(map_entries({0}), {1}))"),
    ("transform_values(map(K, V), function(K, V, U)) -> map(K, U)",
     "map_from_entries(list_transform(map_entries({0}), {1}))"),
    ("transform_keys(map(K, V), function(K, V, U)) -> map(U, V)",
     "map_from_entries(list_transform(map_entries({0}), {1}))"),
]  # fmt: skip
