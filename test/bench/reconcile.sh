#!/usr/bin/env bash
# reconcile.sh [--smoke]
#	How fast the ledger is gone through, whole and by what is new.
#
# The ledger is what the commands write (reconcile/setup.sql), so that every
# chain holds: JOBS paid jobs whose parts are released one by one.  Then NEW
# more jobs, and reconcile(since) of those over a history of a tenth, and over
# the whole.  Prints a table in Markdown, with date, machine and command;
# entries of a second of CPU, medians of rounds in turn.
#	JOBS NEW PARTS ROUNDS   (10500, 350, 10, 5: 300 000 entries)
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"

[ "${1:-}" != --smoke ] || {
	JOBS=${JOBS:-10} NEW=${NEW:-1} PARTS=${PARTS:-1} ROUNDS=${ROUNDS:-1}
}
jobs=${JOBS:-10500}
new=${NEW:-350}
parts=${PARTS:-10}
rounds=${ROUNDS:-5}
here=$(cd "$(dirname "$0")/reconcile" && pwd -P)

# finish: drop the database, and the server if it is ours.
finish()
{
	dropdb --if-exists --force bench_reconcile >/dev/null 2>&1 || :
	[ -z "${own:-}" ] || "$DW_ROOT/scripts/dev-server.sh" "$own" stop
}
trap finish EXIT

if [ -z "${PGHOST:-}" ]; then
	own=$(mktemp -d)
	"$DW_ROOT/scripts/dev-server.sh" "$own" >&2
	eval "$("$DW_ROOT/scripts/dev-server.sh" "$own" env)"
fi
[ -z "${PG_BIN:-}" ] || PATH=$PG_BIN:$PATH
export PGDATABASE=bench_reconcile
export PGOPTIONS='-c dwello.act_as_system=on -c jit=off -c client_min_messages=warning'

# run ARGUMENT...: psql, stopping at the first error.
run()
{
	psql -XAtq -v ON_ERROR_STOP=1 "$@"
}

# row WHAT VALUE TARGET: a line of the table.
row()
{
	printf '| %s | %s | %s |\n' "$1" "$2" "${3:-}"
}

# entries: how many there are.
entries()
{
	run -c 'SELECT count(*) FROM dwello.ledger_entries'
}

# fill FIRST LAST: those jobs, and what the planner wants to know of them.
fill()
{
	run -c "CALL bench.fill($1, $2)" -c 'VACUUM ANALYZE' -c CHECKPOINT
}

# rate CALL ENTRIES: the median of the rounds.
rate()
{
	run -c "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY bench.rate('$1', $2))
		FROM generate_series(1, $rounds)"
}

# since FIRST LAST: fill those jobs, and rate the check of what is new.
since()
{
	local before time count

	before=$(entries)
	time=$(run -c 'SELECT clock_timestamp()')
	fill "$1" "$2"
	count=$(($(entries) - before))
	row "reconcile(since): $count new entries over $before" \
		"$(rate "reconcile(''$time'')" "$count") entries/s"
}

dropdb --if-exists bench_reconcile 2>/dev/null
createdb bench_reconcile
run -v parts="$parts" -f "$here/setup.sql" >/dev/null
fill 1 $((jobs / 10))

printf '%s, %s x %s, PostgreSQL %s, commit %s\n\n`%s`\n\n' \
	"$(date -u +%F)" "$(nproc)" \
	"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)" \
	"$(run -c 'SHOW server_version')" \
	"$(git -C "$DW_ROOT" rev-parse --short HEAD 2>/dev/null || echo none)" \
	"JOBS=$jobs NEW=$new PARTS=$parts ROUNDS=$rounds test/bench/reconcile.sh"
printf '| what | figure | target |\n|---|---|---|\n'
since $((jobs / 10 + 1)) $((jobs / 10 + new))
fill $((jobs / 10 + new + 1)) "$jobs"
since $((jobs + 1)) $((jobs + new))
total=$(entries)
row "reconcile() of $total entries" "$(rate 'reconcile()' "$total") entries/s" '1 000 000'
row "verify_ledger() of as many" "$(rate 'verify_ledger()' "$total") entries/s"
