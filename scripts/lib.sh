# shellcheck shell=bash disable=SC2015,SC2034
# lib.sh
#	What demo.sh, test.sh and dev-server.sh share: packages, a server tree
#	apart from the system's, and throwaway clusters in it.
#
# Sourced by bash scripts that run under "set -euo pipefail".  Nothing here
# writes outside the directories it is given, but for ensure_packages, and
# no server is ever stopped that was not started here: a cluster is known by
# its data directory, never by a name or a port.

DW_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
PG_MAJOR=${PG_MAJOR:-15}

# The names of what a build, and of what the whole suite, needs of Debian.
DW_BUILD_PACKAGES="make gcc libc6-dev libssl-dev postgresql-$PG_MAJOR
	postgresql-server-dev-$PG_MAJOR postgresql-$PG_MAJOR-postgis-3"
DW_TEST_PACKAGES="clang libclang-rt-dev libcmocka-dev libipc-run-perl
	universal-ctags pgbouncer binutils perl procps valgrind hledger
	json-schema-test-suite postgresql-$PG_MAJOR-pgaudit"

# say TEXT...: a line for the person at the terminal.
say()
{
	printf '%s\n' "$*" >&2
}

# die TEXT...: say why, and end the script as failed.
die()
{
	say "error: $*"
	exit 1
}

# ----------------------------------------------------------------------
# Packages
# ----------------------------------------------------------------------

# missing_packages NAME...: print those that are not installed.
missing_packages()
{
	local name

	for name in "$@"; do
		dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null |
			grep -qx installed || printf '%s ' "$name"
	done
}

# ensure_packages NAME...: install what is missing; without root say what to
# ask for.  The server package makes no cluster of its own on the way.
ensure_packages()
{
	local missing log
	local drop_in=/etc/postgresql-common/createcluster.d/dwello.conf

	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	[ "$(id -u)" -eq 0 ] ||
		die "packages are missing; as root: apt-get install $missing"
	say "installing: $missing"
	if ! [ -e "$drop_in" ]; then
		mkdir -p "${drop_in%/*}"
		echo 'create_main_cluster = false' >"$drop_in"
	else
		drop_in=
	fi
	export DEBIAN_FRONTEND=noninteractive
	log=$(mktemp)
	# shellcheck disable=SC2086
	{ apt-get -q update && apt-get -q -y --no-install-recommends \
		install $missing; } </dev/null >"$log" 2>&1 ||
		{ cat "$log" >&2; die "apt-get could not install: $missing"; }
	rm -f "$log" ${drop_in:+"$drop_in"}
}

# ----------------------------------------------------------------------
# The user of the server, who may not be root
# ----------------------------------------------------------------------

# server_user: print the name of the user that runs servers.
server_user()
{
	if [ "$(id -u)" -ne 0 ]; then
		id -un
	elif id postgres >/dev/null 2>&1; then
		echo postgres
	else
		echo nobody
	fi
}

# as_server_user COMMAND...: run it as that user, from a directory it can
# read, with an environment that names no other server.
as_server_user()
{
	local run=(env -u PGHOST -u PGPORT -u PGUSER -u PGDATABASE
		-u PGSERVICE -u PGPASSFILE -u PGOPTIONS "LC_ALL=C.UTF-8" "HOME=/")

	if [ "$(id -u)" -eq 0 ]; then
		run=(runuser -u "$(server_user)" -- "${run[@]}")
	fi
	(cd / && exec "${run[@]}" "$@")
}

# own_directory DIR [MODE]: make it for the server's user.
own_directory()
{
	mkdir -p "$1"
	chmod "${2:-0700}" "$1"
	[ "$(id -u)" -ne 0 ] || chown "$(server_user)" "$1"
}

# work_directory VARIABLE: set it to a new directory that every user can
# enter, removed with the servers in it when the script ends.
work_directory()
{
	local made

	made=$(mktemp -d "${TMPDIR:-/tmp}/dwello.XXXXXX")
	chmod 755 "$made"
	# shellcheck disable=SC2064
	trap "remove_work_directory '$made'" EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	printf -v "$1" %s "$made"
}

