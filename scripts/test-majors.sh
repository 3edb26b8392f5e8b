#!/usr/bin/env bash
# test-majors.sh [--trees DIR] [17|18|format [--write]]...
#	Builds and tests the checkout on the later servers, and checks how the
#	C is laid out.  Without a name all three run; the last line is
#	"N passed, N failed", and the status is 1 when something failed.
#
#	17, 18    the suite on that server: PARTS of test.sh (build unit regress
#	          isolation tap), then a line "PG17: N passed, N failed"
#	format    src/ is as pgindent of 18 would lay it out, one count a file;
#	          with --write, rewrite what is not
#
# Each server comes with the Debian that has it, in a tree made once by
# debootstrap (minutes, and a gigabyte or two) under build/majors or DIR and
# used again; remove it to have a newer one.  The archive is the one this
# machine's apt is set up for.  Wants root.  What runs in a tree sees a copy
# of the checkout, and has mounts and processes of its own that end with
# this script, however it ends.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$DW_ROOT"
exec </dev/null

PARTS=${PARTS:-build unit regress isolation tap}
FORMAT_MAJOR=18
usage="usage: $0 [--trees DIR] [17|18|format [--write]]..."
declare -A SUITE=([17]=trixie [18]=sid)

passed=0
failed=0

# ----------------------------------------------------------------------
# Trees
# ----------------------------------------------------------------------

# own_namespace ARGUMENT...: start again with mounts and processes that no
# one else sees, and that the kernel ends with us.
own_namespace()
{
	local inside status=0

	[ -z "${DW_NAMESPACE:-}" ] || return 0
	[ "$(id -u)" -eq 0 ] || die "making and entering a tree takes root"
	DW_NAMESPACE=1 unshare --mount --pid --fork --kill-child "$0" "$@" &
	inside=$!
	# unshare itself ignores what should end us, and so does its child
	# shellcheck disable=SC2064
	trap "kill -KILL $inside; exit 130" HUP INT TERM
	wait "$inside" || status=$?
	exit "$status"
}

# mirror: print the address of Debian's archive in the setup of apt.
mirror()
{
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
		'Origin: Debian' 'Label: Debian' 'Component: main' | head -n 1
}

# make_tree MAJOR DIR: a minimal Debian that has this server, with the
# machine's own manner of fetching (proxy, checks); never half made.
make_tree()
{
	local major=$1 dir=$2 from proxy='' log

	ensure_packages debootstrap debian-archive-keyring
	from=$(mirror)
	if [ -z "$from" ]; then
		apt-get -q update >&2
		from=$(mirror)
	fi
	[ -n "$from" ] || die "apt knows no archive of Debian's"
	eval "$(apt-config shell proxy Acquire::http::Proxy)"
	[ -z "$proxy" ] || export http_proxy=$proxy
	say "making a tree of Debian ${SUITE[$major]} in $dir"
	rm -rf --one-file-system "$dir.new"
	mkdir -p "$dir.new"
	log=$dir.log
	debootstrap --variant=minbase "${SUITE[$major]}" "$dir.new" "$from" \
		>"$log" 2>&1 ||
		{ tail -20 "$log" >&2; die "debootstrap failed, see $log"; }
	apt-config dump Acquire >"$dir.new/etc/apt/apt.conf.d/99machine"
	mv "$dir.new" "$dir"
}

