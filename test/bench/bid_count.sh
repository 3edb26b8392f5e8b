#!/usr/bin/env bash
# bid_count.sh [--smoke]
#	Instructions of one submit_bid(), a transaction of its own, counted by
#	callgrind.
#
# They do not depend on what else the machine does.  A backend in single-user
# mode bids on some jobs and then on some more in another run; the difference
# is free of what only the first call costs.  Wants valgrind, and a server of
# its own, which it starts, fills and stops.  Fails when a bid takes more
# instructions than MOST, which is for PostgreSQL 15; --smoke makes too few
# bids to tell.
#	BIDS   (60)
#	MOST   (3100000)
# shellcheck disable=SC2154
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"

[ "${1:-}" != --smoke ] || BIDS=${BIDS:-1} MOST=${MOST:-999999999}
bids=${BIDS:-60}
command -v valgrind >/dev/null || die "valgrind is not installed"

work_directory own
server_tree "$own/tree"
build_and_install
start_cluster "$own"
export PGDATABASE=bench_bid PGOPTIONS='-c dwello.act_as_system=on -c client_min_messages=warning'
"$PG_BIN/createdb" bench_bid
"$PG_BIN/psql" -XAtq -v ON_ERROR_STOP=1 -v bids=$((30 + bids)) >/dev/null <<'SQL'
CREATE EXTENSION dwello CASCADE;
SELECT FROM dwello.create_keyring();
CREATE TABLE person AS SELECT name, id FROM dwello.load_demo();
CREATE TABLE job (n integer, id uuid);
CREATE TABLE token AS SELECT dwello.issue_token(id, interval '1 day') AS bidder FROM person WHERE name = 'provider_1';
DO $$
DECLARE
  made uuid;
BEGIN
  PERFORM dwello.login(dwello.issue_token(id)) FROM person WHERE name = 'homeowner';
  FOR i IN 1 .. 500 LOOP
    SELECT j.job_id INTO made FROM dwello.post_job((SELECT c.id FROM dwello.service_categories c WHERE c.name = 'Painting & Decorating'),
      'A room', 'White.', -122.4194, 37.7749, budget_max => 200000) j;
    PERFORM dwello.publish_job(made);
    INSERT INTO job VALUES (i, made);
  END LOOP;
  PERFORM dwello.login(NULL);
END $$;
SQL
"$PG_BIN/psql" -XAtq -c 'VACUUM ANALYZE'
"$PG_BIN/psql" -XAtq -c 'SELECT bidder FROM token' >"$own/token"
"$PG_BIN/psql" -XAtq -c 'SELECT id FROM job ORDER BY n' >"$own/jobs"
stop_cluster "$own"

# count N FIRST: a profile of N bids, from one of the jobs on.
count()
{
	own_directory "$own/profile"
	sed -n "$2,$(($2 + $1 - 1))p" "$own/jobs" | while read -r job; do
		echo "BEGIN"
		echo "SELECT dwello.login('$(cat "$own/token")')"
		echo "SELECT bid_id FROM dwello.submit_bid('$job', labor_cost => 90000)"
		echo "COMMIT"
	done | as_server_user valgrind --tool=callgrind -q \
		--callgrind-out-file="$own/profile/$1" \
		"$PG_BIN/postgres" --single -D "$own/data" -c jit=off \
		-c log_min_messages=fatal bench_bid >/dev/null
}

# total N: all instructions of a profile.
total()
{
	sed -n 's/^\(summary\|totals\): //p' "$own/profile/$1" | head -1
}

count 30 1
count $((30 + bids)) 31
one=$((($(total $((30 + bids))) - $(total 30)) / bids))
printf '| a bid, its login and its commit | %d |\n' "$one"
[ "$one" -le "${MOST:-3100000}" ] || die "a bid takes more than ${MOST:-3100000}"
