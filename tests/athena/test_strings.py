"""Functions of strings, regular expressions, binary values and URLs."""

from __future__ import annotations

import pytest

from athena.evaluation import failure, value

VALUES = [
    ("'a' || 'b' || 'c'", "abc", "varchar"),
    ("'a' || null", None, "varchar"),
    ("lower('ABC')", "abc", "varchar(3)"),
    ("upper('abc')", "ABC", "varchar(3)"),
    ("length('añb')", "3", "bigint"),
    ("trim('  a ')", "a", "varchar(4)"),
    ("ltrim('  a ')", "a ", "varchar(4)"),
    ("rtrim(' a  ')", " a", "varchar(4)"),
    ("trim('xax', 'x')", "a", "varchar(3)"),
    ("trim(both 'x' from 'xax')", "a", "varchar(3)"),
    ("trim(leading 'x' from 'xax')", "ax", "varchar(3)"),
    ("substr('hello', 2)", "ello", "varchar(5)"),
    ("substr('hello', -3)", "llo", "varchar(5)"),
    ("substr('hello', 0)", "", "varchar(5)"),
    ("substr('hello', 2, 2)", "el", "varchar(5)"),
    ("substr('hello', 10)", "", "varchar(5)"),
    ("substring('hello' from 2 for 3)", "ell", "varchar(5)"),
    ("strpos('hello', 'l')", "3", "bigint"),
    ("strpos('hello', 'l', 2)", "4", "bigint"),
    ("strpos('abc', 'z')", "0", "bigint"),
    ("position('b' in 'abc')", "2", "bigint"),
    ("replace('banana', 'an')", "ba", "varchar"),
    ("replace('banana', 'an', 'x')", "bxxa", "varchar"),
    ("reverse('abc')", "cba", "varchar(3)"),
    ("concat('a', 'b')", "ab", "varchar"),
    ("concat('a', null)", None, "varchar"),
    ("concat_ws(',', 'a', null, 'b')", "a,b", "varchar"),
    ("concat_ws(',', array['a', 'b'])", "a,b", "varchar"),
    ("split('a,b,c', ',')", "[a, b, c]", "array(varchar)"),
    ("split('a,b,c', ',', 2)", "[a, b,c]", "array(varchar)"),
    ("split_part('a,b,c', ',', 2)", "b", "varchar"),
    ("split_part('a', ',', 2)", None, "varchar"),
    ("split_to_map('a=1,b=2', ',', '=')", "{a=1, b=2}", "map(varchar, varchar)"),
    ("starts_with('abc', 'ab')", "true", "boolean"),
    ("chr(65)", "A", "varchar"),
    ("codepoint('A')", "65", "integer"),
    ("lpad('abc', 5, 'x')", "xxabc", "varchar"),
    ("rpad('abc', 2, 'x')", "ab", "varchar"),
    ("translate('abcd', 'ab', 'x')", "xcd", "varchar"),
    ("levenshtein_distance('kitten', 'sitting')", "3", "bigint"),
    ("hamming_distance('abc', 'abd')", "1", "bigint"),
    ("normalize('a')", "a", "varchar"),
    ("soundex('Robert')", "R163", "varchar"),
    (
        "format('%s %d %.2f %05d %,d %x %%', 'a', 1, 1.234e0, 42, 1234567, 255)",
        "a 1 1.23 00042 1,234,567 ff %",
        "varchar",
    ),
    ("format('%5s|%-5s|', 'a', 'b')", "    a|b    |", "varchar"),
    ("format('%s', array[1,2])", "[1, 2]", "varchar"),
    ("format('%2$s %1$s', 'a', 'b')", "b a", "varchar"),
    ("to_utf8('hi')", "68 69", "varbinary"),
    ("from_utf8(x'6869')", "hi", "varchar"),
    ("url_encode('a b&c/é')", "a+b%26c%2F%C3%A9", "varchar"),
    ("url_decode('a+b%26')", "a b&", "varchar"),
    ("url_extract_protocol('https://h:8/p?q=1#f')", "https", "varchar"),
    ("url_extract_host('https://u@h:8/p?q=1#f')", "h", "varchar"),
    ("url_extract_port('https://h:8/p')", "8", "bigint"),
    ("url_extract_port('https://h/p')", None, "bigint"),
    ("url_extract_path('https://h:8/p/x?q=1')", "/p/x", "varchar"),
    ("url_extract_query('https://h/p?q=1#f')", "q=1", "varchar"),
    ("url_extract_fragment('https://h/p#f')", "f", "varchar"),
    ("url_extract_parameter('https://h/p?a=1&b=x%20y', 'b')", "x y", "varchar"),
    ("regexp_like('1a 2b', '\\d+b')", "true", "boolean"),
    ("regexp_extract('1a 2b', '(\\d+)([a-z]+)', 2)", "a", "varchar"),
    ("regexp_extract('x', '\\d')", None, "varchar"),
    ("regexp_extract_all('1a 2b', '\\d+')", "[1, 2]", "array(varchar)"),
    ("regexp_extract_all('1a 2b', '(\\d+)([a-z]+)', 2)", "[a, b]", "array(varchar)"),
    ("regexp_replace('1a 2b', '(\\d+)([a-z])', '$2$1')", "a1 b2", "varchar"),
    ("regexp_replace('a.b', '\\.', '\\\\')", "a\\b", "varchar"),
    ("regexp_replace('abc', 'b')", "ac", "varchar"),
    ("regexp_split('1a 2b', '\\s')", "[1a, 2b]", "array(varchar)"),
    ("regexp_count('1a 2b', '\\d')", "2", "bigint"),
    ("regexp_position('abc', 'b')", "2", "integer"),
    ("length(x'0102')", "2", "bigint"),
    ("to_base64(to_utf8('abc'))", "YWJj", "varchar"),
    ("from_base64('YWJj')", "61 62 63", "varbinary"),
    ("to_hex(x'00ff')", "00FF", "varchar"),
    ("from_hex('00FF')", "00 ff", "varbinary"),
    ("md5(to_utf8('a'))", "0c c1 75 b9 c0 f1 b6 a8 31 c3 99 e2 69 77 26 61", "varbinary"),
    ("to_hex(sha1(to_utf8('a')))", "86F7E437FAA5A7FCE15D1DDCB9EAEAEA377667B8", "varchar"),
    ("to_hex(sha256(to_utf8('a')))", "CA978112CA1BBDCAFAC231B39A23DC4DA786EFF8147C4E72B9807785AFEE48BB", "varchar"),
    (
        "to_hex(sha512(to_utf8('')))",
        "CF83E1357EEFB8BDF1542850D66D8007D620E4050B5715DC83F4A921D36CE9CE47D0D13C5D85F2B0FF8318D2877EEC2F63B931BD47417A81A538327AF927DA3E",
        "varchar",
    ),
    ("crc32(to_utf8('a'))", "3904355907", "bigint"),
    (
        "to_hex(hmac_sha256(to_utf8('a'), to_utf8('k')))",
        "78DA91511E675587F5B9DF78BEDEBAF5560DA2ABB88162EE875DCDF744951D9E",
        "varchar",
    ),
    ("to_big_endian_64(1)", "00 00 00 00 00 00 00 01", "varbinary"),
    ("concat(x'01', x'02')", "01 02", "varbinary"),
    ("x'01' || x'02'", "01 02", "varbinary"),
    ("to_base64url(x'fbff')", "-_8=", "varchar"),
]
FAILURES = [
    ("1 || 'a'", "TYPE_MISMATCH: line 1:10: Cannot apply operator: integer || varchar(1)"),
    ("'a' || 1", "TYPE_MISMATCH: line 1:12: Cannot apply operator: varchar(1) || integer"),
    (
        "lower(1)",
        "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (integer) for function lower. Expected: lower(varchar(x))",
    ),
    ("concat('a')", "INVALID_FUNCTION_ARGUMENT: line 1:8: There must be two or more concatenation arguments"),
    ("split_part('a', ',', 0)", "INVALID_FUNCTION_ARGUMENT: Index must be greater than zero"),
    ("foo('a')", "FUNCTION_NOT_FOUND: line 1:8: Function 'foo' not registered"),
    ("ngrams(array['a'], 1)", "NOT_SUPPORTED: line 1:8: Function 'ngrams' is not implemented in Tailrace yet"),
]


@pytest.mark.parametrize(("expression", "text", "type_name"), VALUES, ids=[each[0] for each in VALUES])
def test_value(expression: str, text: str | None, type_name: str) -> None:
    assert value(expression) == (text, type_name)


@pytest.mark.parametrize(("expression", "text"), FAILURES, ids=[each[0] for each in FAILURES])
def test_failure(expression: str, text: str) -> None:
    assert failure(f"SELECT {expression}") == text
