/*
 * Bidding agents: what providers tell them.
 */

CREATE OR REPLACE FUNCTION dwello.configure_agent(
  INOUT agent_id uuid DEFAULT NULL,
  INOUT is_active boolean DEFAULT NULL,
  INOUT mode dwello.agent_mode DEFAULT NULL,
  INOUT strategy dwello.agent_strategy DEFAULT NULL,
  max_bid_radius_miles integer DEFAULT NULL,
  max_bids_per_day integer DEFAULT NULL,
  min_project_value bigint DEFAULT NULL,
  max_project_value bigint DEFAULT NULL,
  preferred_categories uuid[] DEFAULT NULL,
  working_hours jsonb DEFAULT NULL,
  min_margin_ppm integer DEFAULT NULL,
  approval_threshold bigint DEFAULT NULL,
  costs jsonb DEFAULT NULL,
  tier text DEFAULT NULL,
  currency text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_configure_agent';
GRANT EXECUTE ON FUNCTION dwello.configure_agent
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.configure_agent IS
'Tells a provider''s agent how to bid, and makes the agent at the first call; what is NULL stays as it is. For the provider, administrators and the system. Arguments: agent_id, the provider''s user id, NULL for the caller; is_active, false at first; mode, shadow (decides and tells nobody), propose (asks the provider, at first) or auto (bids); strategy, aggressive, balanced (at first) or premium; max_bid_radius_miles from his primary address, 5 to 50 (15); max_bids_per_day, 1 to 20 (8); min_project_value and max_project_value, of the budgets it looks at, in minor units (20000, 200000); preferred_categories, up to 100, those below them count too, empty for his specialties; working_hours, as {"mon": ["08:00", "12:00", "13:00", "18:00"]}: up to eight rising times of a day in pairs, 24:00 the last, by the provider''s own clock, a day that is missing is free, the document null for any hour; min_margin_ppm, the least margin on cost in millionths, 0 to 10000000 (150000); approval_threshold in minor units, above which an auto agent asks, 0 for never; costs, as {"hourly_rate", "overhead", "travel_per_mile", "waste_ppm"}, whole numbers, the first three in minor units, null for none; tier, basic (at first), premium or enterprise, by administrators and the system only; currency of all the amounts (USD), an agent looks at jobs in it alone; expected_version of the agent, 0 before the first call. Returns agent_id, is_active, mode, strategy, version and replayed, true where nothing was given. Errors: WD402, WD401; 42501 a homeowner, another''s agent, a provider who sets the tier; 22004; 22001; 22023 an argument outside its limits, least above greatest, no provider; 22P02 no such tier; P0002 no such category or user; WD104; WD103; WD301 a provider asks for more bids a day than his tier has in a month.';

CREATE OR REPLACE FUNCTION dwello.pause_agent(
  INOUT agent_id uuid DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT is_active boolean,
  OUT mode dwello.agent_mode,
  OUT strategy dwello.agent_strategy,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_pause_agent';
GRANT EXECUTE ON FUNCTION dwello.pause_agent
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.pause_agent IS
'Switches a provider''s agent off until configure_agent() switches it on again; its settings and its bids stay. For the provider, administrators and the system. Arguments: agent_id, the provider''s user id, NULL for the caller; expected_version of the agent. Returns agent_id, is_active (false), mode, strategy, version and replayed, true for one that was off. Errors: WD402, WD401; 42501 a homeowner, or another''s agent; 22004; 22023 no provider; P0002 no such user, or one without an agent; WD104; WD103.';
