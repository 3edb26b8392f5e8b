# key_type.pl
#	Values of the types of keys and queries travel: in binary from one table
#	to another, in a dump to another database; and what is forged on the way
#	is refused, while the server goes on.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('key_type', '', holds => 'extension');
my $place = $node->basedir;
my %value = (
	job_key => "dwello.job_key(n % 360 - 180 + 1 / 3.0, n % 90, md5(n::text)::uuid,"
	  . " '2026-01-10', nullif(n % 5, 0), NULL, 'USD', n % 4, n % 32)",
	job_query => "dwello.job_query(n % 360 - 180 + 1 / 3.0, n % 90, n / 3.0, '2026-01-10',"
	  . ' ARRAY(SELECT md5((n + c)::text)::uuid FROM generate_series(1, n % 7) AS c))',
	agent_key => "dwello.agent_key(n % 360 - 180 + 1 / 3.0, n % 90, n / 3.0, NULL,"
	  . ' ARRAY(SELECT md5((n + c)::text)::uuid FROM generate_series(1, n % 10) AS c),'
	  . ' nullif(n % 5, 0), NULL, NULL, n % 32)',
	agent_query => "dwello.agent_query(n % 360 - 180 + 1 / 3.0, n % 90, n / 3.0,"
	  . " ARRAY[md5(n::text)::uuid], nullif(n % 5, 0), NULL, 'EUR', n % 32)");
my @types = sort keys %value;
my $columns = join ', ', @types;

# same ONE, OTHER, DATABASE: whether two tables hold the same.
sub same
{
	my ($one, $other, $database) = @_;
	my $equal = join ' AND ',
	  map { "dwello.${_}_send(a.$_) = dwello.${_}_send(b.$_)" } @types;

	return $node->safe_psql($database // 'postgres', <<"END");
SELECT count(*), count(*) FILTER (WHERE $equal) FROM $one AS a JOIN $other AS b USING (n)
END
}

# ----------------------------------------------------------------------
# Binary copies, and a dump
# ----------------------------------------------------------------------
$node->safe_psql('postgres',
	    'CREATE TABLE plain AS SELECT n, '
	  . join(', ', map { "$value{$_} AS $_" } @types)
	  . ' FROM generate_series(1, 100) AS n;'
	  . ' CREATE TABLE copied (LIKE plain);'
	  . ' CREATE TABLE texts (LIKE plain);'
	  . " COPY plain TO '$place/binary' (FORMAT binary);"
	  . " COPY copied FROM '$place/binary' (FORMAT binary);"
	  . " COPY plain TO '$place/text'; COPY texts FROM '$place/text';");
is(same('plain', 'copied'), '100|100', 'a copy in binary has the same values');
is(same('plain', 'texts'), '100|100', 'so has one as text');

my @connection = ('-h', $node->host, '-p', $node->port);

$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok(
	[
		'pg_dump', @connection, '-Fc', '-f', "$place/dump",
		'-t', 'plain', '-t', 'copied', 'postgres'
	],
	'a dump of them');
$node->safe_psql('restored', 'CREATE EXTENSION dwello CASCADE');
$node->command_ok([ 'pg_restore', @connection, '-d', 'restored', "$place/dump" ],
	'is restored');
is(same('plain', 'copied', 'restored'), '100|100', 'with the same values');
is( $node->safe_psql('restored', "SELECT md5(string_agg(p::text, '' ORDER BY n)) FROM plain AS p"),
	$node->safe_psql('postgres', "SELECT md5(string_agg(p::text, '' ORDER BY n)) FROM plain AS p"),
	'as the texts say, too');

# ----------------------------------------------------------------------
# Forgeries in binary
# ----------------------------------------------------------------------
# file_of BYTES: that column in a binary copy of one row.
sub file_of
{
	my ($bytes) = @_;
	my $path = "$place/forged";

	open my $out, '>:raw', $path or die "$path: $!";
	print {$out} "PGCOPY\n\xff\r\n\0", pack('N N n N', 0, 0, 1, length $bytes),
	  $bytes, pack('n', 0xffff);
	close $out;
	return $path;
}

# read_as TYPE, BYTES: what a copy of these bytes ends in.
sub read_as
{
	my ($type, $bytes) = @_;
	my $path = file_of($bytes);
	my ($status, $out, $errors) = $node->psql('postgres', <<"END");
\\set VERBOSITY sqlstate
CREATE TEMP TABLE forged (value dwello.$type);
COPY forged FROM '$path' (FORMAT binary);
SELECT 'read', value::text::dwello.$type IS NOT NULL FROM forged;
END

	return $errors =~ /ERROR:\s+(\w+)/ ? $1 : $out;
}

foreach my $type (@types)
{
	my $good = pack 'H*', $node->safe_psql('postgres',
		"SELECT encode(dwello.${type}_send($type), 'hex') FROM plain WHERE n = 9");
	my (%ends, %changed);

	is(read_as($type, $good), 'read|t', "$type: what was sent is read");
	$ends{ read_as($type, substr $good, 0, 7 * $_) }++
	  foreach 0 .. (length($good) - 1) / 7;
	$ends{ read_as($type, $good . "\0") }++;
	is(join(' ', keys %ends), '22P03', "$type: a part of it is not, nor more");

	# the version, numbers that are none, numbers that are too large
	foreach my $at (map { 8 * $_ } 0 .. length($good) / 8 - 1)
	{
		foreach my $word ("\x7f\xf8" . "\0" x 6, "\xff" x 8, "\x7f" . "\xff" x 7)
		{
			my $bytes = $good;

			substr $bytes, $at, 8, $word;
			$changed{ read_as($type, $bytes) }++ if $at == 0 || $at % 24 == 0;
		}
	}
	is(join(' ', grep { !/^(?:22P03|read\|t)$/ } keys %changed),
		'', "$type: another is refused, or is a value itself");
	cmp_ok($changed{'22P03'}, '>', 3, "$type: several are refused");
	is(read_as($type, "\0\0\0\0\0\0\0\2" . substr $good, 8),
		'22P03', "$type: another version is refused");
	is(read_as($type, "\0" x 200_000), '22P03', "$type: so is a long nothing");
}
unlike(slurp_file($node->logfile), qr/PANIC|terminated by signal/,
	'the server went on');
is(same('plain', 'copied'), '100|100', 'and has what it had');

done_testing();