# remove_work_directory DIR: stop every cluster below it, then remove it.
remove_work_directory()
{
	local pid_file

	for pid_file in "$1"/*/data/postmaster.pid "$1"/data/postmaster.pid; do
		[ ! -f "$pid_file" ] || stop_cluster "${pid_file%/data/*}" || :
	done
	rm -rf "$1"
}

# ----------------------------------------------------------------------
# A server tree of our own
# ----------------------------------------------------------------------

# server_tree DIR: a relocatable copy of the packaged server under DIR, so
# that an install there touches nothing else.  Sets PG_CONFIG and PG_BIN, and
# SYSTEM_PG_CONFIG for what is only compiled.
#
# The server finds its files relative to its own path, with links resolved:
# so programs are copied.  Libraries and shared files are links, file by
# file, in directories of our own, and an install replaces just its own.
server_tree()
{
	local system=/usr/lib/postgresql/$PG_MAJOR/bin/pg_config tree=$1 path

	[ -x "$system" ] || die "no $system: is postgresql-server-dev-$PG_MAJOR installed?"
	PG_BIN=$tree$("$system" --bindir)
	PG_CONFIG=$PG_BIN/pg_config
	if ! [ "$tree/.complete" -nt "$system" ]; then
		rm -rf "$tree"
		mkdir -p "$tree"
		chmod 755 "$tree"
		tree=$(cd "$tree" && pwd -P)
		PG_BIN=$tree$("$system" --bindir)
		PG_CONFIG=$PG_BIN/pg_config
		mkdir -p "$PG_BIN"
		cp -L "$("$system" --bindir)"/* "$PG_BIN"
		for path in pkglibdir sharedir; do
			path=$("$system" "--$path")
			mkdir -p "$tree$path"
			cp -Rs "$path/." "$tree$path"
			rm -f "$tree$path"/dwello* "$tree$path"/extension/dwello*
		done
		for path in includedir pkgincludedir libdir; do
			path=$("$system" "--$path")
			[ -e "$tree$path" ] ||
				{ mkdir -p "$tree${path%/*}" && ln -s "$path" "$tree$path"; }
		done
		touch "$tree/.complete"
	fi
	path=$("$PG_CONFIG" --pkglibdir)
	[ "${path#"$(cd "$tree" && pwd -P)/"}" != "$path" ] ||
		die "$PG_CONFIG points to $path, outside its tree"
	[ -e "$path/postgis-3.so" ] &&
		[ -e "$("$PG_CONFIG" --sharedir)/extension/postgis.control" ] ||
		die "PostGIS for PostgreSQL $PG_MAJOR is not installed"
	SYSTEM_PG_CONFIG=$system
	export PG_CONFIG PG_BIN SYSTEM_PG_CONFIG
}

# build_and_install: build the checkout and install it into the tree.  It is
# compiled against the system's headers, which stay where they are: so the
# recorded dependencies outlive the tree and the next build is short.
build_and_install()
{
	make -C "$DW_ROOT" -s -j"${DW_JOBS:-2}" \
		PG_CONFIG="$SYSTEM_PG_CONFIG" all >&2 &&
		make -C "$DW_ROOT" -s PG_CONFIG="$PG_CONFIG" install >&2 ||
		die "the build failed"
}

# coverage_make PG_CONFIG TARGET: of the same sources, in build/coverage, so
# that they count which of their lines are run.  What is never set is filled
# with a pattern there, so that a test which reads it fails.
coverage_make()
{
	mkdir -p "$DW_ROOT/build/coverage"
	make -C "$DW_ROOT/build/coverage" -f ../../Makefile -s \
		-j"${DW_JOBS:-2}" PG_CONFIG="$1" \
		COPT='--coverage -O0 -ftrivial-auto-var-init=pattern' \
		SHLIB_LINK='-lcrypto --coverage' "$2"
}

# ----------------------------------------------------------------------
# Throwaway clusters: DIR/data, DIR/socket, DIR/keyring, DIR/log
# ----------------------------------------------------------------------

# free_port: print a TCP port of 127.0.0.1 that nobody listens on now.
free_port()
{
	perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(Listen => 1, LocalPort => 0,
			LocalAddr => "127.0.0.1") or die "no port: $!\n";
		print $s->sockport, "\n";'
}

# make_data DIR [OPTION...]: initdb with those options, as a stock one but that
# a crash of the machine may lose the data.  The socket is trusted, because
# only the server's user reaches it; TCP wants the password in DIR/pgpass.
make_data()
{
	local dir=$1 password

	shift
	mkdir -p "$dir"
	chmod 755 "$dir"
	own_directory "$dir/data"
	own_directory "$dir/socket"
	password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	(umask 077 && printf '%s\n' "$password" >"$dir/password")
	(umask 077 && printf '127.0.0.1:*:*:*:%s\n' "$password" >"$dir/pgpass")
	[ "$(id -u)" -ne 0 ] || chown "$(server_user)" "$dir/password"
	as_server_user "$PG_BIN/initdb" -D "$dir/data" -U postgres --no-sync \
		--auth-local=trust --auth-host=scram-sha-256 \
		--pwfile="$dir/password" --encoding=UTF8 --locale=C.UTF-8 "$@" \
		>"$dir/initdb.log" 2>&1 ||
		{ cat "$dir/initdb.log" >&2; die "initdb failed"; }
	rm -f "$dir/password"
	as_server_user tee -a "$dir/data/postgresql.conf" >/dev/null <<-CONF

		listen_addresses = '127.0.0.1'
		unix_socket_directories = '$dir/socket'
		unix_socket_permissions = 0700
		log_line_prefix = '%m [%p] %q%u@%d '
		shared_buffers = 64MB
		fsync = off
		full_page_writes = off
		synchronous_commit = off
	CONF
}

# make_cluster DIR [OPTION...]: the same with the settings of the README.
make_cluster()
{
	make_data "$@"
	own_directory "$1/keyring"
	as_server_user tee -a "$1/data/postgresql.conf" >/dev/null <<-CONF
		session_preload_libraries = 'dwello'
		dwello.keyring_file = '$1/keyring/keyring'
		log_parameter_max_length = 0
		max_connections = 60
	CONF
}

# start_cluster DIR: start it (made first if need be) on the port it had or a
# free one, see that the port is ours, and point clients to it.
start_cluster()
{
	local dir=$1 turn answer

	[ -f "$dir/data/PG_VERSION" ] || make_cluster "$dir"
	for turn in 1 2 3 4 5; do
		if [ "$turn" -gt 1 ] || ! PGPORT=$(cat "$dir/port" 2>/dev/null); then
			PGPORT=$(free_port)
		fi
		if as_server_user "$PG_BIN/pg_ctl" -D "$dir/data" -s -w -t 60 \
			-l "$dir/data/server.log" -o "-p $PGPORT" start >&2; then
			break
		fi
		grep -q 'could not bind\|already in use' "$dir/data/server.log" &&
			[ "$turn" -lt 5 ] ||
			{ tail -20 "$dir/data/server.log" >&2; die "no server in $dir"; }
	done
	export_client "$dir"
	answer=$(PGHOST=127.0.0.1 "$PG_BIN/psql" -XAtq -d postgres \
		-c 'SHOW data_directory') || answer='no connection'
	[ "$answer" = "$dir/data" ] || {
		stop_cluster "$dir"
		die "on port $PGPORT not $dir/data answers, but: $answer"
	}
	echo "$PGPORT" >"$dir/port"
}

# export_client DIR: set what clients need to be its superuser, who acts as the
# system; PGPORT is set.
export_client()
{
	export PGHOST=$1/socket PGPORT PGUSER=postgres PGPASSFILE=$1/pgpass
	export PGOPTIONS='-c dwello.act_as_system=on'
}

# fresh_database NAME: with the extension and a keyring, in place of another.
fresh_database()
{
	local psql=("$PG_BIN/psql" -Xq -v ON_ERROR_STOP=1 -o /dev/null
		-c 'SET client_min_messages = warning')

	"${psql[@]}" -d postgres -c "DROP DATABASE IF EXISTS $1 WITH (FORCE)" \
		-c "CREATE DATABASE $1"
	"${psql[@]}" -d "$1" -c 'CREATE EXTENSION dwello CASCADE' \
		-c 'SELECT FROM dwello.create_keyring()'
}

# use_cluster DIR: point clients to a running cluster; false if none runs.
use_cluster()
{
	local dir=$1

	as_server_user "$PG_BIN/pg_ctl" -D "$dir/data" status >/dev/null 2>&1 ||
		return 1
	PGPORT=$(as_server_user sed -n 4p "$dir/data/postmaster.pid")
	export_client "$dir"
}

# stop_cluster DIR: by the process id in its data directory.
stop_cluster()
{
	as_server_user "$PG_BIN/pg_ctl" -D "$1/data" -s -m fast -w stop >&2
}

# ----------------------------------------------------------------------
# TAP scripts, which run servers of their own
# ----------------------------------------------------------------------

SMALL_DISK_SIZE=64m

# tap_script DIR FILE: run it in DIR as the server's user, who may not be
# able to read this checkout.  One that asks for DW_SMALL_DISK gets a small
# disk there, in a mount namespace that ends with it; only root can make one.
tap_script()
{
	if [ "$(id -u)" -eq 0 ] && grep -q DW_SMALL_DISK "$2"; then
		mkdir -p "$1/small"
		# shellcheck disable=SC2016
		unshare -m --propagation private bash -c '
			. "$1" &&
			mount -t tmpfs -o "size=$SMALL_DISK_SIZE,mode=0755" small "$2/small" &&
			own_directory "$2/small" &&
			DW_SMALL_DISK=$2/small run_tap_script "$2" "$3"
		' bash "${BASH_SOURCE[0]}" "$1" "$2"
	else
		run_tap_script "$1" "$2"
	fi
}

# run_tap_script DIR FILE: with the variables that the server's Perl modules
# want.
run_tap_script()
{
	local pgxs_test

	pgxs_test=$(dirname "$("$PG_CONFIG" --pgxs)")/../test
	as_server_user env -C "$1" PATH="$PG_BIN:$PATH" \
		PG_CONFIG="$PG_CONFIG" PG_REGRESS="$pgxs_test/regress/pg_regress" \
		TESTDIR="$1" TESTDATADIR="$1/tmp_check" \
		TESTLOGDIR="$1/tmp_check/log" TMPDIR="$1/tmp" \
		perl -I "$pgxs_test/perl" -I "$(dirname "$2")" "$2"
}
