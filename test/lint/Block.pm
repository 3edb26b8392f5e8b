package Block;

# Block.pm
#	Reads the contracts of functions: the comment blocks above them in sql/.
#
# A block says what its function does, then by sections who may call it, its
# arguments, its result, its errors and one example:
#
#	/*
#	 * NAME
#	 *	One sentence, which COMMENT repeats.  More of it.
#	 *
#	 * role: app, admin
#	 * args:
#	 *	job_id
#	 *	reason: up to 2000 characters; a longer text goes on
#	 *	  in lines that begin deeper
#	 * returns: a row
#	 *	version
#	 * errors:
#	 *	WD402 WD401 22004
#	 *	42501: the caller is no active homeowner
#	 * example: homeowner, painting accepted
#	 *	SELECT version FROM dwello.NAME(job_id => '...');
#	 */
#
# A name or code alone means what %words and %codes say.  An example runs as
# somebody of the demonstration, after the steps that a state takes.

use strict;
use warnings;
use Exporter 'import';
use Lint;

our @EXPORT = qw(blocks comment_of is_internal meaning %codes);

# What a name means wherever nothing else is said of it.
my %words = (
	job_id => 'the job',
	bid_id => 'the bid',
	user_id => 'the user',
	milestone_id => 'the milestone',
	transaction_id => 'the transaction',
	currency => 'ISO 4217 code of the amounts',
	idempotency_key => 'a key of the caller\'s choice, up to 200 characters: a second call with it does nothing and returns the same row; NULL for none',
	version => 'version of the row afterwards',
	replayed => 'true when nothing was done, for the call was made before under its key',
	created_at => 'when it was made',
	psp => 'the payment company',
	event_id => 'the company\'s name for the event: the same again changes nothing and returns the same row',
	fee => 'the platform\'s fee, in minor units',
	tax => 'tax on the fee, in minor units',
	payout => 'what the provider gets, in minor units',
	escrow_status => 'state of the escrow afterwards',
	funded => 'paid in so far, in minor units',
	held => 'of it held, in minor units',
	released => 'of it released, fee included, in minor units',
	refunded => 'of it given back, in minor units',
	charged_back => 'of it taken back by a bank, in minor units',
	dispute_id => 'the dispute',
	dispute_status => 'state of the dispute',
	disputed_amount => 'what is disputed, in minor units',
	homeowner_offer => 'what the provider shall be paid by the homeowner\'s word, in minor units; NULL if not said',
	provider_offer => 'what the provider shall be paid by their own word, in minor units; NULL if not said',
	settled_amount => 'what the provider is paid, in minor units; NULL until then',
	answer_by => 'until when it can be answered or decided; NULL once it has ended',
	chargeback_id => 'the chargeback',
	payout_id => 'the payout',
	paid_amount => 'what is sent, in minor units of paid_currency',
	paid_currency => 'the currency it is sent in',
	hold_until => 'not sent before, by the setting payout_hold_days',
);

# What a code means wherever nothing else is said of it.
our %codes = (
	WD402 => 'the token is no good, or no more',
	WD401 => 'nobody has logged in',
	22004 => 'an argument that is needed is NULL',
	22001 => 'a text is over its limit',
	22003 => 'a number is out of range',
	42501 => 'the caller may not',
	25006 => 'the server is a standby, or the transaction is read-only',
	WD103 => 'the row has another version than expected_version',
	WD104 => 'the key was used for another request',
	WD601 => 'there is no keyring, or it lacks a key',
	WD602 => 'a sealed value does not open',
	WD603 => 'the keyring lacks keys that the data needs',
);

# words_of LINE: "name" and "text" of a line of a section.
sub words_of
{
	my ($line) = @_;

	return $line =~ /^([\w.]+)(?::\s+(.*))?$/ ? ($1, $2) : ($line, undef);
}

