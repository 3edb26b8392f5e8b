#!/usr/bin/env bash
# matching.sh [--smoke]
#	What the best twenty jobs for a provider cost, against other ways, and how
#	that grows.
#
# CPU     of the process that answers, from the arrival of a question until it
#         sleeps again, and the time that the client waits; the ways in turn;
#         the medians over the rounds, and of the ratios within a round
# Jobs    made up by matching/generate.sql, the same in every run with a SEED
# Peers   matching/peers: plain PostGIS; stock SQL on a narrow table with a
#         covering btree; the same rows by key; the index alone; and Redis,
#         the nearest twenty, without score or filter
# Prints a table in Markdown, with date, machine and command, and plots the
# growth into PLOT.  The server is the one that the environment points to
# (it should have shared_buffers for all), else one of our own.  Redis and
# gnuplot are installed by the full run alone.
#	JOBS ROUNDS QUESTIONS SECONDS_EACH SEED PLOT
#	("100000 1000000 4000000", 5, 500, 5, 1, docs/matching.png); all peers are
#	asked at the second number of JOBS, or the only one, some at every one
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"

smoke=
[ "${1:-}" != --smoke ] || {
	JOBS=${JOBS:-1000 3000} PROVIDERS=${PROVIDERS:-1000} ROUNDS=${ROUNDS:-1}
	QUESTIONS=${QUESTIONS:-20} SECONDS_EACH=${SECONDS_EACH:-0.2} smoke=1
}
jobs=${JOBS:-100000 1000000 4000000}
providers=${PROVIDERS:-100000}
rounds=${ROUNDS:-5}
questions=${QUESTIONS:-500}
seconds=${SECONDS_EACH:-5}
seed=${SEED:-1}
plot=${PLOT:-$DW_ROOT/docs/matching.png}
inserts=${smoke:+100}
inserts=${inserts:-5000}
here=$(cd "$(dirname "$0")/matching" && pwd -P)

# finish: drop the database, and the servers if they are ours.
finish()
{
	[ -z "${redis:-}" ] || kill "$redis" 2>/dev/null || :
	dropdb --if-exists --force bench_matching >/dev/null 2>&1 || :
	[ -z "${own:-}" ] || "$DW_ROOT/scripts/dev-server.sh" "$own" stop
	rm -rf "$work"
}
work=$(mktemp -d)
chmod 755 "$work"
trap finish EXIT

[ -n "$smoke" ] || ensure_packages redis-tools gnuplot-nox
if [ -z "${PGHOST:-}" ]; then
	own=$work/server
	"$DW_ROOT/scripts/dev-server.sh" "$own" >&2
	eval "$("$DW_ROOT/scripts/dev-server.sh" "$own" env)"
	psql -Xq -d postgres -c "ALTER SYSTEM SET shared_buffers = '4GB'"
	PG_BIN=$(dirname "$PG_CONFIG")
	stop_cluster "$own/server"
	start_cluster "$own/server"
fi
[ -z "${PG_BIN:-}" ] || PATH=$PG_BIN:$PATH
export PGDATABASE=bench_matching
# ages are taken to noon of today: the index packs jobs by what they are worth
today=$(date -u +%F)
export PGOPTIONS="-c dwello.act_as_system=on -c jit=off -c client_min_messages=warning -c dwello.now=${today}T12:00:00+00"

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

# build NAME ARGUMENT...: compile a program of this directory.
build()
{
	gcc -std=gnu11 -O2 -Wall -Wextra -Werror -I"$DW_ROOT/src" \
		-I"$(pg_config --includedir)" -o "$work/$1" "$here/$1.c" "${@:2}"
}

# ----------------------------------------------------------------------
# What is asked
# ----------------------------------------------------------------------

