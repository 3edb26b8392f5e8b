#!/usr/bin/env perl
# pieces.pl
#	The SQL pieces: what runs once, what can be run again, one version.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Lint;

# statements TEXT: its SQL statements, comments removed; dollar-quoted
# bodies do not end one.
sub statements
{
	my ($text) = @_;
	my @found;

	$text =~ s/--[^\n]*//g;
	$text =~ s{/\*.*?\*/}{}gs;
	push @found, $1
	  while $text =~ /\s*((?:'(?:[^']|'')*'|\$(\w*)\$.*?\$\2\$|[^;'\$]|\$)+?);/gs;
	return @found;
}

# The pieces of functions, and every piece.
my @functions = sort glob 'sql/*/support.sql sql/*/functions.sql';
my @pieces = sort glob 'sql/*.sql sql/*/*.sql';

# unrepeatable: what a piece of functions may not say, for it is appended to
# every update script.
sub unrepeatable
{
	my @findings;

	foreach my $file (@functions)
	{
		push @findings, map { "$file: " . substr(s/\s+/ /gr, 0, 60) }
		  grep {
			!/^(CREATE OR REPLACE (FUNCTION|PROCEDURE|VIEW|AGGREGATE)|COMMENT ON|REVOKE|GRANT)\b/i
		  } statements(read_file($file));
	}
	return @findings;
}

# misplaced: what stands in a piece of another kind.
sub misplaced
{
	my %kinds = (
		types => qr/^(?:CREATE TYPE|CREATE FUNCTION|COMMENT ON (?:TYPE|FUNCTION))\b/,
		support => qr/\bFUNCTION\b/,
		functions => qr/\bFUNCTION\b/,
		tables => qr/^(?!CREATE (?:OR REPLACE )?FUNCTION|CREATE TYPE)/);
	my @findings;

	foreach my $file (glob 'sql/*/*.sql')
	{
		my ($kind) = $file =~ m{(\w+)\.sql$};

		push @findings, "$file: not a kind of piece" unless $kinds{$kind};
		push @findings, map { "$file: " . substr(s/\s+/ /gr, 0, 60) }
		  grep { $_ !~ ($kinds{$kind} // qr//) } statements(read_file($file));
	}
	return @findings;
}

# ambiguous: functions of one name, which GRANT and COMMENT could not tell
# apart by it.
sub ambiguous
{
	my %places;

	foreach my $file (@pieces)
	{
		push @{ $places{$_} }, $file
		  foreach read_file($file) =~
		  /^CREATE (?:OR REPLACE )?FUNCTION\s+([\w.]+)/mg;
	}
	return map { "$_: @{ $places{$_} }" }
	  grep { @{ $places{$_} } > 1 } sort keys %places;
}

# spelled_out: GRANT and COMMENT that repeat the arguments of a function.
sub spelled_out
{
	my @findings;

	foreach my $file (@pieces)
	{
		push @findings, map { "$file: " . substr(s/\s+/ /gr, 0, 60) }
		  grep {
			/^(?:GRANT|REVOKE|COMMENT)\b[^']*?\bFUNCTION\s+[\w.]+\s*\(/i
		  } statements(read_file($file));
	}
	return @findings;
}

# shadowing: pieces that pg_regress would run for a test of their name.
sub shadowing
{
	return grep { m{^sql/(\w+\.sql)$} && -e "test/sql/$1" } @pieces;
}

# vague: functions that leave to a default what a planner relies on.
sub vague
{
	my @findings;

	foreach my $file (@functions)
	{
		foreach my $statement (statements(read_file($file)))
		{
			my ($name) =
			  $statement =~ /^CREATE OR REPLACE FUNCTION\s+([\w.]+)/i
			  or next;
			next if $statement =~ /\bRETURNS\s+(?:event_)?trigger\b/i;
			my @missing = grep { $statement !~ /\b$_\b/i }
			  ('IMMUTABLE|STABLE|VOLATILE', 'PARALLEL');

			push @findings, "$file: $name does not say @missing" if @missing;
		}
	}
	return @findings;
}

# untested: functions that no SQL test calls but for their examples.
# Triggers are called by what they guard, and support functions (of type
# internal) by the server.
sub untested
{
	my $tests = join "\n", map { read_file($_) }
	  grep { !m{/reference\.sql$} } glob 'test/sql/*.sql';
	my @findings;

	foreach my $file (@functions)
	{
		push @findings, map { "$file: dwello.$_" }
		  grep { $tests !~ /\bdwello\.\Q$_\E\b/ }
		  map { /^CREATE OR REPLACE FUNCTION\s+dwello\.(\w+)/i ? $1 : () }
		  grep { !/\bRETURNS\s+(?:event_)?trigger\b/i && !/\binternal\b/ }
		  statements(read_file($file));
	}
	return @findings;
}

# versions: the one in the control file, repeated only where a format
# demands it.
sub versions
{
	my ($version) =
	  read_file('dwello.control') =~ /^default_version\s*=\s*'(.*)'/m;
	my @found = read_file('META.json') =~ /"version":\s*"([^"]*)"/g;

	pop @found;    # that of the META specification itself
	return map { "META.json says $_, dwello.control $version" }
	  grep { $_ ne $version } @found;
}

# error_codes: error_server.h, the table of error_server.c and what SQL shows agree.
sub error_codes
{
	my $header = read_file('src/server/error/error_server.h');
	my $table = read_file('src/server/error/error_server.c');
	my $shown = read_file('expected/error.out');
	my @findings;

	while ($header =~ /ERRCODE_DW_(\w+) \\?\s*MAKE_SQLSTATE\(([^)]*)\)/g)
	{
		my ($name, $code) = (lc $1, join('', $2 =~ /'(.)'/g));

		push @findings, "error_server.c: $code $name"
		  unless $table =~ /ERRCODE_DW_\U$name\E, "$name"/;
		push @findings, "not shown: $code $name"
		  unless $shown =~ /^ $code \| $name /m;
	}
	push @findings, 'more codes are shown than defined'
	  if (() = $shown =~ /^ WD\d/mg) != (() = $header =~ /MAKE_SQLSTATE\(/g);
	return @findings;
}

check('pieces of functions can be run again', unrepeatable());
check('a piece holds what its name says', misplaced());
check('no piece at the top has the name of a test', shadowing());
check('no two functions have one name', ambiguous());
check('GRANT and COMMENT name a function without its arguments',
	spelled_out());
check('functions say their volatility and parallel safety', vague());
check('every function is called in a test', untested());
check('the error codes shown are those of the source', error_codes());
check('META.json has the version of the control file', versions());
