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

CREATE OR REPLACE FUNCTION dwello.respond_to_review(
  INOUT job_id uuid,
  INOUT review_id uuid,
  response text,
  idempotency_key text DEFAULT NULL,
  OUT response_id uuid,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_respond_to_review';
GRANT EXECUTE ON FUNCTION dwello.respond_to_review(uuid, uuid, text, text) TO dwello_app;
COMMENT ON FUNCTION dwello.respond_to_review(uuid, uuid, text, text) IS
'Answers a review; for the reviewed side, once. The answer is as public as the review, and its author is notified. Arguments: job_id; review_id; response, 1 to 10000 characters. Returns job_id, review_id, response_id, version (1) and replayed. Errors: WD402, WD401, 42501 the caller is neither homeowner nor provider, or not active; 22004; 22001; 22023 a blank response; P0002 no such job or review, or one the caller may not see; 42501 a review of somebody else; WD104; WD101 it is not revealed yet; 23505 it was answered (review_responses_review_key).';

CREATE OR REPLACE FUNCTION dwello.reviews_of(
  user_id uuid,
  after_id uuid DEFAULT NULL,
  max_results integer DEFAULT 20
)
RETURNS TABLE (
  review_id uuid,
  job_id uuid,
  rating integer,
  title text,
  comment text,
  axes jsonb,
  reviewer_type dwello.user_type,
  response text,
  created_at timestamptz
)
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_reviews_of';
GRANT EXECUTE ON FUNCTION dwello.reviews_of(uuid, uuid, integer)
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.reviews_of(uuid, uuid, integer) IS
'The reviews of a user that are revealed, newest first: public ones for everybody who is signed in, the others for their two sides, support, administrators and the system. Arguments: user_id, who was reviewed; after_id, review_id of the last row of the page before, NULL for the first page; max_results, 1 to 200 rows. Returns a row a review: review_id, job_id, rating in stars, title, comment, axes, reviewer_type (what its author is), response of the user or NULL, created_at. Errors: WD402, WD401; 22004; 22023 max_results; P0002 no such review of the user that is shown.';
