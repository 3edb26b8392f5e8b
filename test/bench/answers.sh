#!/usr/bin/env bash
# answers.sh [--smoke]
#	What it costs to wake agents and to have them answer, against other ways.
#
# publish   CPU of publishing a job, with the trigger that wakes agents over
#           without it, among AGENTS made-up agents
# answers   decisions that run_agents() writes in a second, each with its
#           answer and its row of activity, counted afterwards: all decline,
#           then all bid that may; one client, until nothing is left, by the
#           clock and by the CPU of its backend
# peers     rows of the same shape in bulk by one statement, and graphile-worker
#           (answers/peer.js), a task an answer
# All in turn, in rounds; medians, and the median of the ratios within a
# round.  Prints a table in Markdown.  The server is the one that the
# environment points to, else one of our own; the worker's packages come from
# the npm registry.
#	JOBS PROVIDERS ANSWERS ROUNDS AGENTS   (2000, 20000, 2000, 3, "0 1000 100000")
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"

[ "${1:-}" != --smoke ] || {
	JOBS=${JOBS:-20} PROVIDERS=${PROVIDERS:-2000} ANSWERS=${ANSWERS:-20}
	ROUNDS=${ROUNDS:-1} AGENTS=${AGENTS:-0 600}
}
jobs=${JOBS:-2000}
providers=${PROVIDERS:-20000}
answers=${ANSWERS:-2000}
rounds=${ROUNDS:-3}
here=$(cd "$(dirname "$0")" && pwd -P)
work=$(mktemp -d)
chmod 755 "$work"

# finish: drop the database, and the server if it is ours.
finish()
{
	dropdb --if-exists --force bench_answers >/dev/null 2>&1 || :
	[ -z "${own:-}" ] || "$DW_ROOT/scripts/dev-server.sh" "$own" stop
	rm -rf "$work"
}
trap finish EXIT

if [ -z "${PGHOST:-}" ]; then
	own=$work/server
	"$DW_ROOT/scripts/dev-server.sh" "$own" >&2
	eval "$("$DW_ROOT/scripts/dev-server.sh" "$own" env)"
fi
[ -z "${PG_BIN:-}" ] || PATH=$PG_BIN:$PATH
export PGDATABASE=bench_answers
export PGOPTIONS='-c dwello.act_as_system=on -c jit=off -c client_min_messages=warning -c dwello.now=2026-06-01T12:00:00+00'

# run ARGUMENT...: psql, stopping at the first error.
run()
{
	psql -XAtq -v ON_ERROR_STOP=1 "$@"
}

# generate JOBS PROVIDERS: a database with so many.
generate()
{
	dropdb --if-exists --force bench_answers 2>/dev/null
	PGDATABASE=postgres createdb bench_answers
	run -c 'CREATE EXTENSION dwello CASCADE'
	run -v jobs="$1" -v providers="$2" -v hidden=0 -v seed=1 \
		-f "$here/matching/generate.sql" >/dev/null
	run -f "$here/answers/setup.sql" >/dev/null
}

# seconds BEGIN: since that second with its fraction.
seconds()
{
	awk -v a="$1" -v b="$(date +%s.%N)" 'BEGIN { printf "%.3f", b - a }'
}

# answer ACTION HOURLY_RATE: of the decisions that come to ACTION how many
# are made in a second, how many in a second of the backend's CPU, and their
# share of all.
answer()
{
	local calls=$((jobs / 500 + 3))

	run -c "SELECT bench.costs($2), bench.wake($jobs)" >/dev/null
	run -c 'VACUUM ANALYZE dwello.bids' -c 'VACUUM ANALYZE dwello.agent_answers'
	{
		echo "SELECT clock_timestamp() AS at, bench.cpu() AS cpu \\gset"
		for ((call = 0; call < calls; call++)); do
			echo "SELECT jobs AS left FROM dwello.run_agents(1000, '1 hour') \\gset"
		done
		cat <<-END
			SELECT extract(epoch FROM clock_timestamp() - :'at') AS wall, (bench.cpu() - :cpu) / 1e9 AS cpu \gset
			SELECT round(n / :wall), round(n / :cpu), round(100.0 * n / greatest(total, 1)), :left
			  FROM (SELECT count(*) FILTER (WHERE a.action_type = '$1') AS n, count(*) AS total
			          FROM dwello.agent_answers AS w JOIN dwello.ai_agent_activity AS a ON a.id = w.decision_id) AS c
		END
	} | run -F ' '
}

