# fastpath.pl
#	Every function called by the protocol's function call message, where there
#	is no statement, no plan and no place for rows: with NULLs, with empty
#	values and with noise, in both formats, as an application, the service and
#	a superuser.  An answer or an error, and the server lives.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use IO::Socket::UNIX;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('fastpath', "restart_after_crash = off\n", holds => 'demo');

$node->safe_psql('postgres', <<'SQL');
CREATE ROLE app LOGIN IN ROLE dwello_app;
CREATE ROLE worker LOGIN IN ROLE dwello_service;
SQL

# send_message SOCKET, TYPE, BODY
sub send_message
{
	my ($socket, $type, $body) = @_;

	print {$socket} $type . pack('N', 4 + length $body) . $body;
	return;
}

# receive SOCKET: the next message's type and body; '' when the server is gone.
sub receive
{
	my ($socket) = @_;
	my ($head, $body) = ('', '');

	read($socket, $head, 5) == 5 or return ('', '');
	my ($type, $length) = unpack 'a N', $head;
	read($socket, $body, $length - 4) == $length - 4 or return ('', '');
	return ($type, $body);
}

my $told;    # the text of the last error

# until_ready SOCKET: the errors' codes and how many answers there were.
sub until_ready
{
	my ($socket) = @_;
	my ($codes, $answers) = ('', 0);

	while (1)
	{
		my ($type, $body) = receive($socket);

		return ('gone', $answers) if $type eq '';
		return ($codes, $answers) if $type eq 'Z';
		$answers++ if $type eq 'V';
		$codes .= $1 if $type eq 'E' && $body =~ /\0C(\w{5})\0/;
		$told = $1 if $type eq 'E' && $body =~ /\0M([^\0]*)\0/;
	}
}

# connect_as ROLE
sub connect_as
{
	my ($role) = @_;
	my $socket = IO::Socket::UNIX->new($node->host . '/.s.PGSQL.' . $node->port) or die "no socket: $!";
	my $body = pack('N', 196608) . "user\0$role\0database\0postgres\0\0";

	$socket->autoflush(1);
	print {$socket} pack('N', 4 + length $body) . $body;
	my ($codes) = until_ready($socket);
	die "no connection: $codes" if $codes ne '';
	return $socket;
}

# query SOCKET, SQL
sub query
{
	my ($socket, $sql) = @_;

	send_message($socket, 'Q', "$sql\0");
	return until_ready($socket);
}

my @functions = map { [ split /\|/ ] } split /\n/, $node->safe_psql('postgres', <<'END');
SELECT p.oid, p.pronargs, p.proname FROM pg_proc AS p
 WHERE p.pronamespace = 'dwello'::regnamespace AND p.prokind = 'f' ORDER BY p.proname, p.oid
END
cmp_ok(scalar(@functions), '>', 200, 'there are functions');

# of each argument: NULL, nothing, and noise that fits integers, uuids and no text
my %value = (null => undef, empty => '', four => "\0\0\0\1", eight => "\xff" x 8, sixteen => "\1" x 16, text => 'x');

foreach my $role (qw(app worker postgres))
{
	my $socket = connect_as($role);
	my ($calls, $answered, %codes, %fault, @dead) = (0, 0);

	foreach my $function (@functions)
	{
		my ($oid, $count, $name) = @$function;

		foreach my $value (sort keys %value)
		{
			foreach my $format (0, 1)
			{
				my $argument = defined $value{$value} ? pack('N/a', $value{$value}) : pack('N', 0xffffffff);

				query($socket, 'BEGIN');
				send_message($socket, 'F', pack('N n n n', $oid, 1, $format, $count) . $argument x $count . pack('n', $format));
				my ($code, $answers) = until_ready($socket);

				$calls++;
				$answered += $answers;
				$codes{$code}++ if $code ne '';
				# jsonb's own input says that much of a version it does not know
				$fault{"$name: $told"} = 1 if $code =~ /^XX/ && $told !~ /^unsupported jsonb version/;
				if ($code eq 'gone')
				{
					push @dead, "$name($value, $format)";
					last;
				}
				query($socket, 'ROLLBACK');
			}
			last if @dead;
		}
		last if @dead;
	}
	is("@dead", '', "$role: the server lives through $calls calls, of which $answered were answered");
	last if @dead;
	is(join("\n", sort keys %fault), '', "$role: none ends as a fault of ours");
	cmp_ok(scalar(keys %codes), '>', 2, "$role: errors of " . join(' ', map { "$_ $codes{$_}" } sort keys %codes));
}
is($node->safe_psql('postgres', 'SELECT * FROM dwello.check()'), '', 'nothing is wrong in the end');
$node->stop;

done_testing();
