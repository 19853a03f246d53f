"""ORC files, read by pyarrow: columns by their place, or by name when ``orc.column.index.access`` is false."""

from __future__ import annotations

from tailrace.athena.analysis.type import physical, quoted
from tailrace.athena.worker.query_failure import QueryFailure
from tailrace.athena.worker.reader import LocalFile, Reading


def orc_reader(reading: Reading) -> list[str]:
    """Answer the SELECTs of a group of ORC files, a file each: each is held in memory while the query runs."""
    from pyarrow import orc  # loading it takes longer than most queries, and few read ORC

    by_place = reading.parameters.get("orc.column.index.access", "true").lower() != "false"
    places = {column.name: place for place, column in enumerate(reading.group.columns)}
    selects = []
    for number, file in enumerate(reading.group.files):
        try:
            table = orc.ORCFile(file.path).read()
        except (OSError, ValueError) as error:
            raise QueryFailure(f"HIVE_CURSOR_ERROR: Failed to read ORC file {file.uri}: {error}") from error
        name = f"orc_{reading.plan.number}_{number}"
        reading.connection.duckdb.register(name, table)
        spelled = {each.lower(): each for each in table.column_names}
        columns = {}
        for column, type_ in reading.wanted():
            place = places[column.name]
            found = spelled.get(column.name)
            if by_place:
                found = table.column_names[place] if place < table.num_columns else None
            if found is None:
                columns[column.index] = f"CAST(NULL AS {physical(type_)})"
            else:
                columns[column.index] = f"CAST(r.{quoted(found)} AS {physical(type_)})"
        selects.append(reading.select(name, columns, [LocalFile(file.path, file)]))
    return selects
