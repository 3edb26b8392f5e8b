#!/usr/bin/env perl
# layers.pl
#	The direction of the layers: who may include whom, where SQL may stand.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Lint;

# What each layer may include besides itself, and the standard headers core
# may use: everything else would tie it to the server.
my %below = (
	api => [qw(core server store)],
	store => [qw(core server)],
	server => [qw(core)],
	index => [qw(core)],
	core => []);
my %core_standard = map { $_ => 1 } qw(stdint.h stdbool.h stddef.h limits.h
  string.h math.h);

# includes: lines that break the direction.
sub includes
{
	my @findings;

	foreach my $file (c_files(), c_headers())
	{
		my ($layer) = $file =~ m{^src/([^/]+)/};
		my %may = map { $_ => 1 } $layer, @{ $below{$layer} // [] };
		my $number = 0;

		push @findings, "$file: unknown layer $layer" unless $below{$layer};
		foreach my $line (split /\n/, read_file($file))
		{
			$number++;
			next unless $line =~ /^\s*#\s*include\s*([<"])([^>"]+)/;
			my ($open, $name) = ($1, $2);
			my ($to) = $name =~ m{^(api|store|server|index|core)/};

			if ($open eq '"' && $to)
			{
				push @findings, "$file:$number: $layer includes $name"
				  unless $may{$to};
			}
			elsif ($layer eq 'core' && !($open eq '<' && $core_standard{$name}))
			{
				push @findings, "$file:$number: core includes $name";
			}
		}
	}
	return @findings;
}

# sql_text: SQL in a string, or a call of SPI, outside store and server.
sub sql_text
{
	my @findings;

	foreach my $file (grep { !m{^src/(?:store|server)/} } c_files(), c_headers())
	{
		my $number = 0;

		foreach my $line (split /\n/, code_only(read_file($file)))
		{
			$number++;
			push @findings, "$file:$number: $line"
			  if $line =~ /"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|CREATE|ALTER|DROP|SET LOCAL)\s/
			  || $line =~ /\bSPI_(execute|prepare|exec|cursor)\w*\s*\(/
			  || $line =~ /\b(table_open|heap_open|index_open|index_beginscan|table_beginscan)\w*\s*\(/;
		}
	}
	return @findings;
}

# impure_core: core has no memory, no clock, no chance and no state.
sub impure_core
{
	my @findings;

	foreach my $file (grep { m{^src/core/} } c_files(), c_headers())
	{
		my $number = 0;

		foreach my $line (split /\n/, code_only(read_file($file), 1))
		{
			$number++;
			push @findings, "$file:$number: $line"
			  if $line =~
			  /\b(malloc|calloc|realloc|free|palloc\w*|time|rand|random|printf|ereport|elog)\s*\(/
			  || $line =~ /^(?:\t)?static\s+(?!const\b|inline\b)[\w\s\*]+(?:=|;|\[[^\]]*\]\s*[=;])/;
		}
	}
	return @findings;
}

# basenames: the server prints only the last part of a file's name.
sub basenames
{
	my (%seen, @findings);

	foreach my $file (c_files(), c_headers())
	{
		my ($layer, $name) = $file =~ m{^src/([^/]+)/(?:.*/)?([^/]+)$};

		push @findings, "$file and $seen{$name}" if $seen{$name};
		$seen{$name} = $file;
		push @findings, "$file: is named for another layer"
		  if $layer ne 'core'
		  && $name !~ /_\Q$layer\E(?:\.[ch]|_int\.h)$/
		  && !($layer eq 'api' && $name =~ /_service\.c$/);
	}
	return @findings;
}

# caught: an error caught, and neither raised again nor rolled back.  What it
# left open stays open, and a cancel or a lack of memory is taken for it.
sub caught
{
	return grep {
		my $code = code_only(read_file($_));
		my $caught = () = $code =~ /\bPG_CATCH\s*\(/g;
		my $passed = () =
		  $code =~ /\b(?:PG_RE_THROW|RollbackAndReleaseCurrentSubTransaction)\s*\(/g;
		$passed < $caught
	} c_files();
}

check('includes follow the layers', includes());
check('SQL and SPI only in store and server', sql_text());
check('core is pure', impure_core());
check('a base name is used once', basenames());
check('no error is swallowed', caught());
