-- The macros that the templates of functions use. Each ends with a semicolon at the end of a line.
--
-- A macro is a text: what it says of an argument twice, the query says twice, and calls within calls make that thousands
-- of times and seconds of planning. Those of zoned times, which are put into one another, name their argument first, by
-- a lambda over a list of one. The others do not: in a lambda DuckDB computes anew what is said twice.

-- trino_fail raises where its condition holds, and TRY catches it; its text begins with Trino's code. It is written so
-- that evaluating it early does no harm: DuckDB computes what is constant before it knows whether it is needed.
CREATE MACRO trino_fail(c, m) AS CAST(CASE WHEN c THEN chr(1) || m ELSE 'f' END AS BOOLEAN);

-- A value where a condition holds, NULL where it is unknown, and a failure elsewhere.
CREATE MACRO trino_only(ok, value, failure) AS
  CASE WHEN ok THEN value WHEN trino_fail(NOT ok, failure) THEN NULL END;

-- A value that is NULL where its source has no meaning: a failure there, unless the source itself is NULL.
CREATE MACRO trino_tried(source, value, failure) AS
  CASE WHEN value IS NOT NULL THEN value WHEN trino_fail(source IS NOT NULL AND value IS NULL, failure) THEN NULL END;

-- Numbers

CREATE MACRO trino_divide_half_up(n, d) AS
  CASE WHEN d = 0 THEN NULL
       WHEN (n < 0) = (d < 0) THEN (abs(n) * 2 + abs(d)) // (abs(d) * 2)
       ELSE -((abs(n) * 2 + abs(d)) // (abs(d) * 2)) END;

CREATE MACRO trino_divisor(d) AS trino_only(d <> 0, d, 'DIVISION_BY_ZERO: Division by zero');

CREATE MACRO trino_unsigned(x, base) AS
  list_reduce(
    list_transform(string_split(lower(x), ''),
                   lambda c: CAST(strpos('0123456789abcdefghijklmnopqrstuvwxyz', c) - 1 AS BIGINT)),
    lambda a, b: a * base + b);

CREATE MACRO trino_from_base(x, base) AS
  CASE WHEN starts_with(x, '-') THEN -trino_unsigned(substr(x, 2), base) ELSE trino_unsigned(x, base) END;

CREATE MACRO trino_width_bucket(x, low, high, n) AS
  CASE WHEN x < low THEN 0 WHEN x >= high THEN n + 1
       ELSE CAST(floor((x - low) / (high - low) * n) AS BIGINT) + 1 END;

-- Strings

CREATE MACRO trino_trim(s) AS regexp_replace(s, '^[\s]+|[\s]+$', '', 'g');

CREATE MACRO trino_ltrim(s) AS regexp_replace(s, '^[\s]+', '');

CREATE MACRO trino_rtrim(s) AS regexp_replace(s, '[\s]+$', '');

CREATE MACRO trino_substr2(s, p) AS CASE WHEN p = 0 OR -p > length(s) THEN '' ELSE substr(s, p) END;

CREATE MACRO trino_substr3(s, p, n) AS
  CASE WHEN p = 0 OR -p > length(s) OR n <= 0 THEN '' ELSE substr(s, p, n) END;

CREATE MACRO trino_split_part(s, d, n) AS
  trino_only(n > 0, string_split(s, d)[n], 'INVALID_FUNCTION_ARGUMENT: Index must be greater than zero');

CREATE MACRO trino_split(s, d, n) AS
  CASE WHEN len(string_split(s, d)) <= n THEN string_split(s, d)
       ELSE list_append(list_slice(string_split(s, d), 1, n - 1),
                        array_to_string(list_slice(string_split(s, d), n, len(string_split(s, d))), d)) END;

CREATE MACRO trino_split_to_map(s, entry, sign) AS
  map_from_entries(list_transform(string_split(s, entry), lambda p: struct_pack(
    key := split_part(p, sign, 1), value := substr(p, length(split_part(p, sign, 1)) + length(sign) + 1))));

CREATE MACRO trino_strpos(s, x, n) AS
  CASE WHEN len(string_split(s, x)) > n
       THEN length(array_to_string(list_slice(string_split(s, x), 1, n), x)) + 1 ELSE 0 END;

CREATE MACRO trino_url_part(u, pattern, part) AS
  CASE WHEN regexp_matches(u, pattern) THEN regexp_extract(u, pattern, part) END;

CREATE MACRO trino_url(u, part) AS
  trino_url_part(u,
    '^([a-zA-Z][a-zA-Z0-9+.-]*):(?://(?:[^/?#@]*@)?([^:/?#]*)(?::(\d*))?)?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$', part);

CREATE MACRO trino_url_parameter(u, name) AS
  list_transform(
    list_filter(string_split(trino_url(u, 5), '&'), lambda p: url_decode(split_part(p, '=', 1)) = name),
    lambda p: url_decode(replace(substr(p, length(split_part(p, '=', 1)) + 2), '+', ' ')))[1];

-- Arrays and maps

CREATE MACRO trino_subscript(a, i) AS
  CASE WHEN i >= 1 AND i <= len(a) THEN list_extract(a, i)
       WHEN trino_fail(i < 1 OR i > len(a), 'INVALID_FUNCTION_ARGUMENT: ' || CASE
         WHEN i = 0 THEN 'SQL array indices start at 1'
         WHEN i < 0 THEN 'Array subscript is negative: ' || i
         ELSE 'Array subscript must be less than or equal to array length: ' || i || ' > ' || len(a) END) THEN NULL END;

CREATE MACRO trino_map_subscript(m, k) AS
  CASE WHEN map_contains(m, k) THEN map_extract_value(m, k)
       WHEN trino_fail(NOT map_contains(m, k), 'INVALID_FUNCTION_ARGUMENT: Key not present in map: ' || k) THEN NULL END;

CREATE MACRO trino_element_at(a, i) AS
  trino_only(i <> 0, list_extract(a, i), 'INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1');

CREATE MACRO trino_contains(a, x) AS
  CASE WHEN list_contains(a, x) THEN true
       WHEN x IS NOT NULL AND len(list_filter(a, lambda v: v IS NULL)) = 0 THEN false END;

CREATE MACRO trino_distinct(a) AS
  list_filter(a, lambda v, i: len(list_filter(list_slice(a, 1, i - 1), lambda w: w IS NOT DISTINCT FROM v)) = 0);

CREATE MACRO trino_has(a, v) AS len(list_filter(a, lambda w: w IS NOT DISTINCT FROM v)) > 0;

CREATE MACRO trino_intersect(a, b) AS
  list_sort(trino_distinct(list_filter(a, lambda v: trino_has(b, v))), 'ASC', 'NULLS LAST');

CREATE MACRO trino_except(a, b) AS trino_distinct(list_filter(a, lambda v: NOT trino_has(b, v)));

CREATE MACRO trino_any(a) AS
  CASE WHEN list_contains(a, true) THEN true WHEN trino_has(a, CAST(NULL AS BOOLEAN)) THEN NULL
       WHEN a IS NOT NULL THEN false END;

CREATE MACRO trino_all(a) AS
  CASE WHEN list_contains(a, false) THEN false WHEN trino_has(a, CAST(NULL AS BOOLEAN)) THEN NULL
       WHEN a IS NOT NULL THEN true END;

CREATE MACRO trino_sequence(a, b, s) AS
  trino_only((s > 0 AND a <= b) OR (s < 0 AND a >= b), generate_series(a, b, s),
    'INVALID_FUNCTION_ARGUMENT: sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start');

CREATE MACRO trino_dates(a, b, s) AS
  list_transform(trino_sequence(CAST(0 AS BIGINT), CAST(b - a AS BIGINT), s), lambda v: a + CAST(v AS INTEGER));

CREATE MACRO trino_times(a, b, s) AS
  list_transform(trino_sequence(epoch_us(a), epoch_us(b), s * 1000), lambda v: make_timestamp(v));

CREATE MACRO trino_months(a, b, s) AS
  list_transform(
    generate_series(0, date_sub('month', CAST(a AS TIMESTAMP), CAST(b AS TIMESTAMP)) // s),
    lambda i: CAST(a AS TIMESTAMP) + to_months(CAST(i * s AS INTEGER)));

CREATE MACRO trino_shuffle(a) AS
  list_transform(list_sort(list_transform(a, lambda v: struct_pack(r := random(), v := v))), lambda e: e.v);

CREATE MACRO trino_slice(a, p, n) AS
  CASE WHEN p > 0 THEN list_slice(a, p, p + n - 1)
       WHEN p < 0 AND -p <= len(a) THEN list_slice(a, len(a) + p + 1, len(a) + p + n)
       WHEN p < 0 THEN list_slice(a, 2, 1)
       WHEN trino_fail(p = 0, 'INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1') THEN NULL END;

CREATE MACRO trino_frequency(a) AS
  map_from_entries(list_transform(list_distinct(a), lambda v: struct_pack(
    key := v, value := CAST(len(list_filter(a, lambda w: w = v)) AS INTEGER))));

CREATE MACRO trino_zip2(a, b) AS list_transform(list_zip(a, b), lambda e: struct_pack(f0 := e[1], f1 := e[2]));

CREATE MACRO trino_zip3(a, b, c) AS
  list_transform(list_zip(a, b, c), lambda e: struct_pack(f0 := e[1], f1 := e[2], f2 := e[3]));

CREATE MACRO trino_map(k, v) AS
  trino_only(len(k) = len(v), map(k, v),
             'INVALID_FUNCTION_ARGUMENT: Key and value arrays must be the same length');

CREATE MACRO trino_from_entries(a) AS
  map_from_entries(list_transform(a, lambda e: struct_pack(
    key := struct_extract_at(e, 1), value := struct_extract_at(e, 2))));

CREATE MACRO trino_first_entries(a) AS
  list_filter(a, lambda e, i: e.key IS NOT NULL
    AND len(list_filter(list_slice(a, 1, i - 1), lambda f: f.key = e.key)) = 0);

CREATE MACRO trino_map_agg(a) AS
  CASE WHEN len(list_distinct(list_transform(a, lambda e: e.key))) = len(a) THEN map_from_entries(a)
       ELSE map_from_entries(trino_first_entries(a)) END;

CREATE MACRO trino_multimap_agg(a) AS
  map_from_entries(list_transform(list_distinct(list_transform(a, lambda e: e.key)), lambda k: struct_pack(
    key := k, value := list_transform(list_filter(a, lambda e: e.key = k), lambda e: e.value))));

CREATE MACRO trino_histogram(m) AS
  map_from_entries(list_transform(map_entries(m), lambda e: struct_pack(
    key := e.key, value := CAST(e.value AS BIGINT))));

-- Times: a timestamp with time zone is a struct of its instant (UTC) and its zone

CREATE MACRO trino_milliseconds(t) AS make_timestamp((epoch_us(t) + 500) // 1000 * 1000);

CREATE MACRO trino_zone_minutes(z) AS
  CASE WHEN z[1] = '-' THEN -1 ELSE 1 END * (CAST(z[2:3] AS INTEGER) * 60 + CAST(z[-2:] AS INTEGER));

CREATE MACRO trino_at(moment, zone) AS
  list_transform([struct_pack(t := moment, z := zone)],
                 lambda v_at: CASE WHEN v_at.t IS NOT NULL AND v_at.z IS NOT NULL THEN v_at END)[1];

CREATE MACRO trino_local(x) AS
  list_transform([x], lambda v_local:
    CASE WHEN v_local.z = 'UTC' THEN v_local.t
         WHEN v_local.z[1] IN ('+', '-') THEN v_local.t + to_minutes(trino_zone_minutes(v_local.z))
         ELSE timezone(v_local.z, v_local.t AT TIME ZONE 'UTC') END)[1];

CREATE MACRO trino_zoned(wall, zone) AS
  list_transform([struct_pack(t := wall, z := zone)], lambda v_zoned:
    trino_at(CASE WHEN v_zoned.z = 'UTC' THEN v_zoned.t
                  WHEN v_zoned.z[1] IN ('+', '-') THEN v_zoned.t - to_minutes(trino_zone_minutes(v_zoned.z))
                  ELSE timezone('UTC', timezone(v_zoned.z, v_zoned.t)) END, v_zoned.z))[1];

CREATE MACRO trino_truncated(unit, x) AS
  list_transform([x], lambda v_whole: trino_zoned(date_trunc(unit, trino_local(v_whole)), v_whole.z))[1];

CREATE MACRO trino_shifted(x, step) AS
  list_transform([struct_pack(x := x, step := step)],
                 lambda v_shift: trino_zoned(trino_local(v_shift.x) + v_shift.step, v_shift.x.z))[1];

CREATE MACRO trino_zone(z) AS
  CASE WHEN upper(z) IN ('UTC', 'Z', 'GMT', '+00:00', '-00:00') THEN 'UTC' ELSE z END;

CREATE MACRO trino_offset(x) AS
  list_transform([x], lambda v_offset:
    CAST((epoch_us(trino_local(v_offset)) - epoch_us(v_offset.t)) // 60000000 AS BIGINT))[1];

CREATE MACRO trino_offset_text(x, zero) AS
  list_transform([trino_offset(x)], lambda v_minutes:
    CASE WHEN v_minutes = 0 THEN zero
         ELSE CASE WHEN v_minutes < 0 THEN '-' ELSE '+' END
           || lpad(CAST(abs(v_minutes) // 60 AS VARCHAR), 2, '0') || ':'
           || lpad(CAST(abs(v_minutes) % 60 AS VARCHAR), 2, '0') END)[1];

CREATE MACRO trino_format_zoned(x, f) AS
  list_transform([x], lambda v_shown:
    replace(replace(strftime(trino_local(v_shown), f), '+00:00', trino_offset_text(v_shown, '+00:00')),
            '+0000', replace(trino_offset_text(v_shown, '+00:00'), ':', '')))[1];

CREATE MACRO trino_from_unixtime(x, zone) AS
  trino_at(make_timestamp(CAST(floor(x * 1000 + 0.5) AS BIGINT) * 1000), trino_zone(zone));

CREATE MACRO trino_parsed(s, f) AS
  trino_tried(s, CAST(try_strptime(s, f) AS TIMESTAMP), 'INVALID_FUNCTION_ARGUMENT: Invalid format: "' || s || '"');

CREATE MACRO trino_suffix_zone(s) AS
  CASE WHEN regexp_matches(s, '[+-]\d{2}:?\d{2}$') AND regexp_matches(s, '[:T]')
       THEN trino_zone(regexp_replace(regexp_extract(s, '[+-]\d{2}:?\d{2}$'), '(\d{2}):?(\d{2})$', '\1:\2'))
       WHEN regexp_matches(s, '[:T].*[+-]\d{2}$') THEN trino_zone(s[-3:] || ':00')
       ELSE 'UTC' END;

CREATE MACRO trino_parsed_zoned(s, f) AS
  trino_tried(s, trino_at(timezone('UTC', CAST(try_strptime(s, f) AS TIMESTAMPTZ)), trino_suffix_zone(s)),
              'INVALID_FUNCTION_ARGUMENT: Invalid format: "' || s || '"');

CREATE MACRO trino_full_iso8601(s) AS
  CASE length(s) WHEN 4 THEN s || '-01-01' WHEN 7 THEN s || '-01' WHEN 13 THEN s || ':00'
                 ELSE replace(s, ',', '.') END;

CREATE MACRO trino_iso8601_instant(s) AS
  CASE WHEN regexp_full_match(s, '\d{4}(-\d{2}(-\d{2}(T(\d{2}(:\d{2}(:\d{2}([.,]\d{1,9})?)?)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?)?)?')
       THEN timezone('UTC', TRY_CAST(trino_full_iso8601(s) AS TIMESTAMPTZ)) END;

CREATE MACRO trino_from_iso8601(s) AS
  trino_tried(s, trino_at(trino_milliseconds(trino_iso8601_instant(s)), trino_suffix_zone(s)),
              'INVALID_FUNCTION_ARGUMENT: Invalid format: "' || s || '"');

CREATE MACRO trino_iso8601_date(s) AS
  trino_tried(s, CASE WHEN regexp_full_match(s, '\d{4}(-\d{2}(-\d{2})?)?') THEN TRY_CAST(trino_full_iso8601(s) AS DATE) END,
              'INVALID_FUNCTION_ARGUMENT: Invalid format: "' || s || '"');

CREATE MACRO trino_plural(n, word) AS
  CASE WHEN n = 0 THEN NULL WHEN n = 1 THEN '1 ' || word ELSE n || ' ' || word || 's' END;

CREATE MACRO trino_human_whole(x) AS
  CASE WHEN x = 0 THEN '0 seconds' ELSE concat_ws(', ',
    trino_plural(x // 604800, 'week'), trino_plural(x // 86400 % 7, 'day'), trino_plural(x // 3600 % 24, 'hour'),
    trino_plural(x // 60 % 60, 'minute'), trino_plural(x % 60, 'second')) END;

CREATE MACRO trino_human_seconds(x) AS trino_human_whole(CAST(round(x) AS BIGINT));

-- Casts of strings

CREATE MACRO trino_to_whole(s, name) AS
  trino_only(regexp_full_match(s, '[+-]?\d+'), s, 'INVALID_CAST_ARGUMENT: Cannot cast ''' || s || ''' to ' || name);

CREATE MACRO trino_boolean_of(s) AS
  CASE WHEN lower(s) IN ('true', 't', '1') THEN true WHEN lower(s) IN ('false', 'f', '0') THEN false END;

CREATE MACRO trino_to_boolean(s) AS
  trino_tried(s, trino_boolean_of(s), 'INVALID_CAST_ARGUMENT: Cannot cast ''' || s || ''' to BOOLEAN');

CREATE MACRO trino_to_date(s) AS
  trino_tried(s, CASE WHEN regexp_full_match(s, '\s*[+-]?\d{4,}-\d{1,2}-\d{1,2}\s*') THEN TRY_CAST(trim(s) AS DATE) END,
              'INVALID_CAST_ARGUMENT: Value cannot be cast to date: ' || s);

CREATE MACRO trino_full_clock(s) AS
  CASE WHEN regexp_full_match(trim(s), '\S+ \d{1,2}') THEN trim(s) || ':00' ELSE trim(s) END;

CREATE MACRO trino_wall_of(s) AS
  CASE WHEN regexp_full_match(trim(s), '[+-]?\d{4,}-\d{1,2}-\d{1,2}( \d{1,2}(:\d{1,2}(:\d{1,2}([.]\d+)?)?)?)?')
       THEN TRY_CAST(trino_full_clock(s) AS TIMESTAMP) END;

CREATE MACRO trino_to_timestamp(s) AS
  trino_tried(s, trino_wall_of(s), 'INVALID_CAST_ARGUMENT: Value cannot be cast to timestamp: ' || s);

CREATE MACRO trino_zone_of(s) AS regexp_extract(trim(s), '(?:Z|[+-]\d{1,2}:\d{2}|[A-Za-z][A-Za-z_/+-]*)$');

CREATE MACRO trino_clock_of(s) AS
  trim(regexp_replace(trim(s), '(?:Z|[+-]\d{1,2}:\d{2}|[A-Za-z][A-Za-z_/+-]*)$', ''));

CREATE MACRO trino_to_zoned(s) AS
  trino_tried(s, trino_zoned(trino_wall_of(trino_clock_of(s)), coalesce(trino_zone(nullif(trino_zone_of(s), '')), 'UTC')),
              'INVALID_CAST_ARGUMENT: Value cannot be cast to timestamp with time zone: ' || s);

-- Texts

CREATE MACRO trino_double_text(x) AS
  CASE WHEN abs(x) >= 0.001 AND abs(x) < 10000000 OR x = 0 THEN CAST(x AS VARCHAR)
       WHEN isnan(x) THEN 'NaN'
       WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END
       ELSE trino_scientific(CAST(x AS VARCHAR)) END;

CREATE MACRO trino_scientific(s) AS  -- what is named once here is planned once: most queries tell a double
  list_transform(
    [regexp_extract(s, '^(-?)(\d+)\.?(\d*)(?:e(.*))?$', ['sign', 'whole', 'part', 'power'])],
    lambda v_in: v_in.sign || trino_mantissa(rtrim(ltrim(v_in.whole || v_in.part, '0'), '0')) || 'E'
      || coalesce(TRY_CAST(v_in.power AS INTEGER), 0)
         + CASE WHEN v_in.whole = '0' THEN length(ltrim(v_in.part, '0')) - length(v_in.part) - 1
                ELSE length(v_in.whole) - 1 END)[1];

CREATE MACRO trino_mantissa(digits) AS regexp_replace(regexp_replace(digits, '^(.)', '\1.'), '\.$', '.0');

CREATE MACRO trino_timestamp_text(t) AS strftime(t, '%Y-%m-%d %H:%M:%S.%g');

CREATE MACRO trino_zoned_text(x) AS
  list_transform([x], lambda v_told: trino_timestamp_text(trino_local(v_told)) || ' ' || v_told.z)[1];

CREATE MACRO trino_interval_text(x) AS
  CASE WHEN x < 0 THEN '-' ELSE '' END || printf('%d %02d:%02d:%02d.%03d',
    abs(x) // 86400000, abs(x) // 3600000 % 24, abs(x) // 60000 % 60, abs(x) // 1000 % 60, abs(x) % 1000);

CREATE MACRO trino_months_text(x) AS CASE WHEN x < 0 THEN '-' ELSE '' END || (abs(x) // 12) || '-' || (abs(x) % 12);

CREATE MACRO trino_hex_text(b) AS trim(regexp_replace(lower(hex(b)), '(..)', '\1 ', 'g'));

-- JSON: a value is its text

CREATE MACRO trino_json_scalar(j) AS json_extract_string(j, '$');

CREATE MACRO trino_json_array(l) AS
  CASE WHEN l IS NOT NULL
       THEN '[' || array_to_string(list_transform(l, lambda e: coalesce(CAST(e AS VARCHAR), 'null')), ',') || ']' END;

CREATE MACRO trino_json_parse(s) AS
  trino_tried(s, CASE WHEN json_valid(s) THEN CAST(TRY(json(s)) AS VARCHAR) END,
              'INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON: ''' || s || '''');

CREATE MACRO trino_json_size(j) AS
  CASE WHEN json_type(j) = 'ARRAY' THEN CAST(json_array_length(j) AS BIGINT)
       WHEN json_type(j) = 'OBJECT' THEN CAST(len(json_keys(j)) AS BIGINT)
       WHEN j IS NOT NULL THEN CAST(0 AS BIGINT) END;

CREATE MACRO trino_json_array_length(j) AS
  CASE WHEN json_type(j) = 'ARRAY' THEN CAST(json_array_length(j) AS BIGINT) END;

CREATE MACRO trino_json_array_contains(j, v) AS
  CASE WHEN json_type(j) = 'ARRAY'
       THEN list_contains(list_transform(json_extract(j, '$[*]'), lambda e: CAST(e AS VARCHAR)),
                          CAST(to_json(v) AS VARCHAR)) END;

CREATE MACRO trino_json_elements(j) AS
  CASE WHEN json_type(j) = 'ARRAY' THEN list_transform(json_extract(j, '$[*]'), lambda e: CAST(e AS VARCHAR))
       WHEN trino_fail(json_type(j) NOT IN ('ARRAY', 'NULL'),
         'INVALID_CAST_ARGUMENT: Cannot cast to array. Expected a json array, but got ' || j) THEN NULL END;

CREATE MACRO trino_json_key_path(k) AS '$."' || replace(replace(k, '\', '\\'), '"', '\"') || '"';

CREATE MACRO trino_json_entries(j) AS
  CASE WHEN json_type(j) = 'OBJECT'
       THEN list_transform(json_keys(j), lambda k: struct_pack(
         key := k, value := CAST(json_extract(j, trino_json_key_path(k)) AS VARCHAR)))
       WHEN trino_fail(json_type(j) NOT IN ('OBJECT', 'NULL'),
         'INVALID_CAST_ARGUMENT: Cannot cast to map. Expected a json object, but got ' || j) THEN NULL END;

CREATE MACRO trino_json_text(j, name) AS
  CASE WHEN json_type(j) NOT IN ('ARRAY', 'OBJECT') THEN json_extract_string(j, '$')
       WHEN trino_fail(json_type(j) IN ('ARRAY', 'OBJECT'),
         'INVALID_CAST_ARGUMENT: Cannot cast ''' || j || ''' to ' || name) THEN NULL END;

CREATE MACRO trino_json_double(x) AS
  CASE WHEN isnan(x) OR isinf(x) THEN '"' || trino_double_text(x) || '"' ELSE trino_double_text(x) END;

CREATE MACRO trino_json_quoted(s) AS CAST(to_json(CAST(s AS VARCHAR)) AS VARCHAR);

CREATE MACRO trino_minutes_zone(m) AS
  CASE WHEN m = 0 THEN 'UTC'
       ELSE CASE WHEN m < 0 THEN '-' ELSE '+' END || lpad(CAST(abs(m) // 60 AS VARCHAR), 2, '0') || ':'
         || lpad(CAST(abs(m) % 60 AS VARCHAR), 2, '0') END;

-- What JSON files hold: dates and timestamps in the forms that the SerDe takes

CREATE MACRO trino_json_date(s) AS
  trino_tried(s, TRY_CAST(left(s, 10) AS DATE), 'HIVE_BAD_DATA: Error parsing field value ''' || s || ''' as date');

CREATE MACRO trino_epoch_timestamp(s) AS
  CASE WHEN abs(TRY_CAST(s AS DOUBLE)) >= 100000000000 THEN make_timestamp(CAST(TRY_CAST(s AS DOUBLE) * 1000 AS BIGINT))
       ELSE make_timestamp(CAST(TRY_CAST(s AS DOUBLE) * 1000000 AS BIGINT)) END;

CREATE MACRO trino_written_timestamp(s) AS
  CASE WHEN regexp_full_match(s, '[+-]?\d+([.]\d+)?([eE][+-]?\d+)?') THEN trino_epoch_timestamp(s)
       ELSE timezone('UTC', TRY_CAST(s AS TIMESTAMPTZ)) END;

CREATE MACRO trino_json_timestamp(s) AS
  trino_tried(s, trino_milliseconds(trino_written_timestamp(s)),
              'HIVE_BAD_DATA: Error parsing field value ''' || s || ''' as timestamp');

-- What OpenCSVSerde's strings are as other types

CREATE MACRO trino_csv_value(s, value, place) AS
  trino_tried(s, value, 'HIVE_BAD_DATA: Error parsing field value ''' || s || ''' for field ' || place
                        || ': For input string: "' || s || '"');

CREATE MACRO trino_csv_boolean(s, place) AS
  CASE WHEN s IS NOT NULL THEN lower(s) = 'true' END;

CREATE MACRO trino_csv_date(s, place) AS
  trino_csv_value(s, DATE '1970-01-01' + TRY_CAST(s AS INTEGER), place);

CREATE MACRO trino_csv_timestamp(s, place) AS
  trino_csv_value(s, make_timestamp(TRY_CAST(s AS BIGINT) * 1000), place);
