#!/usr/bin/env perl
# links.pl
#	Every link of a page leads to a file that is there, and to a place in it.
use strict;
use warnings;
use File::Basename;
use File::Spec;
use FindBin qw($Bin);
use lib $Bin;
use Lint;

my @pages = ('README.md', 'CHANGELOG.md', glob('docs/*.md docs/adr/*.md'),
	glob('examples/*/README.md test/*/README.md'));
my %places;

# places PAGE: the names that a link to it may have, as its readers make them
# of headings, and those that it gives itself.
sub places
{
	my ($page) = @_;
	my $text = read_file($page);
	my %names = map { $_ => 1 } $text =~ /<a id="([^"]+)">/g;

	$text =~ s/^```.*?^```$//msg;
	foreach my $heading ($text =~ /^#+ (.*)$/mg)
	{
		my $name = lc $heading =~ s/[`*]|\]\([^)]*\)//gr;

		$name =~ s/[^\w\- ]//g;
		$names{ $name =~ tr/ /-/r } = 1;
	}
	return \%names;
}

# broken PAGE: its links that lead nowhere.
sub broken
{
	my ($page) = @_;
	my $text = read_file($page) =~ s/^```.*?^```$//msgr =~ s/`[^`\n]*`//gr;
	my @broken;

	foreach my $link ($text =~ /\]\(([^)\s]+)\)/g)
	{
		my ($file, $place) = $link =~ /^([^#]*)(?:#(.*))?$/;

		next if $link =~ /^[a-z]+:/;
		my $path = $file eq '' ? $page
		  : File::Spec->catfile(dirname($page), $file);

		1 while $path =~ s{(^|/)(?!\.\./)[^/]+/\.\./}{$1};
		$path =~ s{^\./}{};
		push @broken, "$page: $link" unless -e $path;
		next unless defined $place && -f $path;
		$places{$path} //= places($path);
		push @broken, "$page: $link" unless $places{$path}{$place};
	}
	return @broken;
}

check('there are pages', @pages > 30 ? () : 'only ' . @pages);
check('every link of a page leads to a place that is there',
	map { broken($_) } @pages);
