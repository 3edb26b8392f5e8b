#!/usr/bin/env bash
# million.sh [--smoke]
#	What some calls cost where rows have gathered for years: milliseconds and
#	buffers of each, warm, the middle one of three.
#
# The rows are made up by million.sql, past the commands, as a load of a dump
# would leave them: providers with statistics and the events these count, a
# consumer that has done all events but a thousand, a user with a hundred
# thousand notifications, and prices of which half are of one city and
# category.  The server is the one that the environment points to, else one
# of our own.
#	ROWS   prices, events, and five times the notifications of the user
#	       (500000)
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"

[ "${1:-}" != --smoke ] || ROWS=${ROWS:-2000}
rows=${ROWS:-500000}

# finish: drop the database, and the server if it is ours.
finish()
{
	dropdb --if-exists --force bench_million >/dev/null 2>&1 || :
	[ -z "${own:-}" ] || "$DW_ROOT/scripts/dev-server.sh" "$own" stop
}
trap finish EXIT

if [ -z "${PGHOST:-}" ]; then
	own=$(mktemp -d)
	"$DW_ROOT/scripts/dev-server.sh" "$own" >&2
	eval "$("$DW_ROOT/scripts/dev-server.sh" "$own" env)"
fi
[ -z "${PG_BIN:-}" ] || PATH=$PG_BIN:$PATH
export PGOPTIONS='-c dwello.act_as_system=on -c jit=off -c client_min_messages=warning'

run()
{
	psql -XAtq -v ON_ERROR_STOP=1 -d bench_million "$@"
}

dropdb --if-exists --force bench_million 2>/dev/null
createdb bench_million
run -v rows="$rows" -f "$(dirname "$0")/million.sql" >/dev/null

printf '| %s rows: call | ms | buffers |\n|---|---|---|\n' "$rows"
run -F ' | ' -c 'SELECT * FROM bench.costs()' | sed 's/.*/| & |/'
