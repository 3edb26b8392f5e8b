#!/usr/bin/env bash
# document.sh [--smoke]
#	What a look at a small document costs, beyond the call of any function.
#
# empty          a function of the server that only takes the document
#                (jsonb_typeof); the figure of every other way is what it costs more
# json_is_valid  ours as a CHECK calls it: a schema of the library
# validate_json  the same by name, with the caller's identity
# own_schema     the same of an operator's schema
# plpgsql        PEER, if it is set: a file of SQL that makes a function
#                validate_json_schema(schema jsonb, data jsonb), as the extension
#                postgres-json-schema does
# python         the package python3-jsonschema, which json-schema-test-suite
#                brings along: its validator made once, in a process of its own
# A document has five members.  All run in turns over one table; the median of
# the turns counts, in time of the processor that the process had.  The aim is
# 5 microseconds.  The server is the one that the environment points to, else
# one of our own; its user must be able to read our temporary library.
#	ROWS, ROUNDS   documents (50000), turns of each way (9)
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"

[ "${1:-}" != --smoke ] || { ROWS=${ROWS:-500} ROUNDS=${ROUNDS:-1}; }
rows=${ROWS:-50000}
rounds=${ROUNDS:-9}

# finish: drop the database, and the server if it is ours.
finish()
{
	dropdb --if-exists --force bench_document >/dev/null 2>&1 || :
	[ -z "${own:-}" ] || "$DW_ROOT/scripts/dev-server.sh" "$own" stop
	rm -rf "$work"
}
work=$(mktemp -d)
chmod 755 "$work"
trap finish EXIT

if [ -z "${PGHOST:-}" ]; then
	own=$(mktemp -d)
	"$DW_ROOT/scripts/dev-server.sh" "$own" >&2
	eval "$("$DW_ROOT/scripts/dev-server.sh" "$own" env)"
fi
[ -z "${PG_BIN:-}" ] || PATH=$PG_BIN:$PATH

# used.so: the clock
headers=$("${SYSTEM_PG_CONFIG:-${PG_CONFIG:-pg_config}}" --includedir-server)
gcc -O2 -fPIC -shared -I"$headers" -o "$work/used.so" -x c - <<'C'
#include "postgres.h"

#include <time.h>

#include "fmgr.h"

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(used);

Datum
used(PG_FUNCTION_ARGS)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	PG_RETURN_INT64((int64) now.tv_sec * 1000000000 + now.tv_nsec);
}
C
chmod 755 "$work/used.so"

run()
{
	psql -XAtq -v ON_ERROR_STOP=1 -d bench_document "$@"
}

dropdb --if-exists bench_document 2>/dev/null
createdb bench_document
run -v rows="$rows" -v library="$work/used" -f "$(dirname "$0")/document.sql" >/dev/null
[ -z "${PEER:-}" ] || run -f "$PEER" >/dev/null

# python: nanoseconds a document, of one turn.
cat >"$work/peer.py" <<'PYTHON'
import json, sys, time
import jsonschema
lines = [json.loads(line) for line in open(sys.argv[2])]
validator = jsonschema.Draft7Validator(json.load(open(sys.argv[1])))
begin = time.process_time_ns()
good = sum(validator.is_valid(line) for line in lines)
assert good * 2 == len(lines), good
print((time.process_time_ns() - begin) // len(lines))
PYTHON
run -c "SELECT schema FROM bench.schema" >"$work/schema"
run -c "SELECT document FROM bench.documents LIMIT 2000" >"$work/documents"

for ((round = 0; round < rounds; round++)); do
	run -F ' ' -c "SELECT * FROM bench.turn('${PEER:+plpgsql}')"
	! python3 -c 'import jsonschema' 2>/dev/null ||
		echo "python $(python3 "$work/peer.py" "$work/schema" "$work/documents")"
done >"$work/turns"

sort -k1,1 -k2,2n "$work/turns" | awk '
	{ turn[$1, ++count[$1]] = $2 }
	END {
		empty = turn["empty", int((count["empty"] + 1) / 2)]
		printf "an empty call and its row: %.0f ns\n", empty
		for (i = 1; i <= split("json_is_valid validate_json own_schema plpgsql python", way); i++) {
			if (!(way[i] in count))
				continue
			time = turn[way[i], int((count[way[i]] + 1) / 2)]
			if (way[i] != "python")
				time -= empty
			if (i == 1)
				ours = time
			printf "%-14s %9.2f us a document, %7.1f times as long\n", way[i],
				time / 1000, time / ours
		}
		print (ours > 5000 ? "beyond" : "within") " the aim of 5 us"
	}'
