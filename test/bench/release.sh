#!/usr/bin/env bash
# release.sh [--smoke]
#	What it costs to release money from an escrow, against other ways.
#
# CPU        of the backend for one release, loops of thousands, the ways in
#            turn; medians, and the median of the ratios within a round
# throughput pgbench, 8 clients that do not wait for the disk
# hot, cold  32 clients that do: all for one provider, or each for another
# batch      due milestones at once, or one by one by a client that waits
# The rest   fee_amount() a row, reconcile() an entry, bytes a release
# Prints a table in Markdown, with date, machine and command.  The peers are
# in release/peers.sql and release/*.pgbench.  The server is the one that the
# environment points to (it gets fsync for a while), else one of our
# own.
#	JOBS ROUNDS LOOPS SECONDS_EACH   (5000, 7, 2000, 10)
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"

[ "${1:-}" != --smoke ] || {
	JOBS=${JOBS:-2} ROUNDS=${ROUNDS:-1} LOOPS=${LOOPS:-1}
	SECONDS_EACH=${SECONDS_EACH:-1}
}
jobs=${JOBS:-5000}
rounds=${ROUNDS:-7}
loops=${LOOPS:-2000}
seconds=${SECONDS_EACH:-10}
[ "$jobs" -ge 2 ] || die 'half of the JOBS is released in batches: two at least'
here=$(cd "$(dirname "$0")/release" && pwd -P)

# finish: drop the database, and the server if it is ours.
finish()
{
	dropdb --if-exists --force bench_release >/dev/null 2>&1 || :
	[ -z "${own:-}" ] || "$DW_ROOT/scripts/dev-server.sh" "$own" stop
}
trap finish EXIT

if [ -z "${PGHOST:-}" ]; then
	own=$(mktemp -d)
	"$DW_ROOT/scripts/dev-server.sh" "$own" >&2
	eval "$("$DW_ROOT/scripts/dev-server.sh" "$own" env)"
fi
[ -z "${PG_BIN:-}" ] || PATH=$PG_BIN:$PATH
export PGDATABASE=bench_release
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

# over A B: their quotient.
over()
{
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", (b > 0 ? a / b : 0) }'
}

# tps CLIENTS COMMIT ARGUMENT...: transactions a second.
tps()
{
	local clients=$1 commit=$2

	shift 2
	PGOPTIONS="$PGOPTIONS -c synchronous_commit=$commit ${session:-}" \
		pgbench -n -M prepared -c "$clients" -j 2 -T "$seconds" \
		-D jobs="$jobs" "$@" 2>&1 |
		awk '/^tps/ { printf "%.0f", $3; found = 1 } { text = text $0 "\n" }
			END { if (!found) { printf "%s", text >"/dev/stderr"; exit 1 } }'
}

# median NAME: of the figures collected under that name.
median()
{
	tr ' ' '\n' <<<"${figure[$1]}" | grep . | sort -n |
		awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

dropdb --if-exists bench_release 2>/dev/null
createdb bench_release
run -v jobs="$jobs" -f "$here/setup.sql" -f "$here/peers.sql" \
	-f "$here/cpu.sql" >/dev/null
# one release a job, so that no table is planned for as an empty one
run -c "CALL bench.race('{dwello}', 0, 2 * $jobs, $jobs)" -c 'VACUUM ANALYZE' \
	-c 'CHECKPOINT'

printf '%s, %s x %s, PostgreSQL %s, commit %s\n\n`%s`\n\n' \
	"$(date -u +%F)" "$(nproc)" \
	"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)" \
	"$(run -c 'SHOW server_version')" \
	"$(git -C "$DW_ROOT" rev-parse --short HEAD 2>/dev/null || echo none)" \
	"JOBS=$jobs ROUNDS=$rounds LOOPS=$loops SECONDS_EACH=$seconds test/bench/release.sh"
printf '| what | figure | target |\n|---|---|---|\n'

# ----------------------------------------------------------------------
# CPU of one release
# ----------------------------------------------------------------------
ways='{dwello,bare,plpgsql,cte,without key,with login,replayed}'
run -c "CALL bench.race('$ways', $rounds, $loops, $jobs)"
run -F '|' -c "SELECT way, round(us::numeric, 1), round(ratio::numeric, 2) FROM bench.summary()" |
while IFS='|' read -r way us ratio; do
	case $way in
		dwello) row 'CPU of a full release' "$us µs" ;;
		bare) row 'over a bare one in PL/pgSQL' "$us µs, $ratio" '≤ 1.6' ;;
		plpgsql) row 'over the same in PL/pgSQL' "$us µs, $ratio" '≤ 0.8' ;;
		cte) row 'over its rows in one CTE' "$us µs, $ratio" ;;
		*) row "over one $way" "$us µs, $ratio" ;;
	esac
done

# ----------------------------------------------------------------------
# What each part of the work adds
# ----------------------------------------------------------------------
run -c 'TRUNCATE bench.spent' -c "CALL bench.race('{plpgsql,less key,less milestones,less entries,less outbox,less history,less job,less guards,less hash}', $rounds, $loops, $jobs, undo => true)"
run -F '|' -c "SELECT part, round(us::numeric, 1), round(100 * share::numeric) FROM bench.additions()" |
while IFS='|' read -r part us share; do
	row "of the one in PL/pgSQL, what this adds: $part" "$us µs, $share %"
