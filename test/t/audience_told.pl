# audience_told.pl
#	match_agents() and match_providers() find the whole audience of a job and
#	nobody else: what plain SQL over the rows themselves finds, from a tree
#	that grew and changed, one that was built, and after a crash.  And owners of
#	saved searches are notified of a published job when, and only when, the same search
#	made by hand finds it.
#
# Providers and jobs are clustered, also at the antimeridian and the poles,
# some with an area instead of a circle.
#
# Planted by hand, one at a time, and seen: a union that keeps the bbox of what
# it had (dw_audience_extend without dw_bbox_extend), a picksplit whose sides
# leave out the second half of their keys (one that leaves out the last alone
# shows in audience.pl only), categories that go by their bits.  What the index
# may leave to the rows is planted in and seen by test/sql/audience.sql: an area,
# many categories, the days of credentials, two categories of one tag.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use Places;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant {
	PROVIDERS => 1_200,
	JOBS => 150,
};

my $node = new_server('reached', <<'END', holds => 'extension');
shared_buffers = 256MB
fsync = off
autovacuum = off
jit = off
END

# value QUERY: what it returns, as text, on the day of the jobs.
sub value
{
	my ($query) = @_;

	return $node->safe_psql('postgres',
		"SET dwello.now = '2026-06-01 12:00+00'; $query");
}

install_places($node);
value(<<"END");
-- a place of the nth of something, near one of 12 others
CREATE FUNCTION place(n bigint, aspect integer) RETURNS geography
LANGUAGE sql IMMUTABLE
AS \$\$
  SELECT ST_MakePoint(round(CASE WHEN u(n, aspect) < 0.03 THEN 180 WHEN u(n, aspect) < 0.06 THEN -180
                                 ELSE around(c[1] + (u(n, aspect + 1) - 0.5) * 1.5 / greatest(cosd(c[2]), 0.01)) END::numeric, 2)::float8,
                      round(greatest(-90, least(90, c[2] + (u(n, aspect + 2) - 0.5) * 1.5))::numeric, 2)::float8)::geography
    FROM (SELECT ARRAY[(ARRAY[179.9, -179.8, 0, 10, -122.4, 151, 179.9, -100, 30, 60, 90, -60])[k],
                       (ARRAY[0, 0.2, 89.8, -89.7, 37.7, -33.8, 65, 40, 50, 40.1, 10, 20])[k]]::float8[] AS c
            FROM (SELECT 1 + trunc(12 * u(n, aspect + 3))::integer AS k) AS k) AS c
\$\$;
-- a category of any level but the first, mostly one of few
CREATE TABLE kind AS SELECT 0::bigint AS n, NULL::uuid AS id LIMIT 0;
SET session_replication_role = replica;
INSERT INTO dwello.service_categories (id, parent_id, name)
SELECT md5('category' || n)::uuid, CASE WHEN n < 3 THEN 'd0000000-0000-7000-8000-000000000011'::uuid
                                        ELSE md5('category' || n - 2)::uuid END, 'C' || n
  FROM generate_series(1, 12) AS n;
INSERT INTO kind SELECT row_number() OVER (ORDER BY md5(id::text)), id FROM dwello.service_categories;
CREATE FUNCTION kind(n bigint, aspect integer) RETURNS uuid
LANGUAGE sql STABLE
AS 'SELECT id FROM kind WHERE kind.n = 1 + trunc(24 * u(\$1, aspect) ^ 1.5)';

-- a place as strangers may know it
CREATE FUNCTION rounded(place geography) RETURNS geography LANGUAGE sql IMMUTABLE
AS \$\$ SELECT ST_MakePoint(round(ST_X(place::geometry)::numeric, 2), round(ST_Y(place::geometry)::numeric, 2))::geography \$\$;