# generate JOBS: a database with so many of them, and the questions.
generate()
{
	dropdb --if-exists --force bench_matching 2>/dev/null
	createdb bench_matching
	run -c 'CREATE EXTENSION dwello CASCADE'
	run -v jobs="$1" -v providers="$providers" -v hidden=$(($1 / 50)) \
		-v seed="$seed" -f "$here/generate.sql" >"$work/log" ||
		die "$(cat "$work/log")"
	run -c 'CREATE INDEX ON dwello.jobs USING gist (location) WHERE status = $$open$$' \
		-v questions="$questions" -f "$here/questions.sql" \
		-c 'VACUUM ANALYZE dwello.jobs'
	{
		echo 'CREATE FUNCTION bench.plain(q bench.question) RETURNS TABLE (id uuid, score float8)'
		echo 'LANGUAGE sql STABLE AS $$ SELECT p.id, p.score FROM ('
		sed -E 's/([^:]):([a-z_]+)::/\1(q).\2::/g' "$here/peers/plain.sql"
		echo ') AS p $$;'
	} | run
	run -f "$here/agree.sql" -c 'VACUUM ANALYZE bench.question' -c 'CHECKPOINT'
	run -c "\\copy (SELECT * FROM bench.question WHERE n > 0 ORDER BY n) TO '$work/questions' (HEADER)" \
		-c "\\copy (SELECT q.* FROM bench.question AS q, generate_series(1, 20) WHERE q.n = 0) TO '$work/worst' (HEADER)"
}

# start_redis: a server on a socket of its own, with all jobs that are open.
# Debian's redis-tools holds the server, too, under another name.
start_redis()
{
	ln -s "$(command -v redis-check-rdb)" "$work/redis-server"
	"$work/redis-server" --port 0 --unixsocket "$work/redis" --save '' \
		--appendonly no --dir "$work" >"$work/redis.log" 2>&1 &
	redis=$!
	until [ -S "$work/redis" ]; do sleep 0.1; done
	run -F ' ' -c "
		SELECT 'GEOADD', 'jobs', ST_X(location::geometry), ST_Y(location::geometry), id FROM dwello.jobs
		 WHERE status = 'open' AND is_listed AND deleted_at IS NULL AND expires_at > bench.now()" |
		sed 's/$/\r/' | redis-cli -s "$work/redis" --pipe >>"$work/redis.log"
	export DW_REDIS=$work/redis:$redis
}

# ask ROUNDS SECONDS QUESTIONS PEER...: race.c with those peers.
ask()
{
	local peers=("${@:4}")

	"$work/race" "$1" 2 "$2" "$3" "${peers[@]/#/$here/peers/}"
}

# ----------------------------------------------------------------------
# What is made of the answers
# ----------------------------------------------------------------------

# figures FILE KIND COLUMN: of the lines of race, for each peer: its median
# over the rounds and the median of its ratios to match_jobs in a round.
figures()
{
	awk -v kind="$2" -v column="$3" '
		function middle(list, parts, n, i, j, t) {
			n = split(list, parts, " ")
			for (i = 2; i <= n; i++)
				for (j = i; j > 1 && parts[j] + 0 < parts[j - 1] + 0; j--) {
					t = parts[j]; parts[j] = parts[j - 1]; parts[j - 1] = t
				}
			return parts[int((n + 1) / 2)]
		}
		$1 == kind { value[$2, $3] = $column; peer[$3] = 1; if ($2 > rounds) rounds = $2 }
		END {
			for (name in peer) {
				values = ratios = ""
				for (i = 1; i <= rounds; i++) {
					values = values " " value[i, name]
					if (value[i, "match_jobs"] > 0)
						ratios = ratios " " value[i, name] / value[i, "match_jobs"]
				}
				print name, middle(values), middle(ratios)
			}
		}' "$1"
}

# of PEER COLUMN FIGURES: the median (2) or the ratio (3) of a peer.
of()
{
	awk -v peer="$1" -v column="$2" '$1 == peer { printf "%.4g", $column }' <<<"$3"
}

# over A B: their quotient.
over()
{
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3g", (b > 0 ? a / b : 0) }'
}

# against PEER WHAT TARGET: a line of the table.
against()
{
	row "$2" "$(of "$1" 2 "$median"), $(of "$1" 2 "$p99") µs: $(of "$1" 3 "$median"), $(of "$1" 3 "$p99")" "${3:-}"
}

