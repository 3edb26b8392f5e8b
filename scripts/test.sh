#!/usr/bin/env bash
# test.sh [PART...]
#	Runs the suite, or the named parts of it: for each a line with the sum of
#	its seconds, then "N passed, N failed"; the status is 1 when one failed.
#
# The parts: build lint unit fuzz regress isolation coverage tap examples model
# bench upgrade.  Everything is compiled and installed in a server tree of our
# own first; then prove runs test-one.sh, which says how each kind of test is
# run, for DW_JOBS tests at a time.  What cannot run is counted and says why.
#	DW_JOBS        compilations and tests at a time (2)
#	DW_TAP         the TAP tests to run, as a pattern of their names (*)
#	FUZZ_RUNS      runs of each fuzz target (those of test/fuzz/runs)
#	MODEL_STEPS    steps of the model-based test (3000)
#	HISTORIES      histories of payment companies (200)
#	MODEL_SEED     the seed of both (1, so that a run can be repeated)
set -euo pipefail
shopt -s inherit_errexit
. "$(dirname "$0")/lib.sh"
cd "$DW_ROOT"
exec </dev/null

export DW_JOBS=${DW_JOBS:-2} FUZZ_RUNS=${FUZZ_RUNS:-}
export MODEL_STEPS=${MODEL_STEPS:-3000} MODEL_SEED=${MODEL_SEED:-1}
export HISTORIES=${HISTORIES:-200}
PARTS="build lint unit fuzz regress isolation coverage tap examples model"
PARTS+=" bench upgrade"
passed=0
failed=0
skipped=()

# wanted PART...: whether one of them is to run.
wanted()
{
	local part

	for part in "$@"; do
		[[ " $parts " != *" $part "* ]] || return 0
	done
	return 1
}

# compile NAME COMMAND...: a test of part build.
compile()
{
	local log=$work/log/build.$1 begin=$SECONDS

	if "${@:2}" >"$work/said" 2>&1; then
		echo "ok - $1" >"$log"
	else
		echo "not ok - $1" >"$log"
		{ grep -E -A6 'error|warning' "$work/said" || tail "$work/said"; } |
			sed -n 's/^/# /; 1,60p' >>"$log"
	fi
	echo $(((SECONDS - begin) * 1000)) >"$log.ms"
}

# compile_all: what is wanted; false if nothing can be run.
compile_all()
{
	local make=(make -s -j"$DW_JOBS" "PG_CONFIG=$SYSTEM_PG_CONFIG")

	compile gcc "${make[@]}" all
	! wanted build || compile clang "${make[@]}" check-clang
	! wanted unit || compile unit "${make[@]}" unit
	! wanted fuzz || compile fuzz "${make[@]}" fuzz
	! wanted coverage || compile coverage coverage_make "$SYSTEM_PG_CONFIG" all
	! grep -q '^not ok' "$work/log/build.gcc" || return 1
	compile install make -s PG_CONFIG="$PG_CONFIG" install
}

# prepare: what many tests share, before the first of them.
prepare()
{
	local database

	if wanted lint examples model bench; then
		start_cluster "$work/server"
		fresh_database extended
		for database in lint examples; do
			"$PG_BIN/createdb" -T extended "$database"
		done
	fi
	! wanted examples model bench || command -v npm >/dev/null ||
		ensure_packages nodejs npm
	own_directory "$work/tap" 0755
	own_directory "$work/tap/tmp"
	cp -R test/t "$work/t"
	cp docs/{quickstart,agent,bid,documents,job,operation}.md "$work/t"	# whose blocks a test runs
	chmod -R a+rX "$work/t"
	ln -s "$DW_ROOT" "$work/source"
}

# each KIND FILE...: a test of that kind for each file.
each()
{
	local file

	for file in "${@:2}"; do
		[ ! -e "$file" ] || basename "${file%.*}" | sed "s/^/$1:/"
	done
}

