#!/usr/bin/env bash
# search.sh [--smoke]
#	What it costs to search open jobs and to make tiles of them, against plain
#	SQL over the same table.
#
# Jobs are made up by matching/generate.sql, each with thirty words; tasks and
# their peers are in matching/search.sql: words that all jobs have, most, a
# hundredth and hardly any, the five commonest at once, none but one that all
# have, places, and tiles of the densest city.  The ways take turns in one
# backend, and in going first; medians, and the median of the ratios within a
# round.  What both ways answer is compared before.  Prints a table in
# Markdown.  The server is the one that the environment points to, else one
# of our own.
#	JOBS ROUNDS SEED   (1000000, 7, 1)
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"

[ "${1:-}" != --smoke ] || { JOBS=${JOBS:-3000} ROUNDS=${ROUNDS:-1}; }
jobs=${JOBS:-1000000}
rounds=${ROUNDS:-7}
seed=${SEED:-1}
here=$(cd "$(dirname "$0")/matching" && pwd -P)

# finish: drop the database, and the server if it is ours.
finish()
{
	dropdb --if-exists --force bench_search >/dev/null 2>&1 || :
	[ -z "${own:-}" ] || "$DW_ROOT/scripts/dev-server.sh" "$own" stop
}
trap finish EXIT

if [ -z "${PGHOST:-}" ]; then
	own=$(mktemp -d)
	"$DW_ROOT/scripts/dev-server.sh" "$own" >&2
	eval "$("$DW_ROOT/scripts/dev-server.sh" "$own" env)"
fi
[ -z "${PG_BIN:-}" ] || PATH=$PG_BIN:$PATH
export PGDATABASE=bench_search
export PGOPTIONS='-c dwello.act_as_system=on -c jit=off -c client_min_messages=warning -c dwello.now=2026-06-01T12:00:00+00'

# run ARGUMENT...: psql, stopping at the first error.
run()
{
	psql -XAtq -v ON_ERROR_STOP=1 "$@"
}

dropdb --if-exists --force bench_search 2>/dev/null
createdb bench_search
run -c 'CREATE EXTENSION dwello CASCADE'
run -v jobs="$jobs" -v providers=1000 -v hidden=$((jobs / 50)) -v words=30 \
	-v seed="$seed" -f "$here/generate.sql" >/dev/null
run -c '\timing' -c 'SELECT changed, is_complete FROM dwello.refresh_tiles(1000000)' \
	-c 'SELECT changed, is_complete FROM dwello.refresh_tiles(2000)' >&2
run -f "$here/search.sql" -c 'VACUUM ANALYZE dwello.job_tiles'
differing=$(run -c 'SELECT * FROM bench.differing()')
[ -z "$differing" ] || die "the ways differ: $differing"

printf '| %s jobs: task | dwello, ms | plain SQL, ms | ratio |\n|---|---|---|---|\n' "$jobs"
run -F ' | ' -c "SELECT * FROM bench.race($rounds)" | sed 's/.*/| & |/'