# report_main: the lines for the peers that are asked at one size only.
report_main()
{
	local tps wait

	against index_scan 'the scan of the index alone, told what to look for'
	against stock_category 'stock SQL, a covering btree on category and cell' '≥ 4, ≥ 12'
	against stock_cell 'stock SQL, a btree on the cell' '≥ 4, ≥ 12'
	[ -n "$smoke" ] || against nearest 'Redis, the nearest 20' '≥ 12'
	wait=$(figures "$work/times" cpu 7)
	row 'the client waits for match_jobs, for plain PostGIS' \
		"$(of match_jobs 2 "$wait"), $(of plain 2 "$wait") µs"
	tps=$(figures "$work/times" tps 5)
	row 'throughput with 2 clients over that of plain PostGIS' \
		"$(of match_jobs 2 "$tps")/s of $(of plain 2 "$tps")/s: $(over 1 "$(of plain 3 "$tps")")" '≥ 25'
	ask "$rounds" 0 "$work/worst" match_jobs.sql plain.sql >"$work/times"
	wait=$(figures "$work/times" cpu 4)
	row 'worst case: the largest city, 50 miles, every category; and plain PostGIS' \
		"$(of match_jobs 2 "$wait"), $(of plain 2 "$wait") µs" '≤ 4000 µs'
	run -F ' ' -v rounds="$rounds" -v inserts="$inserts" -f "$here/upkeep.sql" >"$work/upkeep"
	while read -r bare place key whole alone; do
		row 'an insert: without an index, geography GiST, the key' \
			"$bare, $place, $key µs: $whole ($alone for the index alone)" '≤ 1.4'
	done <"$work/upkeep"
	row 'a distance' "$("$work/haversine") ns" '≤ 50 ns'
}

build race -lpq
build haversine "$DW_ROOT"/src/core/*/{geo,wire}.c -lm
read -ra sizes <<<"$jobs"
main=${sizes[1]:-${sizes[0]}}
printf '%s, %s x %s, PostgreSQL %s, commit %s\n\n`%s`\n\n' \
	"$(date -u +%F)" "$(nproc)" \
	"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)" \
	"$(run -d postgres -c 'SHOW server_version')" \
	"$(git -C "$DW_ROOT" rev-parse --short HEAD 2>/dev/null || echo none)" \
	"JOBS='$jobs' ROUNDS=$rounds QUESTIONS=$questions SECONDS_EACH=$seconds SEED=$seed test/bench/matching.sh"
printf '| what | CPU of a query, median and 99th percentile: times that of match_jobs | target |\n|---|---|---|\n'

before=
for size in "${sizes[@]}"; do
	generate "$size"
	peers=(match_jobs.sql floor.sql plain.sql)
	spent=0
	if [ "$size" = "$main" ]; then
		run -f "$here/stock.sql"
		peers+=(index_scan.sql stock_category.sql stock_cell.sql)
		spent=$seconds
		[ -n "$smoke" ] || { start_redis; peers+=(nearest.redis); }
	fi
	ask "$rounds" "$spent" "$work/questions" "${peers[@]}" >"$work/times"
	median=$(figures "$work/times" cpu 4)
	p99=$(figures "$work/times" cpu 5)
	against match_jobs "match_jobs, $size open jobs"
	against floor "the same rows by key, $size" '≥ 0.67, ≥ 0.4 (4e6: ≥ 0.5)'
	against plain "plain PostGIS, $size" \
		"$([ "$size" != "$main" ] || echo '≥ 40, ≥ 50')"
	for name in match_jobs floor plain; do
		echo "$size $name $(of "$name" 2 "$median") $(of "$name" 2 "$p99")"
	done >>"$work/growth"
	now=$(of match_jobs 2 "$median")
	[ -z "$before" ] ||
		row "growth of match_jobs up to $size" "$(over "$now" "$before")" \
			'≤ 3 for 10 times, ≤ 2.3 for 4 times'
	before=$now
	[ "$size" != "$main" ] || report_main
done
[ -n "$smoke" ] || {
	gnuplot -e "data='$work/growth'; plot='$plot'" "$here/growth.gnuplot"
	printf '\nThe plot is in %s.\n' "$plot"
}
