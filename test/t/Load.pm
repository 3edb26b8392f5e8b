package Load;

# Load.pm
#	Many sessions that call dwello at once: who acknowledged what, which
#	errors there were, and servers that are killed under them.
#
# A command is a call as somebody: [who, call, name].  Its name is printed once
# it has been committed, so what a client's output holds was acknowledged.

use strict;
use warnings;
use Exporter 'import';
use Dwello;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(usleep);

our @EXPORT = qw(install_commands script start_client acknowledged errors
  run_clients invalid wait_for_lines crash restart);

# install_commands NODE: the means to act as somebody of load_demo(), or as
# the service.
sub install_commands
{
	my ($node) = @_;

	$node->safe_psql('postgres', <<'END');
CREATE TABLE token AS
SELECT p.name, dwello.issue_token(p.id, '1 day') FROM person p
 WHERE p.name IN ('homeowner', 'provider_1', 'provider_2', 'admin');
ALTER TABLE token ADD PRIMARY KEY (name);

CREATE FUNCTION command(who text, call text, name text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM dwello.login((SELECT t.issue_token FROM token t
                           WHERE t.name = command.who));
    EXECUTE 'SELECT 1 FROM dwello.' || command.call;
    PERFORM dwello.login(NULL);
    RETURN command.name;
END $$;
END
	return;
}

# script NODE, NAME, COMMAND...: a file that psql runs, a transaction a command.
sub script
{
	my ($node, $name, @commands) = @_;
	my $path = $node->basedir . "/$name.sql";

	open my $out, '>', $path or die "$path: $!";
	print {$out} "\\set VERBOSITY sqlstate\n";
	print {$out} "SELECT command('$_->[0]', \$\$$_->[1]\$\$, '$_->[2]');\n"
	  foreach @commands;
	close $out or die "$path: $!";
	return $path;
}

# start_client NODE, COMMAND, OUTPUT: a client in the background, and its
# process id; its errors go to OUTPUT.err.
sub start_client
{
	my ($node, $command, $output) = @_;
	my $pid = fork // die "fork: $!";

	return $pid if $pid;
	open STDIN, '<', '/dev/null' or die "stdin: $!";
	open STDOUT, '>', $output or die "stdout: $!";
	open STDERR, '>', "$output.err" or die "stderr: $!";
	exec @$command, $node->connstr('postgres') or die "@$command: $!";
}

# acknowledged OUTPUT...: how often each line was printed.
sub acknowledged
{
	my %times;

	foreach my $line (map { split /^/, slurp_file($_) } @_)
	{
		$times{$1}++ if $line =~ /^(\S.*)\n/;
	}
	return \%times;
}

# errors OUTPUT...: how often each SQLSTATE was raised.
sub errors
{
	my %times;

	foreach my $line (map { split /^/, slurp_file("$_.err") } @_)
	{
		$times{$1}++ if $line =~ /ERROR: +(\w{5})$/;
	}
	return \%times;
}

# run_clients NODE, NAME, COMMANDS...: a client for each list of commands, all at
# once; what they acknowledged, and their errors.
sub run_clients
{
	my ($node, $name, @lists) = @_;
	my @outputs = map { $node->basedir . "/$name-$_.out" } 0 .. $#lists;
	my @scripts =
	  map { script($node, "$name-$_", @{ $lists[$_] }) } 0 .. $#lists;
	my @pids = map {
		start_client($node, [ qw(psql -XqAt -f), $scripts[$_], '-d' ],
			$outputs[$_])
	} 0 .. $#lists;

	waitpid $_, 0 foreach @pids;
	return (acknowledged(@outputs), errors(@outputs));
}

# invalid NODE: what is wrong with the ledger.
sub invalid
{
	my ($node) = @_;

	return $node->safe_psql('postgres', 'SELECT * FROM dwello.reconcile()');
}

# wait_for_lines COUNT, FILE...: until they hold as many together.  What psql
# has not written out yet is not seen.
sub wait_for_lines
{
	my ($count, @files) = @_;

	foreach (1 .. 6000)
	{
		my $lines = 0;

		$lines += -e $_ ? () = slurp_file($_) =~ /\n/g : 0 foreach @files;
		return if $lines >= $count;
		usleep(10_000);
	}
	die 'the clients do not get on';
}

# crash NODE: kill -9 the postmaster, and wait until it is gone.
sub crash
{
	my ($node) = @_;
	my ($pid) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;

	$node->kill9;
	usleep(10_000) while kill 0, $pid;
	return;
}

# restart NODE: the old backends may need a moment to notice.
sub restart
{
	my ($node) = @_;

	foreach (1 .. 60)
	{
		return 1 if $node->start(fail_ok => 1);
		usleep(500_000);
		$node->stop('fast', fail_ok => 1);
	}
	return 0;
}

1;
