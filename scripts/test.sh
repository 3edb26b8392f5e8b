#!/usr/bin/env bash
# test.sh [PART...]
#	Runs the suite, or the named parts of it; the last line is
#	"N passed, N failed", and the status is 1 when something failed.
#
# The parts: build lint unit fuzz regress isolation tap coverage bench
# upgrade.  Everything happens in a server tree and clusters of our own,
# which are gone afterwards.  What cannot run is counted and says why.
#	FUZZ_SECONDS   seconds for each fuzz target (20)
#	DW_JOBS        parallel compilations and fuzz targets (2)
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$DW_ROOT"
exec </dev/null

FUZZ_SECONDS=${FUZZ_SECONDS:-20}
DW_JOBS=${DW_JOBS:-2}
MINIMUM_COVERAGE=90
ALL_PARTS="build lint unit fuzz regress isolation tap coverage bench upgrade"

passed=0
failed=0
skipped=()

# ----------------------------------------------------------------------
# Counting
# ----------------------------------------------------------------------

# tally PART PASSED FAILED: add to the sums, and say so.
tally()
{
	passed=$((passed + $2))
	failed=$((failed + $3))
	printf '%-10s %4d passed, %d failed  (%d s)\n' \
		"$1" "$2" "$3" $((SECONDS - part_start))
}

# skip PART REASON: count something that cannot run here.
skip()
{
	skipped+=("$1: $2")
}

# count PATTERN FILE: the number of its lines that match.
count()
{
	grep -cE "$1" "$2" || :
}

