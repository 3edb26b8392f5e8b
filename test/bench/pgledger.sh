#!/usr/bin/env bash
# pgledger.sh [--smoke]
#	Releases from an escrow beside pgledger's two transfers, which move as
#	much: to the provider and to fees.
#
# 8 clients that do not wait for the disk, the ways in turn; medians, and the
# median of the ratios within a round. "An account each" has another provider,
# and for the peer other fees, for each job; "one hot account" has one for all.
# A release also knows rules, state, an idempotency key, a hash chain and its
# event. The peer is read from PEER_DIR, a checkout of github.com/pgr0ss/pgledger;
# without one only dwello is measured. Wants a server of its own, which it starts.
#	PEER_DIR JOBS ROUNDS SECONDS_EACH   (none, 5000, 5, 10)
# shellcheck disable=SC2154
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"

[ "${1:-}" != --smoke ] || {
	JOBS=${JOBS:-2} ROUNDS=${ROUNDS:-1} SECONDS_EACH=${SECONDS_EACH:-1}
}
jobs=${JOBS:-5000}
rounds=${ROUNDS:-5}
seconds=${SECONDS_EACH:-10}
here=$(cd "$(dirname "$0")/pgledger" && pwd -P)
peer=${PEER_DIR:-}
[ -z "$peer" ] || [ -r "$peer/pgledger.sql" ] || die "$peer has no pgledger.sql"

work_directory own
server_tree "$own/tree"
build_and_install
start_cluster "$own"
export PATH=$PG_BIN:$PATH PGDATABASE=bench_pgledger
export PGOPTIONS='-c dwello.act_as_system=on -c jit=off -c client_min_messages=warning'

# run ARGUMENT...: psql, stopping at the first error.
run()
{
	psql -XAtq -v ON_ERROR_STOP=1 "$@"
}

# tps WAY HOT: transactions a second of 8 clients.
tps()
{
	local options='' database=bench_peer

	[ "$1" != dwello ] || {
		database=$PGDATABASE
		options="-c dwello.session_tokens=on -c dwello.token=$token"
	}
	PGOPTIONS="$PGOPTIONS -c synchronous_commit=off $options" \
		pgbench -n -M prepared -c 8 -j 2 -T "$seconds" -D jobs="$jobs" \
		-D hot="$2" -f "$here/$1.pgbench" "$database" 2>&1 |
		awk '/^tps/ { printf "%.0f", $3; found = 1 } { text = text $0 "\n" }
			END { if (!found) { printf "%s", text >"/dev/stderr"; exit 1 } }'
}

# median FIGURE...: the one in the middle.
median()
{
	printf '%s\n' "$@" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

createdb bench_pgledger
run -v jobs="$jobs" -f "$here/../release/setup.sql" >/dev/null
if [ -n "$peer" ]; then
	# it would take our uuidv7() for the server's, so it has its own database
	createdb bench_peer
	run -d bench_peer -1 -f "$peer/vendor/scoville-pgsql-ulid/ulid-to-uuid.sql" \
		-f "$peer/vendor/scoville-pgsql-ulid/uuid-to-ulid.sql" \
		-f "$peer/pgledger.sql" >/dev/null
	run -d bench_peer -v jobs="$jobs" -f "$here/peer.sql" >/dev/null
fi
run -c 'VACUUM ANALYZE' -c CHECKPOINT
token=$(run -c "SELECT dwello.issue_token(bench.id('homeowner', 0))")

# shellcheck disable=SC2016
printf '`PEER_DIR=%s JOBS=%s ROUNDS=%s SECONDS_EACH=%s test/bench/pgledger.sh`\n\n' \
	"${peer:+...}" "$jobs" "$rounds" "$seconds"
printf '| 8 clients | release | two transfers | ratio |\n|---|---|---|---|\n'
for hot in 0 1; do
	ours=() theirs=() ratios=()
	for ((i = 0; i < rounds; i++)); do
		ours+=("$(tps dwello $((hot * jobs)))")
		[ -n "$peer" ] || continue
		theirs+=("$(tps peer $hot)")
		ratios+=("$(awk -v a="${ours[-1]}" -v b="${theirs[-1]}" 'BEGIN { printf "%.2f", a / b }')")
	done
	[ "$hot" = 1 ] && what='one hot account' || what='an account each'
	printf '| %s | %s/s | %s | %s |\n' "$what" "$(median "${ours[@]}")" \
		"${theirs[*]:+$(median "${theirs[@]}")/s}" \
		"${ratios[*]:+$(median "${ratios[@]}")}"
done
stop_cluster "$own"