CREATE FUNCTION who(kind text, n bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE AS 'SELECT md5(kind || n)::uuid';
INSERT INTO dwello.users (id, user_type, status, email, email_index, first_name, last_name, email_verified,
                          provider_verified, deleted_at)
SELECT who('p', n), 'service_provider', CASE WHEN u(n, 1) < 0.95 THEN 'active' ELSE 'suspended' END::dwello.user_status,
       '', sha256(('p' || n)::bytea), 'A', 'B', u(n, 2) < 0.95, u(n, 3) < 0.95, CASE WHEN u(n, 4) < 0.03 THEN now() END
  FROM generate_series(1, @{[PROVIDERS]}) AS n;
INSERT INTO dwello.users (id, user_type, status, email, email_index, first_name, last_name)
SELECT who('h', n), 'homeowner', 'active', '', sha256(('h' || n)::bytea), 'A', 'B' FROM generate_series(1, 9) AS n;
INSERT INTO dwello.user_addresses (user_id, address_type, street, city, state, postal_code, country, point, place, is_primary)
SELECT who('p', n), 'business', '', 'C', 'S', '1', 'US', '', rounded(place(n, 10 + i)), i = 0 AND u(n, 5) < 0.97
  FROM generate_series(1, @{[PROVIDERS]}) AS n, generate_series(0, 1) AS i WHERE i = 0 OR u(n, 6) < 0.2;
INSERT INTO dwello.user_profiles (user_id, specialties, categories, service_areas)
SELECT who('p', n), CASE WHEN u(n, 20) < 0.5 THEN ARRAY(SELECT name FROM dwello.service_categories WHERE id = kind(n, 21)) ELSE '{}' END,
       CASE WHEN u(n, 24) < 0.6 THEN ARRAY[kind(n, 25), kind(n, 26), kind(n, 27), kind(n, 28)] ELSE '{}' END,
       CASE WHEN u(n, 22) < 0.2
            THEN ST_AsGeoJSON(ST_Intersection(ST_MakeEnvelope(-180, -90, 180, 90, 4326),
                   ST_Buffer(place(n, 10)::geometry, 0.1 + u(n, 23), 2)))::jsonb END
  FROM generate_series(1, @{[PROVIDERS]}) AS n;
INSERT INTO dwello.provider_credentials (user_id, credential_type, name, verified_at, valid_from, valid_until)
SELECT who('p', n), t::dwello.credential_type, 'x', CASE WHEN u(n, 31) < 0.9 THEN now() END,
       CASE WHEN u(n, 32 + length(t)) < 0.2 THEN '2026-06-10'::date END,
       CASE WHEN u(n, 50 + length(t)) < 0.3 THEN '2026-06-20'::date END
  FROM generate_series(1, @{[PROVIDERS]}) AS n, unnest('{license, insurance, equipment}'::text[]) AS t
 WHERE u(n, 70 + length(t)) < 0.7;
INSERT INTO dwello.ai_bidding_agents (user_id, is_active, max_bid_radius_miles, min_project_value, max_project_value,
                                      currency, preferred_categories)
SELECT who('p', n), u(n, 80) < 0.9, 5 + (45 * u(n, 81))::integer, 1000 + (100000 * u(n, 82) ^ 2)::bigint,
       150000 + (1000000 * u(n, 83) ^ 2)::bigint, CASE WHEN u(n, 84) < 0.9 THEN 'USD' ELSE 'EUR' END,
       CASE WHEN u(n, 85) < 0.7 THEN ARRAY(SELECT DISTINCT kind(n * 10 + k, 86) FROM generate_series(0, (3 * u(n, 87))::integer) AS k)
            ELSE '{}' END
  FROM generate_series(1, @{[PROVIDERS]}) AS n WHERE u(n, 88) < 0.8;

INSERT INTO dwello.jobs (id, homeowner_id, category_id, status, title, description, location, budget_min, budget_max,
                         currency, is_listed, published_at, expires_at, preferred_end_date, requirement_bits)
SELECT who('j', n), CASE WHEN u(n, 90) < 0.1 THEN who('p', n) ELSE who('h', 1 + n % 9) END, kind(n, 91),
       CASE WHEN hidden = 1 THEN 'cancelled' ELSE 'open' END::dwello.job_status, 'J', 'J',
       -- some stand right where a provider lives
       CASE WHEN u(n, 92) < 0.3 THEN place(n, 10) ELSE place(n, 93) END,
       CASE WHEN u(n, 97) < 0.5 THEN 1 + (200000 * u(n, 98))::bigint END,
       CASE WHEN u(n, 99) < 0.7 THEN 200001 + (1000000 * u(n, 100) ^ 3)::bigint END,
       CASE WHEN u(n, 101) < 0.9 THEN 'USD' ELSE 'EUR' END, hidden NOT IN (1, 2), '2026-05-20',
       CASE WHEN hidden = 3 THEN '2026-06-01 12:00+00'::timestamptz ELSE '2026-07-01' END,
       CASE WHEN u(n, 102) < 0.5 THEN date '2026-06-01' + (40 * u(n, 103))::integer END,
       CASE WHEN u(n, 104) < 0.4 THEN (ARRAY[1, 2, 3, 16, 17, 19, 4])[1 + trunc(7 * u(n, 105))::integer] ELSE 0 END
  FROM generate_series(1, @{[JOBS]}) AS n, LATERAL (SELECT trunc(40 * u(n, 106))::integer AS hidden) AS h;
ANALYZE;
END
value('DO $$ BEGIN WHILE dwello.refresh_matching(1000) > 0 LOOP END LOOP; END $$');

# What the documents say, over the rows themselves.  With an agent its radius
# and preferences count, with none those of the settings and the profile.
value(<<'END');
CREATE TABLE above AS
  WITH RECURSIVE a (id, above_id) AS (
    SELECT id, id FROM dwello.service_categories
    UNION ALL
    SELECT a.id, c.parent_id FROM a JOIN dwello.service_categories AS c ON c.id = a.above_id WHERE c.parent_id IS NOT NULL
  ) SELECT * FROM a;

CREATE FUNCTION by_hand(for_agents boolean) RETURNS TABLE (job_id uuid, user_id uuid)
LANGUAGE sql STABLE
AS $$
  SELECT j.id, u.id
    FROM (SELECT a.user_id, j.id, ST_Distance(a.place, j.location, false) / 1609.344 AS miles
            FROM dwello.jobs AS j CROSS JOIN dwello.user_addresses AS a WHERE a.is_primary OFFSET 0) AS near
    JOIN dwello.jobs AS j ON j.id = near.id
    JOIN dwello.users AS u ON u.id = near.user_id AND u.id <> j.homeowner_id
    JOIN dwello.user_profiles AS p ON p.user_id = u.id
    LEFT JOIN dwello.ai_bidding_agents AS g ON g.user_id = u.id,
         LATERAL (SELECT CASE WHEN for_agents AND g.preferred_categories <> '{}' THEN g.preferred_categories
                              WHEN p.categories <> '{}' THEN p.categories
                              ELSE ARRAY(SELECT id FROM dwello.service_categories WHERE name = ANY (p.specialties)) END AS ids) AS k
   WHERE j.status = 'open' AND j.is_listed AND j.expires_at > '2026-06-01 12:00+00'
     AND u.user_type = 'service_provider' AND u.status = 'active' AND u.email_verified AND u.provider_verified
     AND u.deleted_at IS NULL
     AND miles <= 50
     AND (NOT for_agents OR g.is_active AND miles <= g.max_bid_radius_miles AND g.currency = j.currency
          AND coalesce(j.budget_min, 0) <= g.max_project_value
          AND coalesce(j.budget_max, 9223372036854775807) >= g.min_project_value)
     AND (p.service_areas IS NULL AND (for_agents OR miles <= coalesce(g.max_bid_radius_miles, 25))
          OR ST_Covers(ST_SetSRID(ST_GeomFromGeoJSON(p.service_areas::text), 4326), j.location::geometry)
          OR ST_Covers(ST_SetSRID(ST_GeomFromGeoJSON(p.service_areas::text), 4326),
                       ST_SetSRID(ST_MakePoint(-ST_X(j.location::geometry), ST_Y(j.location::geometry)), 4326))
             AND abs(ST_X(j.location::geometry)) = 180)
     AND (EXISTS (SELECT FROM above WHERE above.id = j.category_id AND above_id = ANY (ids)))
     AND NOT EXISTS (
       SELECT FROM unnest(enum_range(NULL::dwello.credential_type)) WITH ORDINALITY AS t (type, n)
        WHERE j.requirement_bits >> (n - 1)::integer & 1 = 1
          AND NOT EXISTS (SELECT FROM dwello.provider_credentials AS c
                           WHERE c.user_id = u.id AND c.credential_type = type AND c.verified_at IS NOT NULL
                             AND coalesce(c.valid_from <= coalesce(j.preferred_end_date, '2026-06-01'), true)
                             AND coalesce(c.valid_until >= coalesce(j.preferred_end_date, '2026-06-01'), true)))
$$;
END

# remember: what plain SQL finds now.
sub remember
{
	value('DROP TABLE IF EXISTS wanted; CREATE TABLE wanted AS SELECT for_agents, h.*'
		  . ' FROM unnest(ARRAY[true, false]) AS for_agents, by_hand(for_agents) AS h');
	return;
}

# same NAME: the functions find whom plain SQL finds, in order.
sub same
{
	my ($name) = @_;

	foreach my $case ([ 'match_agents', 'agent_id', 'true' ],
		[ 'match_providers', 'provider_id', 'false' ])
	{
		my ($function, $id, $agents) = @$case;

		value("DROP TABLE IF EXISTS found; CREATE TABLE found AS"
			  . " SELECT j.id AS job_id, m.$id AS user_id, m.distance_miles, row_number() OVER () AS n"
			  . " FROM dwello.jobs AS j, dwello.$function(j.id) AS m");
		is(value(<<"END"), '', "$function: $name");
SELECT job_id, user_id, h.job_id IS NULL AS too_many
  FROM found AS f FULL JOIN (SELECT * FROM wanted WHERE for_agents = $agents) AS h USING (job_id, user_id)
 WHERE f.job_id IS NULL OR h.job_id IS NULL LIMIT 5
END
		is(value(<<'END'), '0|0', "$function: in order, with distances: $name");
SELECT count(*) FILTER (WHERE user_id <= before),
       count(*) FILTER (WHERE distance_miles <> round(ST_Distance(a.place, j.location, false) / 1609.344))
  FROM (SELECT *, lag(user_id) OVER (PARTITION BY job_id ORDER BY n) AS before FROM found) AS f
  JOIN dwello.jobs AS j ON j.id = f.job_id JOIN dwello.user_addresses AS a USING (user_id) WHERE a.is_primary
END
	}
	return;
}

remember();
same('a tree that grew');
cmp_ok(value('SELECT count(*) FROM found'), '>', 300, 'many are reached');
cmp_ok(value('SELECT count(DISTINCT job_id) FROM found'),
	'>', JOBS / 3, 'by most jobs');
value('REINDEX TABLE dwello.ai_bidding_agents');
value('REINDEX TABLE dwello.user_profiles');
same('a tree that was built');

# everybody moves, some twice
value(<<"END");
UPDATE dwello.user_addresses SET place = rounded(place(hashtext(user_id::text), 200)) WHERE is_primary;
UPDATE dwello.ai_bidding_agents SET max_bid_radius_miles = 55 - max_bid_radius_miles;
END
value('SELECT dwello.refresh_matching(2000)');
value('VACUUM dwello.ai_bidding_agents, dwello.user_profiles');
value('DO $$ BEGIN WHILE dwello.refresh_matching(700) > 0 LOOP END LOOP; END $$');
remember();
same('a tree that has changed');
$node->stop('immediate');
$node->start;
same('after a crash');

# ----------------------------------------------------------------------
# Saved searches: the job asks for them, search_jobs() the other way round
# ----------------------------------------------------------------------
value(<<"END");
SET session_replication_role = replica;
UPDATE dwello.jobs AS j
   SET title = 'Job ' || array_to_string(ARRAY(SELECT w FROM unnest('{paint,kitchen,roof,cabinets,sink}'::text[]) WITH ORDINALITY AS w (w, k)
                                      WHERE u(n * 8 + k, 300) < 0.4), ' '),
       urgency = (enum_range(NULL::dwello.urgency))[1 + trunc(4 * u(n, 301))::integer]
  FROM generate_series(1, @{[JOBS]}) AS n WHERE j.id = who('j', n);
-- most by a place near the jobs, some by words, filters or nothing at all
INSERT INTO dwello.saved_searches (user_id, name, query, longitude, latitude, radius_miles, category_ids, budget_min,
                                   budget_max, currency, urgency)
SELECT who('p', 1 + n % 400), 'S' || n,
       CASE WHEN u(n, 310) < 0.4 THEN (ARRAY['paint', 'kitchen roof', 'sink or roof', '-paint', 'the', '"kitchen roof"'])[1 + trunc(6 * u(n, 311))::integer] END,
       ST_X(p), ST_Y(p), radius,
       CASE WHEN u(n, 312) < 0.5 THEN '{}' ELSE ARRAY(SELECT DISTINCT kind(n * 10 + k, 313) FROM generate_series(0, (5 * u(n, 314))::integer) AS k) END,
       CASE WHEN u(n, 315) < 0.3 THEN 1 + (300000 * u(n, 316))::bigint END,
       CASE WHEN u(n, 317) < 0.3 THEN 300001 + (500000 * u(n, 318))::bigint END,
       CASE WHEN u(n, 319) < 0.85 THEN 'USD' ELSE 'EUR' END,
       CASE WHEN u(n, 320) < 0.3 THEN (enum_range(NULL::dwello.urgency))[1 + trunc(4 * u(n, 321))::integer] END
  FROM generate_series(1, 900) AS n,
       LATERAL (SELECT rounded(place(n, 322))::geometry AS p, exp(6 * u(n, 323)) AS radius WHERE u(n, 324) < 0.8
                UNION ALL SELECT NULL, NULL WHERE u(n, 324) >= 0.8) AS p;
INSERT INTO dwello.outbox (scope_id, aggregatetype, aggregateid, type, payload, created_at)
SELECT id, 'job', id, 'job_published', '{}', now() FROM dwello.jobs;
END
value('SELECT dwello.deliver_events(10000)');
value(<<'END');
CREATE TABLE searched AS
SELECT DISTINCT s.user_id, j.job_id
  FROM dwello.saved_searches AS s
  JOIN dwello.users AS u ON u.id = s.user_id AND u.status = 'active' AND u.deleted_at IS NULL,
       LATERAL dwello.search_jobs(s.query, s.longitude, s.latitude, s.radius_miles, nullif(s.category_ids, '{}'), s.budget_min,
         s.budget_max, s.currency, s.urgency, max_results => 200) AS j
 WHERE s.user_id <> (SELECT homeowner_id FROM dwello.jobs WHERE id = j.job_id);
CREATE TABLE told AS
SELECT user_id, (data ->> 'job_id')::uuid AS job_id, count(*) AS times FROM dwello.notifications
 WHERE data ->> 'event' = 'job_published' GROUP BY 1, 2;
END
is(value(<<'END'), '', 'who searched for a job is told of it, nobody else');
SELECT user_id, job_id, t.job_id IS NULL AS not_told
  FROM searched AS s FULL JOIN told AS t USING (user_id, job_id)
 WHERE s.job_id IS NULL OR t.job_id IS NULL LIMIT 5
END
is(value('SELECT count(*) FROM told WHERE times <> 1'), 0, 'and once');
cmp_ok(value('SELECT count(*) FROM told'), '>', 500, 'many are told');
cmp_ok(value('SELECT count(DISTINCT job_id) FROM told'),
	'>', JOBS / 3, 'of most jobs');
$node->stop;
done_testing();