# enter_tree MAJOR: set tree to that server's tree, made if need be, locked
# against another run, with what a server needs mounted and a fresh copy of
# the checkout in it.
enter_tree()
{
	tree=$trees/$1
	mkdir -p "$trees"
	exec 9>"$tree.lock"
	flock -n 9 || die "another run uses $tree"
	[ -d "$tree" ] || make_tree "$1" "$tree"
	# a mount by itself, so that what runs in it can have mounts of its own
	mountpoint -q "$tree" || mount --bind "$tree" "$tree"
	mountpoint -q "$tree/proc" || mount -t proc proc "$tree/proc"
	mountpoint -q "$tree/dev/shm" || mount -t tmpfs tmpfs "$tree/dev/shm"
	rm -rf "$tree/dwello" "$tree"/tmp/*
	mkdir "$tree/dwello"
	tar -c --exclude=./.git --exclude=./build --exclude='*.[ado]' \
		--exclude='*.so' --exclude='./dwello--*' . |
		tar -x --no-same-owner -C "$tree/dwello"
}

# in_tree MAJOR COMMAND...: run it at the top of the copy, with nothing of
# this machine's environment.
in_tree()
{
	local major=$1 bin=/usr/sbin:/usr/bin:/sbin:/bin

	shift
	env -i PATH="/usr/lib/postgresql/$major/bin:$bin" HOME=/root \
		LC_ALL=C.UTF-8 PG_MAJOR="$major" DW_JOBS="${DW_JOBS:-2}" \
		chroot "$tree" sh -c 'cd /dwello && exec "$@"' sh "$@"
}

# ----------------------------------------------------------------------
# What is run
# ----------------------------------------------------------------------

# tally NAME PASSED FAILED: add to the sums, and say so.
tally()
{
	passed=$((passed + $2))
	failed=$((failed + $3))
	echo "$1: $2 passed, $3 failed"
}

# test_major MAJOR: the suite in its tree; one that ends without its last
# line has failed.
test_major()
{
	local major=$1 sums='^([0-9]+) passed, ([0-9]+) failed$' last

	enter_tree "$major"
	# shellcheck disable=SC2086
	in_tree "$major" scripts/test.sh $PARTS 2>&1 |
		tee "$tree.suite" | sed -u "s/^/$major  /" || :
	last=$(tail -n 1 "$tree.suite")
	if [[ $last =~ $sums ]]; then
		tally "PG$major" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
	else
		tally "PG$major" 0 1
	fi
}

# check_format: every file of src/ as pgindent would have it; the difference
# is shown, or written when $write says so.
check_format()
{
	local file bad=0 good=0

	enter_tree "$FORMAT_MAJOR"
	in_tree "$FORMAT_MAJOR" bash -c '. scripts/lib.sh &&
		ensure_packages perl "postgresql-server-dev-$PG_MAJOR"'
	in_tree "$FORMAT_MAJOR" pgindent --typedefs=typedefs.list src ||
		{ echo 'pgindent does not understand what it names above'; bad=1; }
	for file in $(git ls-files 'src/*.[ch]'); do
		if cmp -s "$file" "$tree/dwello/$file"; then
			good=$((good + 1))
		elif [ -n "$write" ]; then
			echo "rewritten: $file"
			cat "$tree/dwello/$file" >"$file"
			good=$((good + 1))
		else
			bad=$((bad + 1))
			diff -u --label "$file" --label "$file (pgindent)" \
				"$file" "$tree/dwello/$file" || :
		fi
	done
	tally format "$good" "$bad"
}

# finish: the last line, however the script ends.
finish()
{
	local status=$?

	if [ -z "${complete:-}" ]; then
		say "stopped early (status $status)"
		failed=$((failed + 1))
	fi
	echo "$passed passed, $failed failed"
	exit $((failed > 0))
}

# ----------------------------------------------------------------------

own_namespace "$@"
trees=$DW_ROOT/build/majors
write=
wanted=()
while [ $# -gt 0 ]; do
	case $1 in
		--trees)
			trees=$(realpath -m "${2:?$usage}")
			shift
			;;
		--write)
			write=1
			;;
		17 | 18 | format)
			wanted+=("$1")
			;;
		*)
			die "$usage"
			;;
	esac
	shift
done
[ "${#wanted[@]}" -gt 0 ] || wanted=(17 18 format)

trap finish EXIT
for name in "${wanted[@]}"; do
	if [ "$name" = format ]; then
		check_format
	else
		test_major "$name"
	fi
done
complete=1
