/*
 * Every setting with the value in force.  The platform's percentage is no
 * setting of its own: there is one source of it, the default fee schedule.
 */
CREATE VIEW dwello.settings WITH (security_invoker = true) AS
  SELECT d.name,
         COALESCE(s.value, d.value) AS value,
         s.value IS NOT NULL AS is_overridden,
         COALESCE(s.version, 1) AS version,
         d.description
    FROM dwello.system_settings_defaults AS d
    LEFT JOIN dwello.system_settings AS s USING (name)
  UNION ALL
  SELECT 'platform_fee_percentage',
         pg_catalog.trim_scale(f.rate_ppm / 10000.0)::text,
         NOT f.is_builtin,
         1,
         'Percentage of the default fee schedule.'
    FROM (SELECT f.rate_ppm, f.is_builtin
            FROM dwello.fee_schedules AS f
           WHERE f.category_id IS NULL AND f.currency IS NULL AND f.user_tier IS NULL
             AND f.valid @> pg_catalog.now()
           ORDER BY f.is_builtin
           LIMIT 1) AS f;
COMMENT ON VIEW dwello.settings IS 'Every setting with the value in force: the operator''s, else the built-in one.';
GRANT SELECT ON dwello.settings TO dwello_app, dwello_service, dwello_support, dwello_admin;
