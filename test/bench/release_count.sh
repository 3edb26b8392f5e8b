#!/usr/bin/env bash
# release_count.sh [--smoke]
#	Instructions of one release, and of what it calls, counted by callgrind.
#
# They do not depend on what else the machine does.  A backend in single-user
# mode releases some and then some more in another run; the difference is
# free of what only the first call costs.  Wants valgrind, and a server of
# its own, which it starts, fills and stops.  Fails when a release takes more
# instructions than MOST, which is for PostgreSQL 15; --smoke takes too few
# releases to tell.
#	RELEASES   (100)
#	MOST       (1072000)
# shellcheck disable=SC2154
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"

[ "${1:-}" != --smoke ] || RELEASES=${RELEASES:-1} MOST=${MOST:-9999999}
releases=${RELEASES:-100}
here=$(cd "$(dirname "$0")/release" && pwd -P)
command -v valgrind >/dev/null || die "valgrind is not installed"

work_directory own
server_tree "$own/tree"
build_and_install
start_cluster "$own"
export PGDATABASE=bench_release PGOPTIONS='-c dwello.act_as_system=on -c client_min_messages=warning'
"$PG_BIN/createdb" bench_release
"$PG_BIN/psql" -XAtq -v ON_ERROR_STOP=1 -v jobs=1000 -f "$here/setup.sql" \
	-f "$here/peers.sql" -f "$here/cpu.sql" >/dev/null
"$PG_BIN/psql" -XAtq -v ON_ERROR_STOP=1 -c 'VACUUM ANALYZE' -c \
	"CALL bench.race('{dwello,bare}', 0, 1000, 1000)"
stop_cluster "$own"

# count WAY N OPTION...: a profile of N releases.
count()
{
	local way=$1 n=$2

	shift 2
	own_directory "$own/profile"
	as_server_user valgrind --tool=callgrind -q "$@" \
		--callgrind-out-file="$own/profile/$way.$n" \
		"$PG_BIN/postgres" --single -D "$own/data" -c jit=off \
		-c log_min_messages=fatal bench_release >/dev/null \
		<<<"SET dwello.act_as_system = on
SELECT bench.spend('$way', 1, $n)"
}

# total WAY N: all instructions of a profile.
total()
{
	sed -n 's/^\(summary\|totals\): //p' "$own/profile/$1.$2" | head -1
}

# one WAY NAME: a line of the table, of one release.
one()
{
	count "$1" 30
	count "$1" $((30 + releases))
	printf '| a release, %s | %d |\n' "$2" \
		$((($(total "$1" $((30 + releases))) - $(total "$1" 30)) / releases))
}

# audit ACTION: what a release writes is recorded, or not.
audit()
{
	local table

	for table in jobs escrow_accounts job_milestones; do
		echo "ALTER TABLE dwello.$table $1 TRIGGER audit_row"
	done | as_server_user "$PG_BIN/postgres" --single -D "$own/data" \
		-c log_min_messages=fatal bench_release >/dev/null
}

printf '| what | instructions |\n|---|---|\n'
one dwello dwello
audit DISABLE
one dwello 'dwello, not audited'
audit ENABLE
one bare bare
for n in 30 $((30 + releases)); do
	count dwello "$n" --toggle-collect=dwello_release_escrow
	callgrind_annotate --inclusive=yes --threshold=100 --tree=none \
		"$own/profile/dwello.$n" |
		sed -n 's/^ *\([0-9,]*\) .*:\(dw[a-z]*_[a-z0-9_]*\|update_[a-z]*\|transaction_write\|legs_write\) .*/\2 \1/p' |
		tr -d , | sort -u -k1,1 >"$own/$n"
done
join "$own/30" "$own/$((30 + releases))" |
	awk -v n="$releases" '$3 - $2 > 5000 * n { printf "| `%s` | %d |\n", $1, ($3 - $2) / n }' |
	sort -t'|' -k3,3nr | tee "$own/table"
took=$(sed -n 's/^| `dwello_release_escrow` | \([0-9]*\) |$/\1/p' "$own/table")
[ "$took" -le "${MOST:-1072000}" ] ||
	die "a release takes $took instructions, more than ${MOST:-1072000}"
