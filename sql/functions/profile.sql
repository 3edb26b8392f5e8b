-- profile.sql
--   What users tell of themselves, and what others see of a provider.

CREATE OR REPLACE FUNCTION dwello.update_profile(
  bio text DEFAULT NULL,
  company_name text DEFAULT NULL,
  website text DEFAULT NULL,
  years_experience integer DEFAULT NULL,
  specialties text[] DEFAULT NULL,
  service_areas jsonb DEFAULT NULL,
  availability_schedule jsonb DEFAULT NULL,
  emergency_available boolean DEFAULT NULL,
  insurance_info jsonb DEFAULT NULL,
  license_info jsonb DEFAULT NULL,
  profile_image_url text DEFAULT NULL,
  timezone text DEFAULT NULL,
  language text DEFAULT NULL,
  first_name text DEFAULT NULL,
  last_name text DEFAULT NULL,
  INOUT user_id uuid DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_update_profile';
GRANT EXECUTE ON FUNCTION dwello.update_profile(text, text, text, integer, text[], jsonb, jsonb, boolean, jsonb, jsonb, text, text, text, text, text, uuid, integer, text)
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.update_profile(text, text, text, integer, text[], jsonb, jsonb, boolean, jsonb, jsonb, text, text, text, text, text, uuid, integer, text) IS
'Changes a profile; what is NULL stays as it is. An empty bio, company_name, website or profile_image_url, an empty array of specialties and the document null take the value away. A user pending verification may call it, too. Arguments: bio, up to 5000 characters; company_name, 200; website and profile_image_url, http or https, 500; years_experience, 0 to 100; specialties, up to 50 of 1 to 100 characters; service_areas, a GeoJSON Polygon or MultiPolygon in degrees, its rings closed and not crossing, up to 102400 bytes as jsonb (cut at the antimeridian); availability_schedule, insurance_info and license_info, JSON objects up to 20480 bytes, not sealed: the number of a policy or a licence belongs in dwello.add_credential(); emergency_available; timezone, a name of pg_timezone_names; language, a tag like en or pt-BR; first_name and last_name, 1 to 100 characters; user_id, NULL for the caller, another''s for administrators and the system; expected_version of the profile. Returns user_id, version of the profile (that of user_profiles; users counts its own where a name, image, time zone or language is given) and replayed, true where nothing was given. Errors: WD402, WD401, 42501 the caller is suspended or names another user; 22004 a NULL specialty, or user_id for the system; 22001; 22023 a blank text, another address, number, list or document than said; P0002 no such user; WD104; WD103.';

CREATE OR REPLACE FUNCTION dwello.provider_summary(
  INOUT provider_id uuid,
  OUT first_name text,
  OUT last_name text,
  OUT company_name text,
  OUT bio text,
  OUT specialties text[],
  OUT years_experience integer,
  OUT rating numeric,
  OUT review_count integer,
  OUT completed_count integer,
  OUT awarded_count integer,
  OUT member_since timestamptz,
  OUT provider_verified boolean,
  OUT emergency_available boolean,
  OUT verified_credentials text[]
)
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_provider_summary';
GRANT EXECUTE ON FUNCTION dwello.provider_summary(uuid)
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.provider_summary(uuid) IS
'What everybody with an identity may know of an active service provider; nothing by which he could be reached. Argument: provider_id. Returns first_name; last_name, its first letter and a dot for strangers, in full for himself, administrators, support, the system and the homeowner of a job that he has confirmed; company_name, bio, specialties, years_experience; rating, the mean of the stars of revealed reviews with two decimals, where a year old counts half, NULL for none; review_count, completed_count and awarded_count of all time; member_since; provider_verified; emergency_available; verified_credentials, the types of those that are verified and valid today. Errors: WD402, WD401; 22004; P0002 no such provider, or not an active one.';
