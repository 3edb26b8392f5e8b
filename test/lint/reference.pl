#!/usr/bin/env perl
# reference.pl
#	docs/reference.md and the test of its examples are what the contracts in
#	sql/ say, and the catalogue of a database with the extension, which
#	PGDATABASE and its like name.
use strict;
use warnings;
use FindBin qw($Bin);
use JSON::PP;
use lib $Bin;
use Lint;
use Block;

# stale PATH, TEXT: where the file is not what it should be.
sub stale
{
	my ($path, $text) = @_;
	my @now = split /^/m, $text;
	my @then = -e $path ? split /^/m, read_file($path) : ();

	foreach my $i (0 .. ($#now > $#then ? $#now : $#then))
	{
		next if ($now[$i] // '') eq ($then[$i] // '');
		return (sprintf('line %d should be: %s', $i + 1, $now[$i] // 'gone'),
			'make it anew: scripts/reference.sh');
	}
	return;
}

my $functions = `scripts/reference.pl functions`;
my $output = read_file('expected/reference.out');

check('test/sql/reference.sql runs the examples of the contracts',
	stale('test/sql/reference.sql', scalar `scripts/reference.pl test`));
check('no example ends in an error', $output =~ /^(ERROR.*)/mg);
check('every example gets an answer',
	grep { $output =~ /^$_\nSELECT .*?'\);\nROLLBACK/ms } $output =~ /^\\echo (\w+)/mg);
check('the functions of docs/reference.md are those of the contracts',
	substr(read_file('docs/reference.md'), 0, length $functions) eq $functions
	? ()
	: stale('docs/reference.md', $functions));
check('every answer of docs/reference.md is JSON, a row a line',
	grep { !eval { JSON::PP->new->decode($_); 1 } }
	  map { split /\n/ } $functions =~ /^```json\n(.*?)^```$/msg);

# Calls that take a bound and are for workers alone; one who follows the page
# must find all of them there.
my ($worker, $name, %bounded);
foreach (split /^/m, $functions)
{
	$worker = /for workers$/ if /^### /;
	$name = $1 if /^#### (\w+)/;
	$bounded{$name} = 1 if $worker && /^\| `max_(?:rows|jobs)`/;
}
delete $bounded{claim_agent_work};	# for a model outside: docs/agent.md
my $operation = read_file('docs/operation.md');
check('docs/operation.md lists what workers call',
	keys %bounded > 10 ? () : 'few workers in the reference',
	grep { $operation !~ /^\|[^|]*`$_\(\)`/m } sort keys %bounded);

unless ($ENV{PGDATABASE})
{
	check('docs/reference.md # SKIP PGDATABASE names no database');
	exit 0;
}

my $psql = ($ENV{PG_BIN} ? "$ENV{PG_BIN}/" : '') . 'psql';

check('docs/reference.md says what the catalogue says',
	stale('docs/reference.md', $functions . `$psql -XAtq -f scripts/reference.sql 2>&1`));

# What the catalogue has: the arguments of each function, then its columns.
my %known = map { chomp; split /:/, $_, 2 } split /^/m, `$psql -XAtq -c "
  SELECT p.proname || ':' || coalesce((SELECT string_agg(p.proargnames[n], ' ' ORDER BY n)
           FROM generate_subscripts(p.proargnames, 1) AS n
          WHERE coalesce(p.proargmodes[n], 'i') IN ('i', 'b')), '') || '|' || coalesce((
         SELECT string_agg(p.proargnames[n], ' ' ORDER BY n)
           FROM generate_subscripts(p.proargmodes, 1) AS n
          WHERE p.proargmodes[n] IN ('o', 'b', 't')), '')
    FROM pg_proc AS p WHERE p.pronamespace = 'dwello'::regnamespace"`;

check('the arguments and columns of the contracts are those of the catalogue',
	map {
		my $block = $_->{block};
		my $said = join '|', map { join ' ', map { $_->[0] } @{ $block->{$_} } } qw(args returns);

		$said eq ($known{ $_->{name} } // 'no function') ? () : "$_->{name}: $said";
	} grep { !is_internal($_) } blocks());
