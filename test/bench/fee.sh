#!/usr/bin/env bash
# fee.sh [--smoke]
#	What dwello.fee_amount() costs a row, beyond the call of any function.
#
# empty       a C function with the same arguments that does nothing; the
#             figure of every other way is what it costs more than this
# fee_amount  ours
# expression  the same fee as an SQL expression over bigint
# plpgsql     the same fee in PL/pgSQL over numeric, as one would write it
# All run over one table in one backend, in turns; the median of the turns
# counts, in time of the processor that the backend had.  They give the same fees, which is checked before.  The server is
# the one that the environment points to, else one of our own; its user must
# be able to read this checkout's temporary library.
#	ROWS, ROUNDS   rows of the table (200000), turns of each way (15)
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"

[ "${1:-}" != --smoke ] || { ROWS=${ROWS:-2000} ROUNDS=${ROUNDS:-1}; }
rows=${ROWS:-200000}
rounds=${ROUNDS:-15}

# finish: drop the database and the library, and the server if it is ours.
finish()
{
	dropdb --if-exists --force bench_fee >/dev/null 2>&1 || :
	[ -z "${own:-}" ] || "$DW_ROOT/scripts/dev-server.sh" "$own" stop
	rm -rf "$library"
}
library=$(mktemp -d)
chmod 755 "$library"
trap finish EXIT

if [ -z "${PGHOST:-}" ]; then
	own=$(mktemp -d)
	"$DW_ROOT/scripts/dev-server.sh" "$own" >&2
	eval "$("$DW_ROOT/scripts/dev-server.sh" "$own" env)"
fi
[ -z "${PG_BIN:-}" ] || PATH=$PG_BIN:$PATH

# empty.so: the call and nothing in it, and the clock
headers=$("${SYSTEM_PG_CONFIG:-${PG_CONFIG:-pg_config}}" --includedir-server)
gcc -O2 -fPIC -shared -I"$headers" -o "$library/empty.so" -x c - <<'C'
#include "postgres.h"

#include <time.h>

#include "fmgr.h"

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(empty);
PG_FUNCTION_INFO_V1(used);

Datum
empty(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

Datum
used(PG_FUNCTION_ARGS)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	PG_RETURN_INT64((int64) now.tv_sec * 1000000000 + now.tv_nsec);
}
C
chmod 755 "$library/empty.so"

run()
{
	psql -XAtq -v ON_ERROR_STOP=1 -d bench_fee "$@"
}

dropdb --if-exists bench_fee 2>/dev/null
createdb bench_fee
run -v rows="$rows" -v library="$library/empty" \
	-f "$(dirname "$0")/fee.sql" >/dev/null

differ=$(run -c "SELECT count(*) FROM bench.difference")
[ "$differ" -eq 0 ] || die "$differ fees are not the same"

run -F ' ' -c "SELECT * FROM bench.race($rounds)" | awk '
	{ time[$1] = $2 }
	END {
		printf "an empty call and its row: %.0f ns\n", time["empty"]
		for (i = split("fee_amount expression plpgsql", way); i > 0; i--)
			line[i] = sprintf("%-12s %6.1f ns a row more", way[i],
				time[way[i]] - time["empty"])
		for (i = 1; i <= 3; i++)
			print line[i]
		beyond = time["fee_amount"] - time["empty"] > 25
		print (beyond ? "beyond" : "within") " the aim of 25 ns"
	}'
