#!/usr/bin/env bash
# rank_bids.sh [--smoke]
#	What dwello.rank_bids() costs for a job with 100 bids, against SQL.
#
# recompute    one statement that knows gates, formula and flags
# read_stored  one that knows gates and flags and reads the stored totals
# read_bare    one that sorts the stored totals and knows nothing else
# All are kept plans in one backend, and the first three give the same
# answer, which is checked before.  The server is the one that the
# environment points to, else one of our own.
#	BIDS, ROUNDS   bids of the job (100), turns of each way (400)
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"

[ "${1:-}" != --smoke ] || { BIDS=${BIDS:-12} ROUNDS=${ROUNDS:-1}; }
bids=${BIDS:-100}
rounds=${ROUNDS:-400}

# finish: drop the database, and the server if it is ours.
finish()
{
	dropdb --if-exists --force bench_rank_bids >/dev/null 2>&1 || :
	[ -z "${own:-}" ] || "$DW_ROOT/scripts/dev-server.sh" "$own" stop
}
trap finish EXIT

if [ -z "${PGHOST:-}" ]; then
	own=$(mktemp -d)
	"$DW_ROOT/scripts/dev-server.sh" "$own" >&2
	eval "$("$DW_ROOT/scripts/dev-server.sh" "$own" env)"
fi
[ -z "${PG_BIN:-}" ] || PATH=$PG_BIN:$PATH

run()
{
	psql -XAtq -v ON_ERROR_STOP=1 -d bench_rank_bids "$@"
}

dropdb --if-exists bench_rank_bids 2>/dev/null
createdb bench_rank_bids
run -v bids="$bids" -f "$(dirname "$0")/rank_bids.sql" >/dev/null

# totals of the recomputation differ by roundings alone: by less than a
# ten-thousandth of a point
same=$(run -c "
	SELECT count(*)
	  FROM dwello.rank_bids(bench.id('job', 1)) AS r
	  JOIN bench.recompute(bench.id('job', 1)) AS c USING (rank, bid_id, reasons, flags)
	  JOIN bench.read_stored(bench.id('job', 1)) AS s USING (rank, bid_id, reasons, flags)
	 WHERE r.score IS NOT DISTINCT FROM s.score
	   AND coalesce(abs(r.total - c.total) < 100, NOT r.eligible)")
[ "$same" -eq "$bids" ] || die "only $same of $bids bids are ranked alike"

run -F ' ' -c "SELECT * FROM bench.race($rounds)" | awk -v bids="$bids" '
	{ time[$1] = $2 }
	END {
		printf "rank_bids of %d bids: %.0f us\n", bids, time["rank_bids"]
		for (i = split("recompute read_stored read_bare", way); i > 0; i--)
			line[i] = sprintf("%-12s %7.0f us, %5.2f times rank_bids",
				way[i], time[way[i]], time[way[i]] / time["rank_bids"])
		for (i = 1; i <= 3; i++)
			print line[i]
	}'
