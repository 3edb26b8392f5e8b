#!/usr/bin/env bash
# sqlsmith.sh
#	Random queries, made of every table, operator and function that a role of
#	dwello_app may use, as a provider: none may end a backend, and no error may
#	be a fault of the library's (XX000 from a place of ours).
#
# Too long for the suite: 20 000 queries take half an hour.  Run it with nice.
#	QUERIES   (20000)
#	SEED      (1)
# shellcheck disable=SC2154
set -euo pipefail
. "$(dirname "$0")/lib.sh"

work_directory own
server_tree "$own/tree"
ensure_packages sqlsmith
build_and_install
start_cluster "$own"
fresh_database smith
"$PG_BIN/psql" -XAtq -v ON_ERROR_STOP=1 -d smith -o /dev/null \
	-c 'SELECT FROM dwello.load_demo()' \
	-c 'CREATE ROLE smith LOGIN IN ROLE dwello_app' \
	-c "ALTER ROLE smith SET statement_timeout = '2s'" \
	-c 'ALTER ROLE smith SET dwello.session_tokens = on' \
	-c "ALTER SYSTEM SET log_error_verbosity = 'verbose'" \
	-c 'SELECT pg_reload_conf()'
token=$("$PG_BIN/psql" -XAtq -d smith -c "SELECT dwello.issue_token(id, '1 day')
	FROM dwello.load_demo() WHERE name = 'provider_1'")
PGOPTIONS="-c dwello.token=$token" sqlsmith --verbose \
	--max-queries="${QUERIES:-20000}" --seed="${SEED:-1}" \
	--target="host=$PGHOST port=$PGPORT dbname=smith user=smith" \
	>"$own/smith" 2>&1 || :
grep -F 'queries:' "$own/smith" | tail -1
if grep -E 'PANIC|terminated by signal' "$own/data/server.log"; then
	die "a backend has ended"
fi
# a fault of ours has a file of ours as its place
if grep -A8 'ERROR:  XX000' "$own/data/server.log" |
	grep -E 'LOCATION: .*_(api|service|store|server)\.c:'; then
	die "the library has a fault"
fi
