"""Which functions there are by name, and those that Athena has and that are not built here."""

from functools import cache

from tailrace.athena.functions.aggregates import AGGREGATES, WINDOWS
from tailrace.athena.functions.arithmetic import MATHEMATICS
from tailrace.athena.functions.collections import ARRAYS, MAPS
from tailrace.athena.functions.jsons import JSONS
from tailrace.athena.functions.signature import Signature, catalogue
from tailrace.athena.functions.strings import BINARY, REGULAR_EXPRESSIONS, STRINGS
from tailrace.athena.functions.times import TIMES

AGGREGATE_NAMES = frozenset(line[0].split("(")[0] for line in AGGREGATES)
WINDOW_NAMES = frozenset(line[0].split("(")[0] for line in WINDOWS)
_NOT_BUILT = """
    approx_most_frequent approx_set array_histogram bar bing_tile checksum classify cosine_similarity
    cosine_distance combinations color convex_hull_agg date_histogram evaluate_classifier_predictions
    great_circle_distance from_big_endian_32 from_big_endian_64 from_encoded_polyline from_geojson_geometry
    from_ieee754_32 from_ieee754_64 geometry_from_hadoop_shape geometry_union greatest_common index
    inverse_beta_cdf inverse_normal_cdf json_table learn_classifier line_locate_point luhn_check make_set_digest
    map_zip_with merge merge_set_digest murmur3 ngrams numeric_histogram parse_data_size parse_duration
    parse_presto_data_size qdigest_agg reduce_agg regress render rgb simplify_geometry spatial_partitions
    spooky_hash_v2_32 spooky_hash_v2_64 st_area st_point st_contains st_distance st_geometryfromtext st_astext
    tdigest_agg to_geometry to_ieee754_32 to_ieee754_64 value_at_quantile values_at_quantiles
    wilson_interval_lower wilson_interval_upper word_stem xxhash64 array_sort zip_with_many human_readable_bytes
    multimap_from_entries split_to_multimap normal_cdf beta_cdf to_big_endian_32
"""
NOT_BUILT = frozenset(_NOT_BUILT.split())


@cache
def scalar_functions() -> dict[str, list[Signature]]:
    """Answer the functions of one row."""
    return catalogue(MATHEMATICS, STRINGS, REGULAR_EXPRESSIONS, BINARY, ARRAYS, MAPS, JSONS, TIMES)


@cache
def aggregate_functions() -> dict[str, list[Signature]]:
    """Answer the aggregates."""
    return catalogue(AGGREGATES)


@cache
def window_functions() -> dict[str, list[Signature]]:
    """Answer the functions that need OVER."""
    return catalogue(WINDOWS)