# bulk: rows a second that one statement writes into both tables of the peer.
bulk()
{
	local begun

	run -c 'TRUNCATE peer.answers, peer.activity'
	begun=$(date +%s.%N)
	run -c "
		WITH a AS (INSERT INTO peer.answers (job_id, terms_version, agent_id, state)
			SELECT job_id, 1, agent_id, 'answered' FROM peer.work)
		INSERT INTO peer.activity (job_id, user_id, action, reason, inputs)
			SELECT job_id, agent_id, 'declined', 'NO_COST', inputs FROM peer.work"
	awk -v n="$answers" -v s="$(seconds "$begun")" 'BEGIN { print n / s }'
}

# median FILE: of its numbers.
median()
{
	sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# over A B: the median of the quotients of their lines.
over()
{
	paste "$1" "$2" | awk '{ print $1 / $2 }' >"$work/over"
	median "$work/over"
}

# row WHAT VALUE TARGET: a line of the table.
row()
{
	printf '| %s | %s | %s |\n' "$1" "$2" "${3:-}"
}

cp -R "$here/answers" "$work/peer"
(cd "$work/peer/peer" && npm ci --ignore-scripts --fetch-retries 1 >"$work/npm" 2>&1) ||
	say "the worker is left out, npm ci fails: $(tail -1 "$work/npm")"

printf '| what | figure | target |\n|---|---|---|\n'
for agents in ${AGENTS:-0 1000 100000}; do
	# six of ten providers have an agent
	generate 1000 $((agents * 10 / 6 + 1))
	IFS=' ' read -r us ratio < <(run -F ' ' -c "SELECT round(us), round(ratio::numeric, 3) FROM bench.publish_ratio($rounds)")
	row "publishing among $agents agents, over not waking them" "$us us: $ratio" '≤ 1.2'
done

generate "$jobs" "$providers"
inputs=60
run -v answers="$answers" -v inputs=$inputs -f "$here/answers/peer.sql" 2>/dev/null
for ((i = 1; i <= rounds; i++)); do
	for action in declined bid_submitted; do
		rate=100000000
		[ "$action" = declined ] || rate=1000
		IFS=' ' read -r wall cpu share left < <(answer "$action" "$rate")
		[ "$left" = 0 ] || die "$left jobs are not answered"
		echo "$wall" >>"$work/$action"
		echo "$cpu" >>"$work/$action.cpu"
		echo "$share" >>"$work/$action.share"
	done
	bulk >>"$work/bulk"
	[ ! -d "$work/peer/peer/node_modules/pg" ] ||
		node "$work/peer/peer/peer.js" "$answers" 8 >>"$work/worker"
done
for action in declined bid_submitted; do
	target='≥ 20000'
	[ "$action" = declined ] || target='≥ 2500'
	row "$action, a second of CPU; a second; share of the decisions" \
		"$(median "$work/$action.cpu"); $(median "$work/$action"); $(median "$work/$action.share") %" "$target"
done
row 'rows of the same shape in bulk, a second' "$(median "$work/bulk")"
[ -s "$work/worker" ] || exit 0
row 'graphile-worker, answers a second' "$(median "$work/worker")"
row 'declined over graphile-worker' "$(over "$work/declined" "$work/worker")" '≥ 20'
row 'bid_submitted over graphile-worker' "$(over "$work/bid_submitted" "$work/worker")" '≥ 20'
