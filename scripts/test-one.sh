#!/usr/bin/env bash
# test-one.sh KIND:NAME
#	Runs one test of the suite for prove, which test.sh starts: prints TAP,
#	and keeps what was said and how long it took in $work/log/PART.NAME.
#
# A kind of test is a function here; what it prints need not be TAP wholly:
# lines that begin with "ok" or "not ok" count, the others explain.  One that
# ends badly without such a line, or has none at all, has failed.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$DW_ROOT"
# shellcheck disable=SC2154
[ -d "$work/log" ] || die 'test.sh runs this'

# record PART NAME COMMAND...: run it, with its log and its milliseconds.
record()
{
	local log=$work/log/$1.$2 part=$1 name=$2 begin=$EPOCHREALTIME status

	shift 2
	# not behind ||, which would lift the -e
	set +e
	(set -e; "$@") >"$log" 2>&1
	status=$?
	set -e
	if ! grep -qE '^not ok' "$log"; then
		if [ "$status" -ne 0 ]; then
			say_failed "$log" "$part $name ends with status $status"
		elif ! grep -qE '^ok|^1\.\.0' "$log"; then
			say_failed "$log" "$part $name runs no test"
		fi
	fi
	echo $(((${EPOCHREALTIME/./} - ${begin/./}) / 1000)) >"$log.ms"
}

# say_failed LOG TEXT: as a failed test, with the end of what was said.
say_failed()
{
	local end

	end=$(tail -20 "$1")
	printf '\nnot ok - %s\n' "$2" >>"$1"
	printf '%s\n' "${end:-nothing was said}" | sed 's/^/# /' >>"$1"
}

# ----------------------------------------------------------------------
# The kinds of tests
# ----------------------------------------------------------------------

# What can be read from the sources, the library and the catalogue.
kind_lint()
{
	PGDATABASE=lint "test/lint/$1.pl"
}

# The pure core under the sanitizers; cmocka speaks TAP by itself.
kind_unit()
{
	CMOCKA_MESSAGE_OUTPUT=TAP "build/unit/$1"
}

# A target as often as test/fuzz/runs says, or FUZZ_RUNS times.
kind_fuzz()
{
	local runs

	runs=${FUZZ_RUNS:-$(sed -n "s/^$1[[:space:]]*//p" test/fuzz/runs)}
	mkdir -p "$work/fuzz/$1"
	"build/fuzz/$1" -runs="${runs:-100000}" -max_len=4096 -verbosity=0 \
		-print_final_stats=1 -artifact_prefix="$work/fuzz/$1-" \
		"$work/fuzz/$1" && echo "ok - $1"
}

# Crash, restore, pooler, plans: tests with servers of their own.  What these
# and psql said is shown if one fails.
kind_tap()
{
	local said=$work/tap/tmp_check/log/regress_log_$1

	tap_script "$work/tap" "$work/t/$1.pl" && return
	grep -E 'ERROR:|FATAL:|PANIC:' "$said" | tail -5 || :
	tail -10 "$said"
	return 1
}

# node_directory DIR: a copy of it in the work directory with its packages, made
# by who wants it first; else a skipped test that says why not.
node_directory()
{
	local copy

	copy=$work/$(basename "$1")
	(
		flock 9
		[ ! -d "$copy" ] || exit 0
		cp -R "$1" "$copy"
		rm -rf "$copy/node_modules"
		cd "$copy"
		timeout 120 npm ci --ignore-scripts --fetch-retries 1 \
			>"$copy.said" 2>&1 || echo 'npm ci fails' >>"$copy.lacks"
	) 9>"$copy.lock"
	[ -e "$copy.lacks" ] || return 0
	echo "ok - $1 # SKIP its packages cannot be had: $(
		cat <(grep -i err "$copy.said") "$copy.lacks" | head -1)"
	return 1
}

# An application of examples/, against a database of its own.
kind_examples()
{
	node_directory "examples/$1" || return 0
	PGDATABASE=examples timeout 300 node "$work/$1/run.js" --jobs 16 \
		--seed "$RANDOM"
}

