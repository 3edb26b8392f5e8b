#!/usr/bin/env perl
# scale.pl
#	What keeps the way open to tables that are spread over several servers, as
#	far as text shows it: how statements write, claim, order and recur, what
#	types hold, and how kept things are dropped.
#
# The statements are the SQL strings of src/store and src/server with their
# macros expanded; which table is placed by what stands in catalogue.sql.
# What functions and types are IMMUTABLE is asked of the database that
# PGDATABASE and its like name, if any, else a list of well-known ones serves.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Lint;

# No more findings than: what is allowed today, and what it shall be.  The
# first is lowered as findings go, never raised.
my %bound = (
	single_selects => [ 0, 0 ],
	volatile => [ 0, 0 ],
	tuplestores => [ 0, 0 ],
	recursions => [ 0, 0 ],
	claims => [ 0, 0 ],
	unlimited => [ 0, 0 ],
	crossings => [ 0, 0 ],
	forgetting => [ 0, 0 ],
	pointers => [ 0, 0 ],
	one_way_types => [ 0, 0 ],
	whole_rows => [ 0, 0 ],
);

# ----------------------------------------------------------------------
# Statements
# ----------------------------------------------------------------------
my $string = qr/"(?:\\.|[^"\\])*+"/;
my $group = qr/\((?:[^()"]++|$string|\((?:[^()"]++|$string)*+\))*+\)/;
my $argument = qr/(?:[^,"()]++|$string|$group)++/;

# macros TEXT: those that hold a string: name => [parameters, body].
sub macros
{
	my ($text) = @_;
	my %found;

	while ($text =~ /^#define\s+(\w+)(\([^()]*\))?[ \t]+((?:[^\n]*\\\n)*[^\n]*)/mg)
	{
		my ($name, $list, $body) = ($1, $2, $3);

		$body =~ s/\\\n/ /g;
		$found{$name} = [ $list && [ split /\s*,\s*/, substr $list, 1, -1 ], $body ]
		  if $body =~ /"/;
	}
	return %found;
}

# expanded TEXT, MACROS: with their bodies in their place.
sub expanded
{
	my ($text, %macro) = @_;

	$text =~ s/^#define(?:[^\n]*\\\n)*[^\n]*//mg;
	foreach my $round (1 .. 4)
	{
		while (my ($name, $macro) = each %macro)
		{
			my ($parameters, $body) = @$macro;

			if (!$parameters)
			{
				$text =~ s/\b$name\b/$body/g;
				next;
			}
			$text =~ s{\b$name($group)}{
				my @values = substr($1, 1, -1) =~ /\s*($argument)/g;
				my $result = $body;
				$result =~ s/\b$parameters->[$_]\b/$values[$_] \/\/ ''/ge
				  foreach 0 .. $#$parameters;
				$result}ge;
		}
	}
	return $text;
}

# statements: [file, text] of every one.
sub statements
{
	my @files = grep { m{^src/(?:store|server)/} } c_files(), c_headers();
	my %code = map { $_ => code_only(read_file($_)) } @files;
	my %shared = map { macros($code{$_}) } grep { /\.h$/ } @files;
	my @found;

	foreach my $file (@files)
	{
		my $text = expanded($code{$file}, %shared, macros($code{$file}));

		while ($text =~ /($string(?:\s*+$string)*+)/g)
		{
			my $sql = join '', map { substr $_, 1, -1 } $1 =~ /$string/g;

			$sql =~ s/\\n/ /g;
			$sql =~ s/\\"/"/g;
			push @found, [ $file, $sql ]
			  if $sql =~ /^\s*\(?(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b/;
		}
	}
	return @found;
}

# clause TEXT, END: its beginning, up to a word or the bracket that ends it.
sub clause
{
	my ($text, $end) = @_;
	my ($depth, $at) = (0, 0);

	while ($text =~ /\G(?:'(?:[^']|'')*'|([()])|\b($end)\b|\w+|.)/gs)
	{
		$depth += $1 eq '(' ? 1 : -1 if $1;
		last if $depth < 0 || ($depth == 0 && defined $2);
		$at = pos $text;
	}
	return substr $text, 0, $at;
}

# finding FILE, SQL: a line that names a statement.
sub finding
{
	my ($file, $sql) = @_;

	return "$file: " . substr $sql, 0, 100;
}

my @statements = statements();
my %placement =
  read_file('test/lint/catalogue.sql') =~ /^ +\('(\w+)', '(\w+)', (?:'\w+'|NULL)\)/mg;
my $keyed = join '|', grep { $placement{$_} ne 'reference' } sort keys %placement;

# ----------------------------------------------------------------------
# What is IMMUTABLE
# ----------------------------------------------------------------------
my %not_immutable = map { $_ => 1 } qw(now clock_timestamp current_timestamp
  statement_timestamp transaction_timestamp localtimestamp current_date
  current_user session_user random gen_random_uuid format concat concat_ws
  to_char to_date to_timestamp date_trunc date_part timezone nextval
  pg_current_xact_id txid_current current_setting set_config jsonb_build_object
  jsonb_build_array to_jsonb row_to_json array_to_string age make_timestamptz
  pg_snapshot_xmin pg_current_snapshot quote_literal);
my %type_is_stable = map { $_ => 1 } qw(timestamptz timestamp date time timetz
  interval regclass regtype regproc regrole tstzrange daterange money xml);

# asked SQL: the lines of an answer.
sub asked
{
	my ($sql) = @_;
	my $psql = ($ENV{PG_BIN} ? "$ENV{PG_BIN}/" : '') . 'psql';

	return split /\n/, `PGOPTIONS='-c search_path=pg_catalog' $psql -XAtqc "$sql" 2>&1`;
}

# our_own: functions that sql/ says are not IMMUTABLE, and its enums.
foreach my $file (glob 'sql/*.sql sql/*/*.sql')
{
	my $text = read_file($file);

	while ($text =~ /FUNCTION dwello\.(\w+)\s*\(.*?\nLANGUAGE \w+([^\n]*)/gs)
	{
		$not_immutable{$1} = 1 unless $2 =~ /IMMUTABLE/;
	}
	$type_is_stable{$1} = 1 while $text =~ /CREATE TYPE dwello\.(\w+) AS ENUM/g;
}
if ($ENV{PGDATABASE})
{
	%not_immutable = map { $_ => 1 } qw(current_timestamp current_date
	  localtimestamp current_user session_user),
	  asked('SELECT DISTINCT p.proname FROM pg_proc AS p WHERE p.provolatile <> \'i\''
		  . ' AND p.pronamespace IN (\'pg_catalog\'::regnamespace, \'dwello\'::regnamespace)');
	%type_is_stable = map { $_ => 1 }
	  asked('SELECT t.typname FROM pg_type AS t JOIN pg_proc AS p ON p.oid = t.typinput'
		  . ' WHERE p.provolatile <> \'i\' AND t.typelem = 0');
}

# not_immutable TEXT: functions, casts and words in an expression that are not.
# A cast of a literal is made once, when the statement is read, and one of a
# parameter to text says only what the parameter is.
sub not_immutable
{
	my ($text) = @_;
	my @found;

	$text =~ s/'(?:[^']|'')*'::[\w.]+(?:\[\])?/''/g;
	$text =~ s/'(?:[^']|'')*'/''/g;
	push @found, lc $1
	  while $text =~ /(?:\b(?:dwello|pg_catalog)\.)?\b(?<!\.)(\w+)\s*\(/g;
	push @found, lc $1 while $text =~ /\b(current_\w+|session_user|localtimestamp)\b/gi;
	@found = grep { $not_immutable{$_} } @found;
	while ($text =~ /(\$\d+|[\w)\]])?::(?:dwello\.|pg_catalog\.)?(\w+)/g)
	{
		my ($from, $type) = ($1 // '', $2);

		push @found, "::$type"
		  if ($type_is_stable{$type} && $from !~ /^\$/)
		  || ($type_is_stable{$type} && substr($text, 0, $-[0]) =~ /::\w+$/)
		  || ($type eq 'text' && $from !~ /^\$/);
	}
	return @found;
}

# ----------------------------------------------------------------------
# The rules
# ----------------------------------------------------------------------
# single_selects: a row that INSERT takes of a SELECT and not of VALUES; many
# come of an array, of a table, or of a part of the statement.
sub single_selects
{
	my @findings;

	foreach my $statement (@statements)
	{
		my $sql = $statement->[1];

		next
		  unless $sql =~ /\bINSERT INTO [\w.%\$]+(?: AS \w+)?\s*(?:\([^()]*\))?\s*SELECT (.*)/s;
		my ($from) = clause($1, 'ON CONFLICT|RETURNING') =~ /\bFROM\s*(\S*)/;
		next
		  if defined $from
		  && ($from =~ /^(?:$|\@rows|[\w.]*unnest\(|ROWS|\(VALUES|[\w.]*jsonb?_\w+\(|dwello\.)/
			|| $sql =~ /\b\Q$from\E AS (?:MATERIALIZED )?\(/);
		push @findings, finding(@$statement);
	}
	return @findings;
}

# volatile: what is not IMMUTABLE in SET, ON CONFLICT and RETURNING.
sub volatile
{
	my @findings;

	foreach my $statement (@statements)
	{
		my ($file, $sql) = @$statement;
		my @found;

		while ($sql =~ /\b(?:UPDATE\b(?! SKIP).*?\bSET|ON CONFLICT|RETURNING)\b/g)
		{
			my $end = $& =~ /SET$/ ? 'FROM|WHERE|RETURNING'
			  : $& eq 'RETURNING' ? 'UNION' : 'RETURNING';

			push @found, not_immutable(clause(substr($sql, pos $sql), $end));
		}
		my %once = map { $_ => 1 } @found;
		push @findings, "$file: " . join(' ', sort keys %once) . ' in '
		  . substr $sql, 0, 70
		  if @found;
	}
	return @findings;
}

# tuplestores: rows of a batch under a name that no other server knows.
sub tuplestores
{
	my @findings =
	  grep { code_only(read_file($_), 1) =~ /\b(?:SPI_register_\w+|ENR_NAMED_TUPLESTORE|create_queryEnv)\b/ } c_files();

	push @findings,
	  grep { read_file($_) =~ /\bREFERENCING (?:NEW|OLD) TABLE\b/ } glob 'sql/*.sql sql/*/*.sql';
	return @findings;
}

# recursions: over tables that are spread, unless it stays with one job.
sub recursions
{
	return map { finding(@$_) } grep {
		$_->[1] =~ /\bWITH RECURSIVE\b/ && $_->[1] =~ /\bdwello\.(?:$keyed)\b/
		  && $_->[1] !~ /\b(?:job_id|scope_id|user_id) = \$\d/
	} @statements;
}

# claims: rows are locked by their keys, which were looked for before.  The
# outbox is another matter, for a lease is a row of its own, and so is a table
# of one row.
sub claims
{
	return map { finding(@$_) } grep {
		$_->[1] =~ /\bSKIP LOCKED\b/ && $_->[1] !~ /= ANY \(\$\d|\buser_id = \$\d|\boutbox|\bjob_tile_refresh\b/
		  && $_->[1] =~ /\bdwello\.(?:$keyed)\b/
	} @statements;
}

# unlimited: an order by the index that would bring all that match.
sub unlimited
{
	return map { finding(@$_) }
	  grep { $_->[1] =~ /\bORDER BY\b.*<~>(.*)/s && $1 !~ /\bLIMIT\b/ } @statements;
}

# crossings: one statement that joins tables which are placed by the user
# with some that are placed by the job.  check() looks at everything.
sub crossings
{
	my @findings;

	foreach my $statement (@statements)
	{
		my %placed = map { ($placement{$_} // '') => 1 }
		  $statement->[1] =~ /\b(?:FROM|JOIN|INTO|UPDATE)\s+dwello\.(\w+)/g;

		push @findings, finding(@$statement) if $placed{user} && $placed{job} && $statement->[0] !~ /check_store/;
	}
	return @findings;
}

# forgetting: what is kept of a table is dropped by the name that its trigger
# gives, for the trigger's relation may be a part of the table.
sub forgetting
{
	my @findings;

	foreach my $file (c_files())
	{
		my $code = code_only(read_file($file), 1);

		push @findings, "$file: $1"
		  while $code =~ /\b(CacheInvalidateRelcache\w*\s*\([^()]*tg_relation[^;]*|dw_\w+_forget\s*\((?![^;]*tgargs)(?!const char)[^;]*);/g;
	}
	foreach my $file (glob 'sql/*.sql sql/*/*.sql')
	{
		my $text = read_file($file);

		while ($text =~ /CREATE TRIGGER \w+[^;]*? ON dwello\.(\w+)[^;]*?forget_kept\(([^()]*)\)/g)
		{
			push @findings, "$file: trigger of $1 says ($2)" unless $2 eq "'$1'";
		}
	}
	return @findings;
}

# structs: name => members, of the headers of core.
sub structs
{
	my %found;

	foreach my $file (grep { m{^src/core/} } c_headers())
	{
		my $code = code_only(read_file($file), 1);

		$found{$2} = $1
		  while $code =~ /^typedef struct \w+\n\{\n(.*?)^\} ?(\w+);/msg;
	}
	return %found;
}

# pointers: members of the types of columns and parameters that hold one.
sub pointers
{
	my %struct = structs();
	my $code = join "\n", map { code_only(read_file($_), 1) }
	  grep { m{^src/index/} } c_files(), c_headers();
	my @left = $code =~ /\(\(const (Dw\w+) \*\) PG_GETARG_POINTER\(n\)\)/g;
	my (%seen, @findings);

	push @left, $code =~ /^static inline const (Dw\w+Query) \*\ndw_\w+_of\(/mg;
	return 'no type is found in src/index' unless @left >= 4;
	while (my $name = shift @left)
	{
		next if $seen{$name}++ || !$struct{$name};
		push @findings, "$name: $_" foreach grep { /\*/ } split /\n/, $struct{$name};
		push @left, $struct{$name} =~ /\b(Dw\w+)\b/g;
	}
	return @findings;
}

# one_way_types: types that cannot be sent, or not be read.
sub one_way_types
{
	my @findings;

	foreach my $file (glob 'sql/*/types.sql')
	{
		my $text = read_file($file);

		while ($text =~ /CREATE TYPE dwello\.(\w+) \(([^;]*)\);/g)
		{
			my ($name, $list) = ($1, $2);

			push @findings, map { "$file: $name has no $_" }
			  grep { $list !~ /\b$_ = / } qw(INPUT OUTPUT RECEIVE SEND);
		}
	}
	return @findings;
}

# whole_rows: a row check that takes a row, which a part of the table has as
# another type.
sub whole_rows
{
	my @findings;

	foreach my $file (glob 'sql/*/tables.sql')
	{
		my $text = read_file($file);

		while ($text =~ /CREATE TABLE dwello\.(\w+) (.*?);\n/gs)
		{
			my ($table, $body) = ($1, $2);

			push @findings, "$file: $table: $1"
			  while $body =~ /CHECK \(((?:dwello\.)?\w+\((?:\w+\.)?(?:$table(?:\.\*)?|\w+\.\*)\))/g;
		}
	}
	return @findings unless $ENV{PGDATABASE};
	return @findings, asked(q{SELECT c.conrelid::regclass || ': ' || c.conname }
		  . q{FROM pg_constraint AS c WHERE c.contype = 'c' }
		  . q{AND c.connamespace = 'dwello'::regnamespace }
		  . q{AND c.conbin::text LIKE '%:varattno 0 %'});
}

# ----------------------------------------------------------------------
# What is held
# ----------------------------------------------------------------------
my %rule = (
	single_selects => [ 'a single row is written from VALUES', \&single_selects ],
	volatile => [ 'SET, ON CONFLICT and RETURNING are IMMUTABLE', \&volatile ],
	tuplestores => [ 'no batch has a named tuplestore', \&tuplestores ],
	recursions => [ 'no recursion over spread tables', \&recursions ],
	claims => [ 'claims lock by key', \&claims ],
	unlimited => [ 'an order by <~> has a LIMIT', \&unlimited ],
	crossings => [ 'no statement joins what users and jobs place', \&crossings ],
	forgetting => [ 'what is kept is dropped by the name in TG_ARGV', \&forgetting ],
	pointers => [ 'no type holds a pointer', \&pointers ],
	one_way_types => [ 'every type is read and written, both ways', \&one_way_types ],
	whole_rows => [ 'row checks take columns', \&whole_rows ],
);

check('there are statements', @statements > 200 ? () : scalar(@statements));
check('there are placements', $keyed =~ /\bjobs\b/ ? () : $keyed);
foreach my $name (sort keys %rule)
{
	my ($sentence, $find) = @{ $rule{$name} };
	my @findings = $find->();
	my ($today, $target) = @{ $bound{$name} };

	check("$sentence" . ($today > $target ? " (today $today, shall be $target)" : ''),
		@findings > $today ? (scalar(@findings) . " of $today", @findings) : ());
}
