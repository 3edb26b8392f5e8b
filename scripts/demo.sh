#!/usr/bin/env bash
# demo.sh [stop]
#	Installs what is missing, builds, starts a throwaway server, loads the
#	demo data and plays the main job from post to payout.
#
# The server stays, so that you can look around; called again it is quick.
# It lives in a directory of its own, by default /tmp/dwello-demo-UID, or
# where DWELLO_DEMO says.  Nothing of it touches another installation.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

dir=${DWELLO_DEMO:-${TMPDIR:-/tmp}/dwello-demo-$(id -u)}

# sql DATABASE ARGUMENT...: psql as the superuser of the demo.
sql()
{
	local database=$1

	shift
	"$PG_BIN/psql" -X -q -v ON_ERROR_STOP=1 -P pager=off -d "$database" "$@"
}

# claim_directory: ours alone, for it has a name that others can guess.
claim_directory()
{
	mkdir -m 755 "$dir" 2>/dev/null || :
	[ -d "$dir" ] && [ -O "$dir" ] && ! [ -L "$dir" ] ||
		die "$dir is not a directory of ours; set DWELLO_DEMO to another place"
	dir=$(cd "$dir" && pwd -P)
}

# stop_demo: end the server and remove everything.
stop_demo()
{
	server_tree "$dir/tree"
	if use_cluster "$dir/server"; then
		stop_cluster "$dir/server"
	fi
	rm -rf "$dir"
	say "the demo in $dir is gone"
}

claim_directory
if [ "${1:-}" = stop ]; then
	stop_demo
	exit
fi
[ $# -eq 0 ] || die "usage: $0 [stop]"

# shellcheck disable=SC2086
ensure_packages $DW_BUILD_PACKAGES
say "building and installing into $dir"
server_tree "$dir/tree"
build_and_install
use_cluster "$dir/server" || start_cluster "$dir/server"
fresh_database dwello
sql dwello -f "$DW_ROOT/scripts/demo.sql"

cat <<END

The server is yours to look around in, as the system where no token is set:
  PGOPTIONS='$PGOPTIONS' $PG_BIN/psql -h $PGHOST -p $PGPORT -U postgres dwello
Stop it and remove everything:
  ${DWELLO_DEMO:+DWELLO_DEMO=$dir }$DW_ROOT/scripts/demo.sh stop
END
