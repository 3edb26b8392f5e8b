package Places;

# Places.pm
#	Numbers, categories and longitudes made up from a count, for the tests of
#	indexes on places: the same in every run.
use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(install_places);

# install_places NODE: the functions u, category and around of SQL.
sub install_places
{
	my ($node) = @_;

	$node->safe_psql('postgres', <<'END');
-- an even number in [0, 1), the same in every run
CREATE FUNCTION u(i bigint, aspect integer) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT (hashint8extended(i, aspect) & 4294967295) / 4294967296.0::float8';

CREATE FUNCTION category(n integer) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT md5(''category'' || n)::uuid';

-- a longitude from -180 to 180
CREATE FUNCTION around(longitude float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT mod(longitude::numeric + 540, 360)::float8 - 180';
END
	return;
}

1;
