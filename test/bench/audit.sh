#!/usr/bin/env bash
# audit.sh [--smoke]
#	What recording a change costs: UPDATEs of a table without an audit, with
#	dwello's, with dwello's that seals a personal column, with a generic trigger
#	in PL/pgSQL, and with one that works as supa_audit's do; all written for
#	this (audit/setup.sql).
#
# Instructions of a row, counted by callgrind in single-user mode as the
# difference of two runs; then changes a second, each in a transaction of its
# own, by pgbench, the ways taking turns, medians of five; and the time that
# sealing adds to a record, the least of five sessions.  Each change of what
# is sealed is of another person, whose key is looked up.  Wants valgrind.
#	ROWS     (200)    rows whose instructions are counted
#	CHANGES  (20000)  changes that are timed, of each way
# shellcheck disable=SC2154
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"

[ "${1:-}" != --smoke ] || ROWS=${ROWS:-2} CHANGES=${CHANGES:-20}
rows=${ROWS:-200}
changes=${CHANGES:-20000}
here=$(cd "$(dirname "$0")/audit" && pwd -P)
command -v valgrind >/dev/null || die "valgrind is not installed"

work_directory own
server_tree "$own/tree"
build_and_install
start_cluster "$own"
fresh_database dwello || die "the extension does not install"
export PGDATABASE=dwello
"$PG_BIN/psql" -XAtq -v ON_ERROR_STOP=1 -v rows=$((changes + 1000)) \
	-f "$here/setup.sql" -c 'VACUUM ANALYZE' >/dev/null

for ((turn = 0; turn < 5; turn++)); do
	for way in none dwello sealed generic supa; do
		personal=
		[ $way != sealed ] || personal=", psp_reference = 'reference ' || fee"
		cat >"$own/change.sql" <<-SQL
			\set n random(1, $((changes + 1000)))
			UPDATE bench.$way SET fee = fee + 5, version = version + 1,
			  status = CASE status WHEN 'pending' THEN 'completed' ELSE 'pending' END::dwello.payout_status$personal
			 WHERE user_id = md5((:n)::integer::text)::uuid AND id = md5((-(:n)::integer)::text)::uuid;
		SQL
		PGOPTIONS='-c synchronous_commit=off' "$PG_BIN/pgbench" -n -M prepared \
			-c 1 -t $((changes / 5)) -f "$own/change.sql" |
			sed -n "s/^tps = \([0-9.]*\).*/$way \1/p"
	done
done >"$own/rates"
for ((turn = 0; turn < 5; turn++)); do
	"$PG_BIN/psql" -XAtq -v ON_ERROR_STOP=1 -F ' ' -c 'SELECT * FROM bench.seal_cost()' -c VACUUM
done >"$own/seals"
stop_cluster "$own"

# count WAY N: instructions of N changes.
count()
{
	own_directory "$own/profile"
	as_server_user valgrind --tool=callgrind -q \
		--callgrind-out-file="$own/profile/$1.$2" \
		"$PG_BIN/postgres" --single -D "$own/data" -c jit=off \
		-c log_min_messages=fatal dwello >/dev/null \
		<<<"SELECT bench.change('$1', 1, $2)"
	sed -n 's/^\(summary\|totals\): //p' "$own/profile/$1.$2" | head -1
}

printf '| audit | instructions a change | times | changes a second | times |\n'
printf '|---|---|---|---|---|\n'
for way in none dwello sealed generic supa; do
	few=$(count $way 20)
	many=$(count $way $((20 + rows)))
	echo "$way $(((many - few) / rows)) $(sed -n "s/^$way //p" "$own/rates" |
		sort -n | sed -n 3p)"
done | awk 'NR == 1 { i = $2; r = $3 }
	{ printf "| %s | %d | %.2f | %d | %.2f |\n", $1, $2, $2 / i, $3, r / $3 }'
printf '\n| sealing adds to a record | µs |\n|---|---|\n'
for part in 1 2; do
	printf '| %s | %.1f |\n' "$([ $part = 1 ] && echo 'first use of a key' || echo 'further use')" \
		"$(cut -d' ' -f$part "$own/seals" | sort -g | head -1)"
done