# tally_tap PART FILE STATUS: count the results in a log of TAP lines; a
# failed run without a failed test counts as one.  Failures are shown.
tally_tap()
{
	local good bad line

	good=$(grep -E '^ok\b' "$2" | grep -cvE '# (SKIP|skip)' || :)
	bad=$(count '^not ok\b' "$2")
	if [ "$3" -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
		tail -40 "$2"
	fi
	while read -r line; do
		skip "$1" "${line#*# }"
	done < <(grep -E '^(ok\b.*|1\.\.0 *)# (SKIP|skip)' "$2" || :)
	[ "$bad" -eq 0 ] || grep -E -A12 '^not ok\b' "$2" || :
	tally "$1" "$good" "$bad"
}

# tally_regress PART FILE STATUS: the same for the output of pg_regress,
# which is TAP from 16 on.
tally_regress()
{
	local good bad

	good=$(count '\.\.\. ok\b|^ok [0-9]' "$2")
	bad=$(count '\.\.\. (FAILED|failed)\b|^not ok [0-9]' "$2")
	if [ "$3" -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
		tail -40 "$2"
	fi
	grep -hE '\.\.\. (FAILED|failed)\b|^not ok' "$2" || :
	tally "$1" "$good" "$bad"
}

# ----------------------------------------------------------------------
# The parts: each runs one kind of test and tallies it
# ----------------------------------------------------------------------

# Both compilers, warnings as errors.
part_build()
{
	local compiler good=0 bad=0

	for compiler in all check-clang; do
		if make -s -j"$DW_JOBS" PG_CONFIG="$SYSTEM_PG_CONFIG" \
			"$compiler" >"$work/build.log" 2>&1; then
			good=$((good + 1))
		else
			bad=$((bad + 1))
			grep -E -A6 'error|warning' "$work/build.log" | head -60
		fi
	done
	tally build "$good" "$bad"
}

# What can be read from the sources, the library and the catalogue.
part_lint()
{
	local check status=0

	need_server
	"$PG_BIN/createdb" lint
	PGOPTIONS='-c client_min_messages=warning' "$PG_BIN/psql" -Xq -d lint \
		-c 'CREATE EXTENSION dwello CASCADE' >"$work/lint.log" 2>&1 ||
		status=1
	for check in test/lint/*.pl; do
		PGDATABASE=lint "$check" >>"$work/lint.log" 2>&1 || status=1
	done
	tally_tap lint "$work/lint.log" "$status"
}

# The pure core under the sanitizers; cmocka speaks TAP by itself.
part_unit()
{
	local test status=0

	make -s -j"$DW_JOBS" PG_CONFIG="$SYSTEM_PG_CONFIG" unit \
		>"$work/unit.log" 2>&1 ||
		status=1
	for test in test/unit/test_*.c; do
		test=build/unit/$(basename "$test" .c)
		echo "# $test" >>"$work/unit.log"
		CMOCKA_MESSAGE_OUTPUT=TAP "$test" >>"$work/unit.log" 2>&1 ||
			status=1
	done
	tally_tap unit "$work/unit.log" "$status"
}

# Each target for FUZZ_SECONDS, DW_JOBS at a time.
part_fuzz()
{
	local status=0

	make -s -j"$DW_JOBS" PG_CONFIG="$SYSTEM_PG_CONFIG" fuzz \
		>"$work/fuzz.log" 2>&1 ||
		status=1
	mkdir -p "$work/fuzz"
	for target in test/fuzz/fuzz_*.c; do
		basename "$target" .c
	done | xargs -P "$DW_JOBS" -I{} bash -c '
		mkdir -p "$1/$2.corpus"
		if "build/fuzz/$2" -max_total_time="$3" -max_len=4096 -verbosity=0 \
			-print_final_stats=1 -artifact_prefix="$1/$2-" "$1/$2.corpus" \
			>"$1/$2.log" 2>&1; then
			echo "ok - $2: $(sed -n "s/^stat::number_of_executed_units: *//p" \
				"$1/$2.log") runs"
		else
			echo "not ok - $2"
			tail -40 "$1/$2.log" | sed "s/^/# /"
		fi' fuzz "$work/fuzz" {} "$FUZZ_SECONDS" >>"$work/fuzz.log" || status=1
	tally_tap fuzz "$work/fuzz.log" "$status"
}

# SQL against a running server.
part_regress()
{
	local status=0

	need_server
	make -s PG_CONFIG="$PG_CONFIG" ISOLATION= installcheck \
		>"$work/regress.log" 2>&1 || status=1
	tally_regress regress "$work/regress.log" "$status"
	[ "$status" -eq 0 ] || head -200 regression.diffs || :
}

# Races, step by step.
part_isolation()
{
	local status=0

	need_server
	make -s PG_CONFIG="$PG_CONFIG" REGRESS= installcheck \
		>"$work/isolation.log" 2>&1 || status=1
	tally_regress isolation "$work/isolation.log" "$status"
	[ "$status" -eq 0 ] || head -200 output_iso/regression.diffs || :
}

# Crash, restore, pooler, plans: tests that run servers of their own.  They
# run as the server's user, who may not be able to read this checkout.
part_tap()
{
	local status=0 regress

	regress=$(dirname "$("$PG_CONFIG" --pgxs)")/../test
	rm -rf "$work/tap"
	own_directory "$work/tap" 0755
	rm -rf "$work/t"
	cp -R test/t "$work/t"
	chmod -R a+rX "$work/t"
	as_server_user env -C "$work/tap" PATH="$PG_BIN:$PATH" \
		PG_REGRESS="$regress/regress/pg_regress" TESTDIR="$work/tap" \
		PG_CONFIG="$PG_CONFIG" \
		prove -v --nocolor -I "$regress/perl" -I "$work/t" "$work"/t/*.pl \
		>"$work/tap.log" 2>&1 || status=1
	tally_tap tap "$work/tap.log" "$status"
}

# Lines of src/ that the SQL tests reach, with a build of its own.
part_coverage()
{
	local tree=$work/coverage-tree source=$work/coverage percent
	local system=$PG_CONFIG status=0

	rm -rf "$source"
	mkdir "$source"
	cp -R Makefile dwello.control sql src test expected "$source"
	find "$source" -name '*.[od]' -delete
	percent=$(
		# a subshell: this build has a tree and a server of its own
		exec 2>"$work/coverage.log"
		cd "$source" && server_tree "$tree" &&
		make -s -j"$DW_JOBS" PG_CONFIG="$PG_CONFIG" \
			COPT='--coverage -O0' SHLIB_LINK='-lcrypto --coverage' \
			install >&2 &&
		chmod -R a+rwX "$source/src" &&
		start_cluster "$work/coverage-server" >&2 || exit 1
		make -s PG_CONFIG="$PG_CONFIG" installcheck >&2 || :
		stop_cluster "$work/coverage-server"
		covered_percent
	) || status=1
	PG_CONFIG=$system
	if [ "$status" -ne 0 ]; then
		tail -20 "$work/coverage.log"
		tally coverage 0 1
	else
		echo "lines of src/ covered by SQL tests: $percent %"
		tally coverage $((percent >= MINIMUM_COVERAGE)) \
			$((percent < MINIMUM_COVERAGE))
	fi
}

# covered_percent: of the lines of src/ in the current directory, by gcov.
covered_percent()
{
	gcov -n src/*/*.gcno 2>/dev/null | awk '
		/^File / { ours = ($0 ~ /src\/[a-z]+\/[a-z_]+\.c/) }
		/^Lines executed:/ && ours {
			split($0, word, /[:% ]+/); lines = $NF
			all += lines; hit += word[3] * lines / 100; ours = 0
		}
		END { printf "%d\n", all ? 100 * hit / all : 0 }'
}

# That the benchmarks still run; their figures need a quiet machine.
part_bench()
{
	local bench good=0 bad=0

	for bench in test/bench/*.sh; do
		if ! [ -f "$bench" ]; then
			skip bench 'there is no benchmark yet'
			continue
		fi
		need_server
		if "$bench" --smoke >"$work/bench.log" 2>&1; then
			good=$((good + 1))
		else
			bad=$((bad + 1))
			tail -40 "$work/bench.log"
		fi
	done
	tally bench "$good" "$bad"
}

# From every released version to this one.
part_upgrade()
{
	skip upgrade 'update scripts begin with version 1.0'
	tally upgrade 0 0
}

# ----------------------------------------------------------------------

# need_server: the suite's own cluster, with this build installed.
need_server()
{
	[ -z "${server_ready:-}" ] || return 0
	build_and_install
	start_cluster "$work/server"
	server_ready=1
}

# run_part NAME: time it, and let its death be a failure and not the end.
run_part()
{
	part_start=$SECONDS
	case " $ALL_PARTS " in
		*" $1 "*)
			"part_$1"
			;;
		*)
			die "no part $1; the parts are: $ALL_PARTS"
			;;
	esac
}

# finish: clean up and print the last line, however the script ends.
finish()
{
	local status=$?

	[ -z "${work:-}" ] || remove_work_directory "$work"
	[ -n "${complete:-}" ] || {
		say "the suite stopped early (status $status)"
		failed=$((failed + 1))
	}
	if [ "${#skipped[@]}" -gt 0 ]; then
		printf 'skipped    %s\n' "${skipped[@]}"
	fi
	echo "$passed passed, $failed failed"
	exit $((failed > 0))
}

trap finish EXIT
# shellcheck disable=SC2086
ensure_packages $DW_BUILD_PACKAGES $DW_TEST_PACKAGES
work_directory work
trap finish EXIT
server_tree "$work/tree"
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $ALL_PARTS
for part in "$@"; do
	run_part "$part"
done
complete=1