# parse TEXT: the parts of one block, without its stars.
sub parse
{
	my ($text) = @_;
	my %block = (args => [], returns => [], errors => [], prose => '', unread => []);
	my ($section, @lines) = ('prose');

	foreach (split /\n/, $text)
	{
		s/^ \*\/?\s?$/\n/ || s/^ \* ?//;
		s/^\*\s//;
		if (/^(role|args|returns|errors|example):\s*(.*?)\s*$/)
		{
			$section = $1;
			$block{"${section}_is"} = $2;
			next;
		}
		if (/^\S/ && $section eq 'prose' && !defined $block{name})
		{
			($block{name}) = /^(\S+)/;
			next;
		}
		s/^\t// || /^\n?$/ || push @{ $block{unread} }, $_;
		if ($section eq 'prose') { $block{prose} .= /\S/ ? "$_\n" : "\n" }
		elsif ($section eq 'example') { $block{example} .= "$_\n" if /\S/ }
		elsif (/^\s+(\S.*)/ && @{ $block{$section} // [] })
		{
			$block{$section}[-1] .= " $1";
		}
		elsif (/\S/) { push @{ $block{$section} }, $_ }
	}
	$block{prose} =~ s/^\s+|\s+$//g;
	foreach my $part (qw(args returns))
	{
		$block{$part} = [ map { [ words_of($_) ] } @{ $block{$part} } ];
	}
	$block{errors} = [
		map { my ($code, $said) = words_of($_);
			defined $said ? [ $code, $said ] : map { [$_] } split }
		  @{ $block{errors} } ];
	($block{who}, $block{given}) = split /,\s*/, $block{example_is} // '', 2;
	return \%block;
}

# columns LIST, MODES...: [name, type, default] of a list of parameters.
sub columns
{
	my ($list, $wanted) = @_;
	my @found;

	$list =~ s/--[^\n]*//g;
	foreach (split /,(?![^(]*\))(?![^\[]*\])(?=(?:[^']*'[^']*')*[^']*$)/, $list)
	{
		s/^\s+|\s+$//g;
		s/\s+/ /g;
		my ($mode) = s/^(INOUT|OUT)\s+// ? $1 : 'IN';
		my ($default) = s/\s+DEFAULT\s+(.*)$// ? $1 : undef;

		push @found, [ $1, $2, $default, $mode ]
		  if $wanted =~ /\b$mode\b/ && /^(\w+) (\S.*)$/;
	}
	return \@found;
}

# blocks: every function of sql/, with its block if it has one.
sub blocks
{
	my @found;

	foreach my $file (sort glob 'sql/*/*.sql')
	{
		my $text = read_file($file);
		my ($domain, $piece) = $file =~ m{sql/(\w+)/(\w+)};

		while ($text =~ m{((?:/\*\n(?:(?!\*/).)*\*/\n)?)CREATE (?:OR REPLACE )?FUNCTION\s+dwello\.(\w+)\s*\((.*?)\)\s*\n?\s*((?:RETURNS|LANGUAGE|AS)\b.*?);\n}gs)
		{
			my ($comment, $name, $list, $rest) = ($1, $2, $3, $4);
			my ($result) = $rest =~ /^RETURNS\s+(TABLE\s*\(.*?\)|SETOF \S+|[^\n]*?)(?=\s+(?:AS|LANGUAGE)\b|\n)/s;
			my ($grant) = $text =~ /^GRANT EXECUTE ON FUNCTION dwello\.$name\s+TO ([^;]*);/m;
			my ($said) = $text =~ /^COMMENT ON FUNCTION dwello\.$name IS\s+'((?:[^']|'')*)';/m;
			my $outs = columns($list, 'INOUT OUT');

			$outs = columns($1, 'IN') if ($result // '') =~ /^TABLE\s*\((.*)\)$/s;
			$comment =~ s{^/\*\n|\s*\*/\n$}{}g;
			push @found,
			  {
				file => $file, domain => $domain, piece => $piece,
				name => $name, list => $list, result => $result // '',
				in => columns($list, 'IN INOUT'), out => $outs,
				is_set => scalar(($result // '') =~ /^(?:SETOF|TABLE)/),
				roles => [ sort map { s/^dwello_//r } split /\s*,\s*/, $grant // '' ],
				said => ($said // '') =~ s/''/'/gr,
				block => $comment =~ /^ \* \w+\s*(?:\n|$)/ ? parse($comment) : undef,
			  };
		}
	}
	return @found;
}

# is_internal FUNCTION: called by the server alone, so a sentence is enough.
sub is_internal
{
	my ($function) = @_;

	return $function->{piece} eq 'types'
	  || $function->{result} =~ /trigger$/
	  || $function->{list} =~ /\binternal\b/;
}

# meaning NAME, TEXT: what is said of it, or what it means anyway.
sub meaning
{
	my ($name, $text) = @_;

	return $text // $words{$name};
}

# comment_of FUNCTION: what COMMENT ON FUNCTION has to say.
sub comment_of
{
	my ($function) = @_;
	my $block = $function->{block};
	my ($sentence) = $block->{prose} =~ /^(.*?[.])(?=\s\s*[A-Z(]|\s*$)/s;
	my (%seen, @codes);

	push @codes, grep { !$seen{$_}++ } map { $_->[0] } @{ $block->{errors} };
	return join ' ', ($sentence // '') =~ s/\s+/ /gr,
	  (@codes ? 'Errors: ' . join(', ', @codes) . '.' : ()),
	  (is_internal($function) ? () : "See reference.md#$function->{name}.");
}

1;
