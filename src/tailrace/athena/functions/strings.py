"""Functions of strings, regular expressions, binary values and URLs."""

from collections.abc import Sequence

from tailrace.athena.analysis.scope import Value
from tailrace.athena.analysis.type import Type
from tailrace.athena.functions.signature import Line

_RE2 = str.maketrans({"\\": "\\\\"})


def _replacement(values: Sequence[Value], result: Type) -> str:
    """Replace as Java's Matcher does: $1 and ${name} are groups, a backslash escapes."""
    subject, pattern, replacement = values
    if replacement.constant is None:
        written = rf"regexp_replace({replacement.sql}, '\$(\d)', '\\\1', 'g')"
    else:
        written = "'" + _groups(replacement.constant).replace("'", "''") + "'"
    return f"regexp_replace({subject.sql}, {pattern.sql}, {written}, 'g')"


def _groups(text: str) -> str:
    made = []
    index = 0
    while index < len(text):
        character, following = text[index], text[index + 1 : index + 2]
        if character == "\\" and following:
            made.append(following.translate(_RE2))
            index += 2
        elif character == "$" and following.isdigit():
            made.append(f"\\{following}")
            index += 2
        else:
            made.append(character.translate(_RE2))
            index += 1
    return "".join(made)


def _substring(values: Sequence[Value], result: Type) -> str:
    """A place that is known to be inside from the left needs no care."""
    first = values[1].constant
    if first is not None and first.isdigit() and int(first) > 0 and len(values) == 2:
        return f"substr({values[0].sql}, {values[1].sql})"
    length = values[2].constant if len(values) == 3 else None
    if first is not None and first.isdigit() and int(first) > 0 and length is not None and length.isdigit():
        return f"substr({values[0].sql}, {values[1].sql}, {values[2].sql})"
    return f"trino_substr{len(values)}({', '.join(value.sql for value in values)})"


STRINGS: list[Line] = [
    ("length(varchar(x)) -> bigint", "length({0})"),
    ("lower(varchar(x)) -> varchar(x)", "lower({0})"),
    ("upper(varchar(x)) -> varchar(x)", "upper({0})"),
    ("trim(varchar(x)) -> varchar(x)", "trino_trim({0})"),
    ("ltrim(varchar(x)) -> varchar(x)", "trino_ltrim({0})"),
    ("rtrim(varchar(x)) -> varchar(x)", "trino_rtrim({0})"),
    ("trim(varchar(x), varchar) -> varchar(x)", "trim({0}, {1})"),
    ("ltrim(varchar(x), varchar) -> varchar(x)", "ltrim({0}, {1})"),
    ("rtrim(varchar(x), varchar) -> varchar(x)", "rtrim({0}, {1})"),
    *((f"{name}(varchar(x), bigint) -> varchar(x)", _substring) for name in ("substr", "substring")),
    *((f"{name}(varchar(x), bigint, bigint) -> varchar(x)", _substring) for name in ("substr", "substring")),
    ("strpos(varchar, varchar) -> bigint", "strpos({0}, {1})"),
    ("strpos(varchar, varchar, bigint) -> bigint", "trino_strpos({0}, {1}, {2})"),
    ("replace(varchar, varchar) -> varchar", "replace({0}, {1}, '')"),
    ("replace(varchar, varchar, varchar) -> varchar", "replace({0}, {1}, {2})"),
    ("reverse(varchar(x)) -> varchar(x)", "reverse({0})"),
    ("concat(varchar, varchar...) -> varchar", "({all_concat})"),
    ("concat_ws(varchar, array(varchar)) -> varchar", "CASE WHEN {0} IS NOT NULL THEN "
     "coalesce(array_to_string({1}, {0}), '') END"),
    ("concat_ws(varchar, varchar...) -> varchar", "concat_ws({all})"),
    ("split(varchar, varchar) -> array(varchar)", "string_split({0}, {1})"),
    ("split(varchar, varchar, bigint) -> array(varchar)", "trino_split({0}, {1}, {2})"),
    ("split_part(varchar, varchar, bigint) -> varchar", "trino_split_part({0}, {1}, {2})"),
    ("split_to_map(varchar, varchar, varchar) -> map(varchar, varchar)", "trino_split_to_map({0}, {1}, {2})"),
    ("starts_with(varchar, varchar) -> boolean", "starts_with({0}, {1})"),
    ("chr(bigint) -> varchar", "chr(CAST({0} AS INTEGER))"),
    ("codepoint(varchar) -> integer", "unicode({0})"),
    ("lpad(varchar, bigint, varchar) -> varchar", "lpad({0}, CAST({1} AS INTEGER), {2})"),
    ("rpad(varchar, bigint, varchar) -> varchar", "rpad({0}, CAST({1} AS INTEGER), {2})"),
    ("translate(varchar, varchar, varchar) -> varchar", "translate({0}, {1}, {2})"),
    ("levenshtein_distance(varchar, varchar) -> bigint", "levenshtein({0}, {1})"),
    ("hamming_distance(varchar, varchar) -> bigint", "hamming({0}, {1})"),
    ("normalize(varchar) -> varchar", "nfc_normalize({0})"),
    ("soundex(varchar) -> varchar", "trino_soundex({0})"),
    ("to_utf8(varchar) -> varbinary", "encode({0})"),
    ("from_utf8(varbinary) -> varchar", "decode({0})"),
    ("url_encode(varchar) -> varchar",
     "replace(replace(replace(url_encode({0}), '%20', '+'), '%2A', '*'), '~', '%7E')"),
    ("url_decode(varchar) -> varchar", "url_decode(replace({0}, '+', ' '))"),
    ("url_extract_protocol(varchar) -> varchar", "trino_url({0}, 1)"),
    ("url_extract_host(varchar) -> varchar", "trino_url({0}, 2)"),
    ("url_extract_port(varchar) -> bigint", "TRY_CAST(nullif(trino_url({0}, 3), '') AS BIGINT)"),
    ("url_extract_path(varchar) -> varchar", "trino_url({0}, 4)"),
    ("url_extract_query(varchar) -> varchar", "trino_url({0}, 5)"),
    ("url_extract_fragment(varchar) -> varchar", "trino_url({0}, 6)"),
    ("url_extract_parameter(varchar, varchar) -> varchar", "trino_url_parameter({0}, {1})"),
]  # fmt: skip

