#!/usr/bin/env perl
# build.pl
#	make builds in another directory and in a path with a blank, and ends in
#	one line that says what to do where it cannot.
#
# The whole of a build in another directory is that which counts coverage;
# here it is one object and the install script.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Lint;
use Cwd qw(getcwd);
use File::Glob ':bsd_glob';
use File::Temp qw(tempdir);

# of a make that called us
delete @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL)};

my $root = getcwd();
my $place = tempdir(CLEANUP => 1);
my $pg_config = $ENV{PG_CONFIG} || 'pg_config';

# said COMMAND: its lines, and whether it passed.
sub said
{
	my ($command) = @_;
	my @lines = split /\n/, `($command) 2>&1`;

	return ($? == 0, @lines);
}

# said_by NAME: a directory of the server.
sub said_by
{
	my ($name) = @_;

	return (said("$pg_config --$name"))[1];
}

# refuses NAME, COMMAND, PATTERN: it fails with one line, which is like that.
sub refuses
{
	my ($name, $command, $pattern) = @_;
	my ($passed, @lines) = said($command);

	check($name,
		$passed ? 'it passes' : (),
		@lines == 1 && $lines[0] =~ $pattern ? () : @lines);
	return;
}

# passes NAME, COMMAND, PATTERNS: it passes, and leaves such files.
sub passes
{
	my ($name, $command, @patterns) = @_;
	my ($passed, @lines) = said($command);

	check($name, $passed ? () : @lines,
		map { "there is no $_" } grep { !grep { -s } bsd_glob($_) } @patterns);
	return;
}

# A pg_config of a server without what building takes.
open my $bare, '>', "$place/bare" or die "bare: $!";
print {$bare} "#!/bin/sh\necho /nonexistent/pgxs.mk\n";
close $bare or die "bare: $!";
chmod 0755, "$place/bare" or die "chmod: $!";

refuses('a PG_CONFIG that does not run', 'make PG_CONFIG=/nonexistent',
	qr/PG_CONFIG is "\/nonexistent".*as in make PG_CONFIG=/);
refuses('a server without its files for building',
	"make PG_CONFIG=$place/bare", qr/says "\/nonexistent\/pgxs.mk".*install/);
refuses('a PG_CONFIG that is another program', 'make PG_CONFIG=/bin/echo',
	qr/echo --pgxs" says "--pgxs".*not a pg_config/);

# A copy with what has been built, of which one source is new.
my $copy = "$place/a copy";
my $make = "make -s PG_CONFIG=$pg_config";
my ($source) = c_files();
my $object = $source =~ s/c$/o/r;

mkdir $copy or die "mkdir: $!";
system('cp', '-a', (map { "$root/$_" } qw(Makefile dwello.control src sql test expected)), $copy) == 0
  or die 'cp failed';
refuses('sources in a path with a blank are not built elsewhere',
	"cd $place && $make -f '$copy/Makefile'", qr/has a blank in it.*call make/);
passes('they are where they are',
	"cd '$copy' && touch $source && $make DESTDIR=$place/installed install",
	"$place/installed" . said_by('pkglibdir') . '/dwello.so',
	map { "$place/installed" . said_by('sharedir') . "/extension/dwello$_" }
	  '.control', '--*.sql');

if ($ENV{PGDATABASE})
{
	passes('and they are checked there',
		"cd '$copy' && $make ISOLATION= REGRESS=setup installcheck",
		"$copy/results/setup.out");
}
else
{
	check('and they are checked there # SKIP PGDATABASE names no database');
}

my ($script) = map { s{.*/}{}r } bsd_glob("$copy/dwello--*.sql");

mkdir "$place/other" or die "mkdir: $!";
passes('sources are built in another directory',
	"cd $place/other && $make -f $root/Makefile $object $script && cmp $script '$copy/$script'",
	"$place/other/$object");

passes('by clang, too, with the flags of a server that gcc built',
	"cd $place/other && rm -f $object && $make -f $root/Makefile CC=clang $object",
	"$place/other/$object");

my (undef, @goal) = said("cd $place/other && $make -n -f $root/Makefile");

check('make without a target builds all of it there',
	grep(/-o dwello\.so/, @goal) ? () : @goal[ 0 .. 2 ]);

my (undef, @cleaned) = said("$make -n -f $root/Makefile clean");

check('clean leaves the sources, however the Makefile is named',
	grep { /\brm\b.*\s(?:src|expected)\s*$/ } @cleaned);
