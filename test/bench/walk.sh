#!/usr/bin/env bash
# walk.sh [--smoke | TREE]
#	The files of src/ that one call enters: what a reader of it walks through.
#
# The end of a dispute, a payout, a bid and a login, each the first in its
# backend, in single-user mode under callgrind, which counts only below the
# entry point.  Prints a row for each call, then its files in order.  TREE is
# another checkout to do the same with; it is as quick as it gets, so a smoke
# test is the same.  Wants valgrind, and a server of its
# own, which it starts, fills and stops.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"

here=$(cd "$(dirname "$0")/walk" && pwd -P)
[ "${1:-}" != --smoke ] || shift
DW_ROOT=$(cd "${1:-$DW_ROOT}" && pwd -P)
command -v valgrind >/dev/null || die "valgrind is not installed"

work_directory own
server_tree "$own/tree"
build_and_install
start_cluster "$own"
export PGDATABASE=bench_walk
"$PG_BIN/createdb" bench_walk
"$PG_BIN/psql" -XAtq -v ON_ERROR_STOP=1 -f "$here/setup.sql" >/dev/null
stop_cluster "$own"
own_directory "$own/profile"

# walk NAME WHO COMMAND [SYMBOL]: the files that it enters, or that a function
# below it does, in order, in $own/NAME.
walk()
{
	local said

	said=$(as_server_user valgrind --tool=callgrind -q \
		--toggle-collect="${4:-dwello_$1}" \
		--callgrind-out-file="$own/profile/$1" \
		"$PG_BIN/postgres" --single -D "$own/data" -c jit=off \
		bench_walk <<<"SELECT walk.go('$2', '${3//\'/\'\'}')" 2>&1)
	! grep -E 'ERROR|FATAL' <<<"$said" >&2 || die "$1 was refused"
	sed -nE 's/^c?f[ile]=\([0-9]+\) (.*\/)?(src\/(api|server|store|core|index)\/[^ ]+)$/\2/p' \
		"$own/profile/$1" | sort -u >"$own/$1"
	[ -s "$own/$1" ] || die "$1 entered no file of src/"
}

walk dispute_end admin "resolve_dispute(job_id => 'de000000-0000-7000-8000-000000000011', homeowner_amount => 10000, reason => 'One door was warped.')" \
	dispute_end
walk request_payout provider_1 'request_payout(amount => 20000)'
walk submit_bid provider_1 "submit_bid(job_id => 'de000000-0000-7000-8000-000000000013', labor_cost => 60000, materials_cost => 12000, timeline_days => 2, warranty_months => 12)"
walk login provider_1 "login((SELECT s.token FROM walk.session AS s WHERE s.name = 'provider_1'))"

printf '| call | files of src/ |\n|---|---|\n'
for name in dispute_end request_payout submit_bid login; do
	printf '| `%s` | %d |\n' "$name" "$(wc -l <"$own/$name")"
done
for name in dispute_end request_payout submit_bid login; do
	printf '\n%s\n' "$name"
	sed 's/^/  /' "$own/$name"
done