REGULAR_EXPRESSIONS: list[Line] = [
    ("regexp_like(varchar, varchar) -> boolean", "regexp_matches({0}, {1})"),
    ("regexp_extract(varchar, varchar) -> varchar", "CASE WHEN regexp_matches({0}, {1}) "
     "THEN regexp_extract({0}, {1}) END"),
    ("regexp_extract(varchar, varchar, bigint) -> varchar", "CASE WHEN regexp_matches({0}, {1}) "
     "THEN regexp_extract({0}, {1}, CAST({2} AS INTEGER)) END"),
    ("regexp_extract_all(varchar, varchar) -> array(varchar)", "regexp_extract_all({0}, {1})"),
    ("regexp_extract_all(varchar, varchar, bigint) -> array(varchar)",
     "regexp_extract_all({0}, {1}, CAST({2} AS INTEGER))"),
    ("regexp_replace(varchar, varchar) -> varchar", "regexp_replace({0}, {1}, '', 'g')"),
    ("regexp_replace(varchar, varchar, varchar) -> varchar", _replacement),
    ("regexp_split(varchar, varchar) -> array(varchar)", "string_split_regex({0}, {1})"),
    ("regexp_count(varchar, varchar) -> bigint", "CAST(len(regexp_extract_all({0}, {1})) AS BIGINT)"),
    ("regexp_position(varchar, varchar) -> integer", "CASE WHEN regexp_matches({0}, {1}) "
     "THEN CAST(strpos({0}, regexp_extract({0}, {1})) AS INTEGER) ELSE -1 END"),
]  # fmt: skip

BINARY: list[Line] = [
    ("length(varbinary) -> bigint", "octet_length({0})"),
    ("concat(varbinary, varbinary...) -> varbinary", "({all_concat})"),
    ("to_base64(varbinary) -> varchar", "base64({0})"),
    ("from_base64(varchar) -> varbinary", "from_base64({0})"),
    ("from_base64(varbinary) -> varbinary", "from_base64(decode({0}))"),
    ("to_base64url(varbinary) -> varchar", "replace(replace(base64({0}), '+', '-'), '/', '_')"),
    ("from_base64url(varchar) -> varbinary", "from_base64(replace(replace({0}, '-', '+'), '_', '/'))"),
    ("to_hex(varbinary) -> varchar", "hex({0})"),
    ("from_hex(varchar) -> varbinary", "unhex({0})"),
    ("md5(varbinary) -> varbinary", "unhex(md5({0}))"),
    ("sha1(varbinary) -> varbinary", "unhex(sha1({0}))"),
    ("sha256(varbinary) -> varbinary", "unhex(sha256({0}))"),
    ("sha512(varbinary) -> varbinary", "trino_sha512({0})"),
    ("crc32(varbinary) -> bigint", "trino_crc32({0})"),
    ("hmac_md5(varbinary, varbinary) -> varbinary", "trino_hmac('md5', {0}, {1})"),
    ("hmac_sha1(varbinary, varbinary) -> varbinary", "trino_hmac('sha1', {0}, {1})"),
    ("hmac_sha256(varbinary, varbinary) -> varbinary", "trino_hmac('sha256', {0}, {1})"),
    ("hmac_sha512(varbinary, varbinary) -> varbinary", "trino_hmac('sha512', {0}, {1})"),
    ("to_big_endian_64(bigint) -> varbinary", "unhex(lpad(hex({0}), 16, '0'))"),
]  # fmt: skip
