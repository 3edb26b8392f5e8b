#!/usr/bin/env perl
# tables.pl
#	Every list of columns in the C source is what the catalogue says of its
#	table, in a database with the extension, which PGDATABASE and its like
#	name: the columns and their types, which may be NULL, and the key.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Lint;

unless ($ENV{PGDATABASE})
{
	check('tables # SKIP PGDATABASE names no database');
	exit 0;
}

my %type = (
	UUID => 'uuid', UUID_COPY => 'uuid', INT8 => 'bigint', INT4 => 'integer',
	WIDE_INT4 => 'integer', PERIOD => 'tstzrange',
	FLOAT8 => 'double precision', BOOL => 'boolean', TEXT => 'text',
	TIME => 'timestamp with time zone', DATE => 'date', CURRENCY => 'text',
	JSONB => 'jsonb', BYTEA => 'bytea', TEXTS => 'text[]',
	UUIDS => 'uuid[]', NUMERIC => 'numeric', POINT => 'geography');

# Forms in which NULL has a stand-in of its own.
my $stand_in = qr/^(?:UUID_COPY|TIME|DATE|TEXT|CURRENCY|JSONB|BYTEA|TEXTS|NUMERIC)$/;

# columns TEXT: the entries of a list: [name, type, may be NULL, flags].
sub columns
{
	my ($text) = @_;
	my @found;

	while ($text =~ /DW_COLUMN(_OR|_ENUM|_ENUM_OR|_LABEL)?\(\s*(\w+),\s*\w+,\s*(\w+),\s*[\w.\[\]]+,\s*([^(),]*)/gs)
	{
		my ($kind, $form, $name, $flags) = ($1 // '', $2, $3, $4);
		my $type = $kind =~ /ENUM|LABEL/ ? "dwello.$form" : $type{$form};

		push @found, [ $name, $type // "form $form",
			scalar($kind =~ /OR|LABEL/ || $form =~ $stand_in ||
				  $flags =~ /NULLABLE/), $flags ];
	}
	return @found;
}

# known TABLE: what the catalogue has: name => [type, not null, in the key].
sub known
{
	my ($table) = @_;
	my $psql = ($ENV{PG_BIN} ? "$ENV{PG_BIN}/" : '') . 'psql';
	my $sql = qq{SELECT a.attname, format_type(a.atttypid, NULL), a.attnotnull,
		coalesce(a.attnum = ANY (i.indkey), false)
		FROM pg_attribute AS a LEFT JOIN pg_index AS i
		ON i.indrelid = a.attrelid AND i.indisprimary
		WHERE a.attrelid = 'dwello.$table'::regclass AND a.attnum > 0
		AND NOT a.attisdropped};

	return map { my @f = split /\|/; ($f[0] => [ @f[ 1 .. 3 ] ]) }
	  split /\n/, `PGOPTIONS='-c search_path=pg_catalog' $psql -XAtqc "$sql" 2>&1`;
}

# differences FILE, TABLE, TEXT: where a list is not as the catalogue has it.
sub differences
{
	my ($file, $table, $text) = @_;
	my %known = known($table);
	my @findings;

	foreach my $column (columns($text))
	{
		my ($name, $type, $nullable, $flags) = @$column;
		my $has = $known{$name} or do
		{
			push @findings, "$file: $table has no column $name";
			next;
		};

		push @findings, "$file: $table.$name is $has->[0], not $type"
		  unless $has->[0] =~ s/^\w+\.(?=geography$)//r eq $type
		  || ($has->[0] eq 'smallint' && $type eq 'integer');
		push @findings, "$file: $table.$name may be NULL"
		  if $has->[1] eq 'f' && !$nullable;
		push @findings, "$file: $table.$name is in the key, or is not"
		  unless ($has->[2] eq 't') == ($flags =~ /DW_COLUMN_KEY/ ? 1 : 0);
	}
	push @findings, "$file: $table has a version that updates must count up"
	  if $known{version}
	  && grep({ $_->[3] !~ /KEY|FIXED|COUNTED/ } columns($text))
	  && !grep({ $_->[0] eq 'version' } columns($text));
	return @findings;
}

my ($lists, @findings) = (0);

foreach my $file (c_files())
{
	my $text = code_only(read_file($file));

	# columns that two lists share: #define NAME(flags) DW_COLUMN(...), ...
	while ($text =~ /^#define (\w+)\((\w+)\) \\\n((?:[^\n]*\\\n)*[^\n]*DW_COLUMN[^\n]*\n)/mg)
	{
		my ($name, $argument, $body) = ($1, $2, $3);

		$body =~ s/\\\n/\n/g;
		$text =~ s{^\t$name\(([^()]*)\)}{my $value = $1; $body =~ s/\b$argument\b/$value/gr}mge;
	}
	while ($text =~ /DW_TABLE\("(\w+)",\s*\w+,\s*(\w+)\)/g)
	{
		my ($table, $list) = ($1, $2);
		my ($body) = $text =~ /DwColumn \Q$list\E\[\] = \{(.*?)^\};/ms;

		$lists++;
		push @findings, $body ? differences($file, $table, $body)
		  : "$file: no list $list";
	}
}
check('there are lists of columns', $lists ? () : 'none was found');
check('lists of columns are what the catalogue says', @findings);
