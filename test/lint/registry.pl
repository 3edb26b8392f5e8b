#!/usr/bin/env perl
# registry.pl
#	The registry of personal data (src/core/audit/registry.def) against the
#	catalogue of a database with the extension, which PGDATABASE and its like
#	name: each column that can hold something of a person has a class, and each
#	that is named is there.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Lint;

unless ($ENV{PGDATABASE})
{
	check('registry # SKIP PGDATABASE names no database');
	exit 0;
}

# ask SQL: rows of its columns.
sub ask
{
	my ($sql) = @_;
	my $psql = ($ENV{PG_BIN} ? "$ENV{PG_BIN}/" : '') . 'psql';

	return map { [ split /\|/ ] }
	  split /\n/, `PGOPTIONS='-c search_path=pg_catalog' $psql -XAtqc "$sql" 2>&1`;
}

# The registry: table => [person, { column => classes }], and what becomes of
# its rows when their person is erased: [rule, other person, columns of both];
# and to whose exports else they belong.
my %registry;
my %erasure;
my %shown;
my $text = read_file('src/core/audit/registry.def');
$text =~ s{/\*.*?\*/}{}gs;
foreach my $entry ($text =~ /DW_DATA\((.*?)\)\s*(?=DW_DATA|\z)/gs)
{
	my ($table, $person, $rule) = $entry =~ /^"(\w+)", (?:"(\w+)"|NULL), DW_ERASE_(\w+),/ or die $entry;
	my ($kept) = $entry =~ s/\.kept = "(\w+)"// ? $1 : undef;
	my @shown = map { [ $entry =~ s/\.$_ = "([^"]*)"// ? split ' ', $1 : () ] } 'others', 'through';
	my ($other, @both) = $entry =~ s/\.also = "([^"]*)"// ? split ' ', $1 : ();
	my %class;

	$shown{$table} = { others => $shown[0], through => $shown[1] };
	$erasure{$table} = { rule => $rule, kept => $kept, other => $other, both => \@both };

	while ($entry =~ /\.(\w+) = ((?:"[^"]*"\s*)+)/g)
	{
		my ($name, $list) = ($1, $2);
		$class{$_} .= $name foreach map { split ' ' } $list =~ /"([^"]*)"/g;
	}
	die "$table twice" if $registry{$table};
	$registry{$table} = [ $person, \%class ];
}

my @columns = ask(q{SELECT c.relname, a.attname, format_type(a.atttypid, NULL),
	y.typtype = 'e' OR a.atttypid IN ('uuid'::regtype, 'bool'::regtype, 'int2'::regtype,
	'int4'::regtype, 'int8'::regtype, 'timestamptz'::regtype), a.attgenerated <> ''
	FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
	AND NOT a.attisdropped JOIN pg_type AS y ON y.oid = a.atttypid
	WHERE c.relnamespace = 'dwello'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition});
check('the catalogue has tables', @columns > 100 ? () : 'only ' . @columns . ' columns');

my (%known, @unclassed);
foreach my $column (@columns)
{
	my ($table, $name, $type, $plain, $generated) = @$column;
	my $class = $registry{$table} && $registry{$table}[1]{$name};

	$known{$table}{$name} = $type;
	push @unclassed, "$table.$name ($type)"
	  if $generated eq 'f' && $plain eq 'f' && !$class;
}
check('every column that may hold something of a person is in registry.def',
	@unclassed);
check('what the registry names is there',
	map
	{
		my $table = $_;
		my ($person, $class) = @{ $registry{$table} };
		$known{$table}
		  ? (map { "$table.$_" } grep { !$known{$table}{$_} }
			  sort keys %$class, defined $person ? $person : ())
		  : $table;
	} sort keys %registry);
check('a person is named by a uuid',
	(map { "$_.$registry{$_}[0]" }
	  grep { defined $registry{$_}[0] && ($known{$_}{ $registry{$_}[0] } // '') ne 'uuid' }
	  sort keys %registry),
	map { "$_.$erasure{$_}{other}" }
	  grep { defined $erasure{$_}{other} && ($known{$_}{ $erasure{$_}{other} } // '') ne 'uuid' }
	  sort keys %registry);
check('a table with something of a person says what erasing them does to it',
	grep
	{
		my $rule = $erasure{$_}{rule};
		($rule eq 'NOTHING') == (defined $registry{$_}[0] || grep { /personal|sealed/ } values %{ $registry{$_}[1] });
	} sort keys %registry);
check('and why it is kept if it is, for what is not personal, or for the law',
	grep
	{
		my $kept = $erasure{$_}{kept} // '';
		$erasure{$_}{rule} eq 'KEEP'
		  ? $kept !~ /^(?:law|money|key|counts)$/ ||
			  $kept =~ /^(?:money|counts)$/ && grep { /personal|sealed/ } values %{ $registry{$_}[1] }
		  : $kept;
	} sort keys %registry);
check('what is of two people is personal, and empties with either',
	map
	{
		my $table = $_;
		map { "$table.$_" }
		  grep { $erasure{$table}{rule} ne 'SCRUB' || ($registry{$table}[1]{$_} // '') ne 'personal' } @{ $erasure{$table}{both} };
	} sort keys %registry);

# A table's columns by which its policies let people read it.
my %readers;
push @{ $readers{ $_->[0] } }, $_->[1]
  foreach ask(q{SELECT DISTINCT c.relname, m.name[1] FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid,
	LATERAL (SELECT regexp_matches(pg_get_expr(p.polqual, p.polrelid), '([a-z_]+) = dwello.current_user_id', 'g')
	UNION ALL SELECT ARRAY['through'] WHERE pg_get_expr(p.polqual, p.polrelid) LIKE '%own_scopes%') AS m (name) ORDER BY 1, 2});
check('policies let people read tables', keys %readers > 40 ? () : 'only ' . keys %readers);
check('who may read a row by a column is its person, or has it in their export',
	map
	{
		my $table = $_;
		my $person = $registry{$table} && $registry{$table}[0] || '';
		my ($others, $through) = map { $shown{$table}{$_} // [] } 'others', 'through';
		my $named = join ' ', sort grep { $_ ne $person } @{$others}, @{$through} ? 'through' : ();
		my $reads = join ' ', sort grep { $_ ne $person } @{ $readers{$table} // [] };
		$named eq $reads ? () : "$table: $reads; registry.def: $named";
	} sort keys %{ { %readers, %registry } });
check('rows that go through another table go through one that has people',
	grep { my ($through) = @{ $shown{$_}{through} }; defined $through && !@{ $shown{$through}{others} // [] } } sort keys %registry);
check('the other person of some columns is the one to whom the row is shown',
	grep { defined $erasure{$_}{other} && "@{ $shown{$_}{others} }" ne $erasure{$_}{other} } sort keys %registry);
check('a column is in one list',
	map
	{
		my $table = $_;
		map { "$table.$_: $registry{$table}[1]{$_}" }
		  grep { $registry{$table}[1]{$_} !~ /^(?:plain|personal|sealed|secret)$/ }
		  sort keys %{ $registry{$table}[1] };
	} sort keys %registry);
check('a column whose name says that it is sealed or secret is',
	map
	{
		my $table = $_;
		map { "$table.$_" } grep
		{
			/(?:password|_hash$|_index$|secret|token$)/ && !/^(?:last|prev)_hash$/ &&
			  $known{$table}{$_} =~ /^(?:text|bytea)$/ &&
			  $registry{$table}[1]{$_} !~ /sealed|secret/
		} grep { $registry{$table}[1]{$_} } keys %{ $known{$table} };
	} grep { $registry{$_} } sort keys %known);
