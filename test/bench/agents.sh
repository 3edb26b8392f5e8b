#!/usr/bin/env bash
# agents.sh [--smoke]
#	What it costs to find the agents in a job's audience, against other ways.
#
# CPU     of the process that answers, as matching/race.c takes it; the ways
#         in turn, in rounds; the means and medians of each round
# Agents  made up by matching/generate.sql; six of ten providers have one
# Peers   matching/agents: the index alone from plain SQL, the same rows by
#         key, a GiST of envelopes on rows as wide as ours, and (for a few
#         questions) a plain ST_DWithin with the agent's own radius
# The server is the one that the environment points to, else one of our own.
#	PROVIDERS ROUNDS QUESTIONS SEED	("25000 100000", 3, 200, 1)
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"

here=$(cd "$(dirname "$0")/matching" && pwd -P)
[ "${1:-}" != --smoke ] || {
	PROVIDERS=${PROVIDERS:-100} ROUNDS=${ROUNDS:-1}
	QUESTIONS=${QUESTIONS:-25}
}
questions=${QUESTIONS:-200}
work=$(mktemp -d)
chmod 755 "$work"

# finish: drop the database, and the server if it is ours.
finish()
{
	dropdb --if-exists --force bench_agents >/dev/null 2>&1 || :
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
gcc -std=gnu11 -O2 -I"$DW_ROOT/src" -I"$(pg_config --includedir)" "$here/race.c" \
	-o "$work/race" -L"$(pg_config --libdir)" -lpq

for providers in ${PROVIDERS:-25000 100000}; do
	unset PGDATABASE
	dropdb --if-exists --force bench_agents 2>/dev/null
	createdb bench_agents
	export PGDATABASE=bench_agents
	psql -Xq -c 'SET client_min_messages = warning' \
		-c 'CREATE EXTENSION dwello CASCADE' \
		-c "ALTER DATABASE bench_agents SET dwello.now = '2026-06-01 12:00+00'"
	psql -Xq -v ON_ERROR_STOP=1 -v seed="${SEED:-1}" -v jobs=5000 \
		-v providers="$providers" -v hidden=100 -f "$here/generate.sql"
	psql -Xq -v ON_ERROR_STOP=1 -v questions="$questions" -f "$here/agents.sql"
	psql -Xq -c 'COPY bench.agent_question TO STDOUT (HEADER)' >"$work/asked"
	head -21 "$work/asked" >"$work/few"
	echo "$providers providers: cpu ROUND PEER MEDIAN P99 MEAN LATENCY P99 ROWS"
	"$work/race" "${ROUNDS:-3}" 1 0 "$work/asked" \
		"$here"/agents/{match_agents,key,floor,envelope}.sql
	"$work/race" 1 1 0 "$work/few" "$here"/agents/{match_agents,naive}.sql
done