# Random commands beside an independent model, or histories of payment
# companies; and that its eyes are open: a planted fault is found.  These are
# looked for with a seed of their own, by which each is.
kind_model()
{
	local script=run.js plant=${1#history_} status=0
	local options=(--steps "$MODEL_STEPS")
	local planted=(--seed 1 --steps 6000 --jobs 80)

	if [ "$plant" != "$1" ]; then
		script=histories.js options=(--runs "$HISTORIES")
		planted=(--seed 2 --runs 600)
	fi
	options+=(--seed "$MODEL_SEED")
	planted+=(--plant "$plant")
	node_directory test/model || return 0
	[ "$plant" = none ] || options=("${planted[@]}")
	"$PG_BIN/createdb" -T extended "model_$1"
	PGDATABASE=model_$1 node "$work/model/$script" "${options[@]}" || status=$?
	"$PG_BIN/dropdb" "model_$1"
	return "$status"
}

# That a benchmark still runs; its figures need a quiet machine.  NAME=VALUE
# words after its name are its environment, else it is --smoke.
kind_bench()
{
	local words

	read -ra words <<<"$1"
	if [ "${#words[@]}" -gt 1 ]; then
		env "${words[@]:1}" "test/bench/${words[0]}.sh" --smoke
	else
		"test/bench/$1.sh" --smoke
	fi
	echo "ok - $1"
}

# ----------------------------------------------------------------------
# make installcheck, on a cluster for each setting in which it must pass
# ----------------------------------------------------------------------

# kind_installcheck SETTING: of a cluster; what make prints is recorded part
# by part.
#	readme   as the README has it
#	english  the same under ICU's en-US, where "ok" comes before "P0002"
#	stock    as initdb makes it, without a setting of ours, under tr-TR, where
#	         the small letter of I is another; the coverage is counted here
kind_installcheck()
{
	local cluster=$work/$1 parts=regress part

	if [ "$1" = stock ]; then
		parts=$INSTALLCHECK
		[ -z "$COVERAGE" ] || server_with_coverage
		make_data "$cluster" --locale-provider=icu --icu-locale=tr-TR
	elif [ "$1" = english ]; then
		make_cluster "$cluster" --locale-provider=icu --icu-locale=en-US
	fi
	start_cluster "$cluster"
	for part in $parts; do
		record "$part" "$1" check "$part" "$cluster"
	done
	stop_cluster "$cluster"
	[ -z "$COVERAGE" ] || [ "$1" != stock ] || record coverage "$1" coverage
}

# check PART CLUSTER: of make installcheck, in a directory of its own.  What
# differs stands behind all results, so it is marked as worth a line.
check()
{
	local leave_out=ISOLATION diffs=regression.diffs status=0

	if [ "$1" = isolation ]; then
		leave_out=REGRESS diffs=output_iso/regression.diffs
	fi
	mkdir -p "$2/$1"
	cd "$2/$1"
	make -s -f "$work/source/Makefile" PG_CONFIG="$PG_CONFIG" "$leave_out=" \
		installcheck 2>&1 | sed -E 's/^test (\w+) +\.\.\. ok\b.*/ok - \1/
			s/^test (\w+) +\.\.\. FAILED\b.*/not ok - \1/
			s/^((not )?ok) +[0-9]+ +[-+] (\w+).*/\1 - \3/' || status=$?
	[ ! -s "$diffs" ] || head -200 "$diffs" | sed 's/^/#| /'
	return "$status"
}

# server_with_coverage: a tree with the build that counts, whose servers keep
# their counts where they may write.
server_with_coverage()
{
	server_tree "$work/coverage-tree"
	coverage_make "$PG_CONFIG" install
	own_directory "$work/gcov"
	export GCOV_PREFIX=$work/gcov
}

# coverage: of the lines of src/, in percent, by gcov.
coverage()
{
	cd "$DW_ROOT/build/coverage"
	find . -name '*.gcda' -delete
	cp -R "$GCOV_PREFIX$PWD/." .
	find . -name '*.gcno' -exec gcov -n {} + 2>/dev/null |
		awk -v least="$MINIMUM_COVERAGE" '
		/^File / { ours = ($0 ~ /src\/[a-z_\/]+\.c/) }
		/^Lines executed:/ && ours {
			split($0, word, /[:% ]+/); lines = $NF
			all += lines; hit += word[3] * lines / 100; ours = 0
		}
		END {
			percent = all ? 100 * hit / all : 0
			printf "# %.1f %% of %d lines of src/\n", percent, all
			print (percent < least ? "not ok" : "ok"), \
				"- SQL tests reach", least, "% of the lines of src/"
		}'
}

# ----------------------------------------------------------------------

kind=${1%%:*}
name=${1#*:}
logs=()
if [ "$kind" = installcheck ]; then
	"kind_$kind" "$name" >&2
	for part in regress isolation coverage; do
		[ ! -f "$work/log/$part.$name" ] || logs+=("$work/log/$part.$name")
	done
else
	record "$kind" "$name" "kind_$kind" "$name"
	logs=("$work/log/$kind.$name")
fi
# as prove wants it: numbered, with a plan
awk '/^ok/ { sub(/^ok *[0-9]*/, ""); print "ok " ++n $0; next }
	/^not ok/ { sub(/^not ok *[0-9]*/, ""); print "not ok " ++n $0 }
	/^1\.\.0/ && !n { print "ok " ++n " " substr($0, 5) }
	END { print "1.." n }' "${logs[@]}"
