#!/usr/bin/env bash
# dev-server.sh DIR [start|stop|env]
#	A throwaway server in DIR with the build of this checkout installed.
#
# start (the default) builds, installs into DIR's own server tree, starts or
# restarts the server, makes a fresh database "dwello" with the extension
# and a keyring, and prints how to reach it.  env prints the exports alone:
#	eval "$(scripts/dev-server.sh DIR env)" && make installcheck
# stop ends the server and removes DIR.  Any number of people can have one.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

usage="usage: $0 DIR [start|stop|env]"
dir=${1:?$usage}
action=${2:-start}

# print_env: what a client, and make, need to use this server.
print_env()
{
	printf 'export %s\n' "PG_CONFIG=$PG_CONFIG" "PATH=$PG_BIN:\$PATH" \
		"PGHOST=$PGHOST" "PGPORT=$PGPORT" "PGUSER=$PGUSER" \
		"PGPASSFILE=$PGPASSFILE" "PGOPTIONS='$PGOPTIONS'"
}

# start: everything, from the build to the database.
start()
{
	server_tree "$dir/tree"
	build_and_install
	if use_cluster "$dir/server"; then
		stop_cluster "$dir/server"
	fi
	start_cluster "$dir/server"
	fresh_database dwello ||
		die "the extension does not install (the server runs: $0 $dir env)"
	echo "connect: $PG_BIN/psql -h $PGHOST -p $PGPORT -U postgres dwello"
	echo "suite:   eval \"\$($0 $dir env)\" && make installcheck"
	echo "stop:    $0 $dir stop"
}

mkdir -p "$dir"
chmod 755 "$dir"
dir=$(cd "$dir" && pwd -P)
case $action in
	start)
		start
		;;
	env)
		server_tree "$dir/tree"
		use_cluster "$dir/server" || die "no server runs in $dir"
		print_env
		;;
	stop)
		server_tree "$dir/tree"
		if use_cluster "$dir/server"; then
			stop_cluster "$dir/server"
		fi
		rm -rf "$dir"
		;;
	*)
		die "$usage"
		;;
esac
