#!/usr/bin/env perl
# shape.pl
#	The shape of the C: functions of few parameters, each with a comment
#	(figures.pl has their lengths); every error
#	with an SQLSTATE, those of calls with a hint; nothing left to be done.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Lint;

use constant {
	MOST_PARAMETERS => 5,
	LONGEST_FILE => 1000,
	LINE_WIDTH => 79,
};

my @functions = functions(c_files());

# uncommented_members: members of structs without a comment on their line,
# or one that ends on the next.
sub uncommented_members
{
	my @findings;

	foreach my $file (c_headers(), c_files())
	{
		my @raw = split /\n/, read_file($file);
		my @code = split /\n/, code_only(join "\n", @raw);
		my ($depth, $inside) = (0, 0);

		foreach my $i (0 .. $#raw)
		{
			my $line = $code[$i] // '';

			$inside = 1 if $depth == 0 && $line =~ /^(?:typedef\s+)?struct\s+\w+\s*$/;
			push @findings, "$file:" . ($i + 1) . ": $raw[$i]"
			  if $inside
			  && $depth > 0
			  && $line =~ /^\s*[^\s}].*;\s*$/
			  && $raw[$i] !~ m{/\*}
			  && ($raw[ $i + 1 ] // '') !~ m{^\s*/\*.*\*/\s*$};
			$depth += ($line =~ tr/{//) - ($line =~ tr/}//);
			$inside = 0 if $depth == 0 && $line =~ /\}/;
		}
	}
	return @findings;
}

# bare_reports: ereport(ERROR or worse, and WARNING) without an errcode.
sub bare_reports
{
	my @findings;

	foreach my $file (c_files())
	{
		my $code = code_only(read_file($file));

		while ($code =~ /\bereport\s*\(\s*(?:ERROR|FATAL|PANIC|WARNING)\s*,(.*?);\n/gs)
		{
			my ($text, $line) =
			  ($1, 1 + (substr($code, 0, $-[0]) =~ tr/\n//));

			push @findings, "$file:$line" unless $text =~ /\berrcode/;
		}
	}
	return @findings;
}

# hintless: errors of calls that do not say what to do next.
sub hintless
{
	my @findings;

	foreach my $file (glob 'src/api/*/*.c')
	{
		my $code = code_only(read_file($file));

		while ($code =~ /\bdw_raise\w*\s*\([^;]*?\bNULL\s*\)\s*;/g)
		{
			push @findings, "$file:" . (1 + (substr($code, 0, $-[0]) =~ tr/\n//));
		}
	}
	return @findings;
}

# loose_elogs: elog is for what cannot happen, below the calls of users.
sub loose_elogs
{
	my @findings;

	foreach my $file (c_files(), c_headers())
	{
		my $number = 0;

		foreach my $line (split /\n/, code_only(read_file($file)))
		{
			$number++;
			push @findings, "$file:$number: $line"
			  if $line =~ /\belog\s*\(\s*(\w+)/
			  && ($1 !~ /^(ERROR|FATAL|PANIC)$/ || $file =~ m{^src/core/});
		}
	}
	return @findings;
}

# wide_lines: over 79 columns with tabs of four, unless a literal stands
# there that is better not cut.
sub wide_lines
{
	my @findings;

	foreach my $file (c_files(), c_headers(), glob('test/*/*.[ch]'))
	{
		my $number = 0;

		foreach my $line (split /\n/, read_file($file))
		{
			my $wide = $line;

			$number++;
			1 while $wide =~ s/\t/' ' x (4 - $-[0] % 4)/e;
			push @findings, "$file:$number"
			  if length($wide) > LINE_WIDTH && $line !~ /"/;
		}
	}
	return @findings;
}

# leftovers: what someone meant to come back to, and traces of a machine.
sub leftovers
{
	my @findings;
	my @files = grep { -f && !m{^test/lint/} }
	  glob('* src/*/* src/*/*/* sql/* sql/*/* test/* test/*/* test/*/*/* scripts/* docs/* docs/*/* examples/* .ci/*');

	foreach my $file (@files)
	{
		next if $file =~ /\.(o|d|so|bc|diffs)$|^dwello--/;
		my $number = 0;

		foreach my $line (split /\n/, read_file($file))
		{
			$number++;
			push @findings, "$file:$number: $line"
			  if $line =~ /\b(TODO|FIXME|HACK)\b|(?<!')\bXXX\b|<<<<<<<|>>>>>>>/
			  || $line =~ m{(?<![\w.])/(work|home/\w+|root)/};
		}
	}
	return @findings;
}

# gone_words: words of this server that a later one lacks; sql_server.h has
# others.
sub gone_words
{
	my @findings;

	foreach my $file (c_files(), c_headers())
	{
		push @findings, "$file: $_"
		  foreach code_only(read_file($file)) =~
		  /\b(pg_attribute_noreturn)\b/g;
	}
	return @findings;
}

# headless: a file opens with its own name.
sub headless
{
	return grep {
		my ($name) = m{([^/]+)$};
		read_file($_) !~ m{\A/\*\n \* \Q$name\E\n}
	} c_files(), c_headers(), glob('test/unit/*.[ch] test/fuzz/*.[ch]');
}

# declared: the functions that a header declares, by name: true when a
# comment stands above, or above the declarations that it follows directly.
sub declared
{
	my %found;

	foreach my $file (c_headers())
	{
		my $text = read_file($file);

		while ($text =~ /((?:^[^\n\S]*\S[^\n]*\n)+)/gm)
		{
			my $block = $1;
			my $commented = $block =~ m{\A\s*/\*};
			my $code = code_only($block);

			$found{$1} ||= $commented
			  while $code =~ /^(?:pg_noreturn )?(?:extern|static inline)\b[^;{(]*?(\w+)\s*\(/gm;
			$found{$1} ||= $commented
			  while $code =~ /^(dw_\w+)\(/gm;
		}
	}
	return %found;
}

# spread TEXT, NUMBERS: "median, 90th percentile, longest" for the reader.
sub spread
{
	my @n = sort { $a <=> $b } @_;

	return @n ? sprintf('median %d, p90 %d, longest %d lines',
		$n[ $#n / 2 ], $n[ .9 * $#n ], $n[-1]) : 'none';
}

my @lengths = map { $_->{last} - $_->{first} + 1 } @functions;
my @sizes = map { scalar(split /\n/, read_file($_)) } c_files();

printf "# %d functions: %s\n", scalar(@lengths), spread(@lengths);
printf "# %d files: %s\n", scalar(@sizes), spread(@sizes);

my %declared = declared();

# A caller reads the header; what is in none has its comment where it stands,
# and entry points have the contract above their CREATE FUNCTION.
check('every function has a comment, a public one at its declaration',
	map { "$_->{file}:$_->{first}: $_->{name}" }
	  grep {
		!(exists $declared{ $_->{name} }
			? $declared{ $_->{name} }
			: $_->{commented} || $_->{name} =~ /^dwello_/)
	  } @functions);
check('no function has more than ' . MOST_PARAMETERS . ' parameters',
	map { "$_->{file}:$_->{first}: $_->{name}" }
	  grep { $_->{params} > MOST_PARAMETERS } @functions);
check('no file is longer than ' . LONGEST_FILE . ' lines',
	grep { (() = read_file($_) =~ /\n/g) > LONGEST_FILE } c_files());
check('every struct member has a comment', uncommented_members());
check('every report has an SQLSTATE', bare_reports());
check('every error of a call has a hint', hintless());
check('elog is for what cannot happen', loose_elogs());
check('no word that later servers lack', gone_words());
check('no line is wider than ' . LINE_WIDTH . ' columns', wide_lines());
check('every file opens with its name', headless());
check('nothing is left to be done', leftovers());
