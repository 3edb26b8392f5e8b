#!/usr/bin/env perl
# catalogue.pl
#	Runs the rules of catalogue.sql in a database with the extension, which
#	PGDATABASE and its like name.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Lint;
use File::Temp;

unless ($ENV{PGDATABASE})
{
	check('catalogue # SKIP PGDATABASE names no database');
	exit 0;
}

my $psql = ($ENV{PG_BIN} ? "$ENV{PG_BIN}/" : '') . 'psql';

# A rule's findings are printed between two marks, so one session does all.
my ($common, @rules) = split /^-- rule: /m, read_file('test/lint/catalogue.sql');
my @names = map { /^(.*)$/m } @rules;
my $script = File::Temp->new;

print {$script} "SET client_min_messages = warning;\n", $common;
foreach my $rule (@rules)
{
	my ($name, $query) = split /\n/, $rule, 2;

	print {$script} "\\echo '=rule= ", $name =~ s/'/''/gr, "'\n", $query, "\n";
}
close $script;

my %findings;
my $current = 'catalogue.sql can be read';
my $output = `$psql -XAtq -F ': ' -v ON_ERROR_STOP=1 -f $script 2>&1`;
my $status = $?;

foreach my $line (split /\n/, $output)
{
	if ($line =~ /^=rule= (.*)/)
	{
		$current = $1;
		$findings{$current} = [];
	}
	else
	{
		push @{ $findings{$current} }, $line;
	}
}
push @{ $findings{$current} }, 'psql failed' if $status != 0;
check($current, @{ $findings{$current} }) unless grep { $_ eq $current } @names;
check($_, @{ $findings{$_} // ['not run'] }) foreach @names;
