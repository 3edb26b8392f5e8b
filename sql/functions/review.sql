-- review.sql
--   What the two sides of a finished job say of each other.

CREATE OR REPLACE FUNCTION dwello.post_review(
  INOUT job_id uuid,
  rating integer,
  title text DEFAULT NULL,
  comment text DEFAULT NULL,
  axes jsonb DEFAULT '{}',
  is_public boolean DEFAULT true,
  idempotency_key text DEFAULT NULL,
  OUT review_id uuid,
  OUT reviewee_id uuid,
  OUT revealed boolean,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_post_review';
GRANT EXECUTE ON FUNCTION dwello.post_review(uuid, integer, text, text, jsonb, boolean, text)
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.post_review(uuid, integer, text, text, jsonb, boolean, text) IS
'Reviews the other side of a job that is completed and was paid; for its homeowner and its provider, once each. Neither sees the other''s before both are written or the setting review_reveal_days has passed. Arguments: job_id; rating, 1 to 5 stars; title, up to 200 characters; comment, up to 10000; axes, {"punctuality": 5, ...}, up to 20, each 1 to 5; is_public, false for the other side''s eyes only. Returns job_id, review_id, reviewee_id, revealed (both are shown now), version (1) and replayed. Errors: WD402, WD401, 42501 the caller is suspended or no side of the job; 22004 a needed value is NULL; 22001 a text over its limit; 22023 a rating that is not from 1 to 5, axes of another shape; P0002 no such job, or one the caller may not see; WD104; WD101 the job is not completed, or nothing was paid for it; 23505 the caller has reviewed it already.';