done

# ----------------------------------------------------------------------
# Bytes, fees, ledger
# ----------------------------------------------------------------------
run -F '|' -c "SELECT * FROM bench.bytes($loops, $jobs)" |
while IFS='|' read -r name heap whole; do
	case $name in
		ledger) row 'bytes a release, transaction and entries' \
			"$heap ($whole with indexes)" '≤ 550' ;;
		*) row "bytes a release, $name" "$heap ($whole with indexes)" ;;
	esac
done
row 'fee_amount over an empty call' \
	"$(run -c "SELECT bench.fee_ns($rounds, 500 * $loops)") ns" '≤ 25 ns'
row 'reconcile' "$(run -c 'SELECT bench.reconcile_rate()') entries/s" \
	'≥ 1 000 000'

# ----------------------------------------------------------------------
# Throughput
# ----------------------------------------------------------------------
token=$(run -c "SELECT dwello.issue_token(bench.id('homeowner', 0))")
session="-c dwello.session_tokens=on -c dwello.token=$token"
declare -A figure
pgbench -q -i -s 10 --unlogged-tables >/dev/null 2>&1
run -c 'ALTER TABLE pgbench_accounts SET LOGGED' \
	-c 'ALTER TABLE pgbench_tellers SET LOGGED' \
	-c 'ALTER TABLE pgbench_branches SET LOGGED' \
	-c 'ALTER TABLE pgbench_history SET LOGGED'
for ((i = 0; i < (rounds + 1) / 2; i++)); do
	figure[session]+=" $(tps 8 off -D hot=0 -f "$here/session.pgbench")"
	figure[release]+=" $(session='' tps 8 off -D hot=0 -D token="$token" -f "$here/release.pgbench")"
	figure[simple]+=" $(session='' tps 8 off -N)"
	figure[application]+=" $(session='' tps 8 off -f "$here/application.pgbench")"
done
row 'throughput, 8 clients, token of the session' "$(median session)/s"
row 'over pgbench -N' "$(median simple)/s, $(over "$(median session)" "$(median simple)")" '≥ 1.2'
row 'over the transaction of an application' \
	"$(median application)/s, $(over "$(median session)" "$(median application)")" '≥ 2.5'
row 'with a login in each transaction' "$(median release)/s"

run -c 'ALTER SYSTEM SET fsync = on' -c 'SELECT pg_reload_conf()' >/dev/null
for ((i = 0; i < (rounds + 1) / 2; i++)); do
	figure[cold]+=" $(tps 32 on -D hot=0 -f "$here/session.pgbench")"
	figure[hot]+=" $(tps 32 on -D hot="$jobs" -f "$here/session.pgbench")"
done
# The same milestones of other jobs one by one: m of each round in a batch, m
# by as many calls; first one that leaves the job as it is, then its last.
batch=$((jobs < 2000 ? jobs / 2 : 1000))
batches=$((jobs / (2 * batch)))
[ "$batches" -le "$rounds" ] || batches=$rounds
for ((i = 0; i < batches; i++)); do
	first=$((2 * i * batch))
	for part in 1 2; do
		run -c "SELECT FROM bench.make_due($first + 1, $first + $batch, $part)" \
			-c "SELECT FROM bench.make_due($first + $batch + 1, $first + 2 * $batch, $part, '1 day')" \
			-c 'VACUUM ANALYZE' -c CHECKPOINT
		spent=$(PGOPTIONS="$PGOPTIONS -c synchronous_commit=on" \
			run -c "SELECT FROM dwello.release_due_escrows(1)" -c '\timing on' \
			-c "SELECT FROM dwello.release_due_escrows($batch)" |
			awk '/^Time:/ { print $2 / 1000 }')
		figure[batch$part]+=" $(over $((batch - 1)) "$spent")"
		figure[single$part]+=" $(PGOPTIONS="$PGOPTIONS -c synchronous_commit=on $session" \
			pgbench -n -M prepared -c 1 -t "$batch" -D n=$((first + batch)) \
			-D part="$part" -f "$here/milestone.pgbench" 2>&1 | awk '/^tps/ { print $3 }')"
	done
done
for part in 1 2; do
	what="batch of $batch due milestones over as many durable calls"
	[ "$part" = 1 ] || what="the same where it completes the jobs"
	row "$what" "$(median "batch$part")/s of $(median "single$part")/s, $(over "$(median "batch$part")" "$(median "single$part")")" \
		"$([ "$part" = 2 ] || echo '≥ 15')"
done
row 'entries of such a batch' "$(awk -v n="$(median batch1)" 'BEGIN { printf "%.0f", 3 * n }')/s" '≥ 35 000'
run -c 'ALTER SYSTEM RESET fsync' -c 'SELECT pg_reload_conf()' >/dev/null
row 'all for one provider over each for another, 32 durable clients' \
	"$(median hot)/s of $(median cold)/s, $(over "$(median hot)" "$(median cold)")" '≥ 0.9'
row 'deadlocks' "$(run -c "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")" 0