# faults DIR PREFIX: a model without a fault, and one for each that is planted.
faults()
{
	node -p "['none'].concat(Object.keys(
		require('./test/model/$1/faults.js').faults))
		.map((fault) => 'model:$2' + fault).join('\n')"
}

# tests: everything that prove is to run, what takes long first.
tests()
{
	! wanted regress isolation || echo installcheck:stock
	# shellcheck disable=SC2086
	! wanted tap || each tap test/t/${DW_TAP:-*}.pl
	! wanted regress || printf 'installcheck:%s\n' readme english
	! wanted model || faults driver ''
	! wanted model || faults company history_
	! wanted examples || each examples examples/*
	! wanted bench || each bench test/bench/*.sh
	! wanted bench || echo 'bench:matching JOBS=1000'
	! wanted fuzz || each fuzz test/fuzz/fuzz_*.c
	! wanted lint || each lint test/lint/*.pl
	! wanted unit || each unit test/unit/test_*.c
}

# tally PART: show what failed, and what else is worth a line; add to the sums.
tally()
{
	local text good bad skips seconds

	text=$(cat /dev/null "$work/log/$1".* 2>/dev/null || :)
	skips=$(sed -nE "s/^(ok [^#]*|1\.\.0 *)# skip */$1: /Ip" <<<"$text")
	good=$(grep -E '^ok\b' <<<"$text" | grep -civ '# skip' || :)
	bad=$(grep -c '^not ok' <<<"$text" || :)
	seconds=$(cat /dev/null "$work/log/$1".*.ms 2>/dev/null |
		awk '{ ms += $1 } END { print int(ms / 1000 + 0.5) }') || :
	if [ $((good + bad)) -eq 0 ] && [ -z "$skips" ]; then
		text="not ok - $1: no test was run" bad=1
	fi
	awk '/^(not )?ok/ { bad = /^not/ } /^not/ || (/^#/ && bad) || /^#\|/ ||
		/^# *[0-9.]+ % /' \
		<<<"$text"
	[ -z "$skips" ] || mapfile -t -O "${#skipped[@]}" skipped <<<"$skips"
	passed=$((passed + good))
	failed=$((failed + bad))
	printf '%-10s %4d passed, %d failed  (%d s)\n' "$1" "$good" "$bad" "$seconds"
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
	[ "${#skipped[@]}" -eq 0 ] || printf 'skipped    %s\n' "${skipped[@]}"
	echo "$passed passed, $failed failed"
	exit $((failed > 0))
}

# ----------------------------------------------------------------------

trap finish EXIT
parts=${*:-$PARTS}
for part in $parts; do
	[[ " $PARTS " = *" $part "* ]] || die "no part $part; the parts are: $PARTS"
done
# shellcheck disable=SC2086
ensure_packages $DW_BUILD_PACKAGES $DW_TEST_PACKAGES
work_directory work
trap finish EXIT
mkdir "$work/log"
server_tree "$work/tree"
COVERAGE=$(! wanted coverage || echo 1)
for part in isolation regress; do
	[ -z "$COVERAGE" ] || wanted $part || parts="$part $parts"
done
INSTALLCHECK=$(for part in regress isolation; do ! wanted "$part" || echo $part; done)
export work COVERAGE INSTALLCHECK MINIMUM_COVERAGE=95

if compile_all; then
	prepare
	list=$(tests)
	mapfile -t items <<<"$list"
	[ -z "$list" ] || prove -j"$DW_JOBS" --timer -e scripts/test-one.sh \
		"${items[@]}" || proved=$?
fi
wanted build || ! grep -q '^not ok' "$work"/log/build.* || parts="build $parts"
for part in $parts; do
	if [ "$part" = upgrade ]; then
		skipped+=('upgrade: update scripts begin with version 1.0')
	else
		tally "$part"
	fi
done
if [ "${proved:-0}" -ne 0 ] && [ "$failed" -eq 0 ]; then
	echo "not ok - prove ends with status $proved"
	failed=1
fi
complete=1
