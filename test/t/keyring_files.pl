# keyring_files.pl
#	Whoever asks how the keyring is leaves no file open, whatever is wrong
#	with it: check() goes on after the error, in the same transaction.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Utils;
use Test::More;

use constant CHECKS => 10;

plan skip_all => 'counts the entries of /proc/self/fd of Linux'
  unless -r '/proc/self/fd';

my $node = new_server('keyring_files', '', holds => 'demo');
my $keyring = keyring_directory($node) . '/keyring';

# files_after CHECKS: how many files that many checks leave open, and what one
# before them says of the keyring.
sub files_after
{
	my ($checks) = @_;
	my $check = "SELECT detail FROM dwello.check() WHERE rule = 'keyring_unreadable'";
	my $files = "SELECT count(*) FROM pg_ls_dir('/proc/self/fd')";

	my ($detail, $before, @rest) = split /\n/, $node->safe_psql('postgres',
		"BEGIN;\n$check;\n$files;\n" . "$check;\n" x $checks . "$files;\nCOMMIT;");
	return ($rest[-1] - $before, $detail);
}

chmod 0640, $keyring or die "$keyring: $!";
my ($left, $said) = files_after(CHECKS);
like($said, qr/its mode lets others in/, 'check() names a keyring that others may read');
is($left, 0, 'and leaves no file open');

chmod 0600, $keyring or die "$keyring: $!";
append_to_file($keyring, "junk\n");
($left, $said) = files_after(CHECKS);
like($said, qr/line \d+ is damaged/, 'check() names a damaged keyring');
is($left, 0, 'and leaves no file open');

done_testing();
