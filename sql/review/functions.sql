/*
 * Reviews of finished jobs.
 */

-- ----------------------------------------------------------------------
-- What the two sides of a finished job say of each other.
-- ----------------------------------------------------------------------

/*
 * post_review
 *	Reviews the other side of a job that is completed and was paid. Once
 *	for each side; neither sees the other's before both are written or the
 *	setting review_reveal_days has passed.
 *
 * role: app, admin
 * args:
 *	job_id
 *	rating: 1 to 5 stars
 *	title: up to 200 characters
 *	comment: up to 10000 characters
 *	axes: {"punctuality": 5, ...}, up to 20, each 1 to 5
 *	is_public: false for the other side's eyes only
 *	idempotency_key
 * returns: a row
 *	job_id
 *	review_id: the review
 *	reviewee_id: who is reviewed
 *	revealed: both are shown now
 *	version: 1
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is suspended, or no side of the job
 *	22004 22001
 *	22023: a rating that is not from 1 to 5, axes of another shape
 *	P0002: no such job, or one the caller may not see
 *	WD104
 *	WD101: the job is neither completed nor broken off
 *	23505: the caller has reviewed it already
 * example: homeowner, painting released
 *	SELECT reviewee_id, revealed
 *	  FROM dwello.post_review(job_id => 'de000000-0000-7000-8000-000000000011', rating => 4,
 *	    comment => 'A fine finish, a day late.', axes => '{"punctuality": 3}');
 */
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
GRANT EXECUTE ON FUNCTION dwello.post_review
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.post_review IS
  'Reviews the other side of a job that is completed and was paid. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, WD104, WD101, 23505. See reference.md#post_review.';

/*
 * respond_to_review
 *	Answers a review, once. The answer is as public as the review, and the
 *	review's author is notified.
 *
 * role: app
 * args:
 *	job_id
 *	review_id: the review
 *	response: 1 to 10000 characters
 *	idempotency_key
 * returns: a row
 *	job_id
 *	review_id
 *	response_id: the answer
 *	version: 1
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither homeowner nor provider, or not active, or
 *	  it is a review of somebody else
 *	22004 22001
 *	22023: a blank response
 *	P0002: no such job or review, or one the caller may not see
 *	WD104
 *	WD101: the review is not revealed yet
 *	23505: it was answered (review_responses_review_key)
 * example: provider_1
 *	SELECT job_id, version
 *	  FROM dwello.respond_to_review(job_id => 'de000000-0000-7000-8000-000000000012',
 *	    review_id => (SELECT r.review_id FROM dwello.reviews_of('de000000-0000-7000-8000-000000000002') AS r),
 *	    response => 'Thank you!');
 */
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
GRANT EXECUTE ON FUNCTION dwello.respond_to_review TO dwello_app;
COMMENT ON FUNCTION dwello.respond_to_review IS
  'Answers a review, once. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, WD104, WD101, 23505. See reference.md#respond_to_review.';

/*
 * reviews_of
 *	The reviews of a user that are revealed, newest first. Public ones of a
 *	provider are for everybody, of a homeowner for who is signed in; the
 *	others are for their two sides, support, administrators and the system.
 *
 * role: app, service, support, admin, public
 * args:
 *	user_id: who was reviewed
 *	after_id: review_id of the last row of the page before; NULL for the
 *	  first page
 *	max_results: 1 to 200 rows
 * returns: rows, one a review
 *	review_id: the review
 *	job_id: the job
 *	rating: stars
 *	title: its title
 *	comment: what it says
 *	axes: stars for single aspects
 *	reviewer_type: what its author is
 *	response: the user's answer, or NULL
 *	created_at
 *	is_unpaid: nothing was released for the job, so it counts nowhere
 * errors:
 *	WD402 WD401 22004
 *	22023: max_results is out of range
 *	P0002: no such review of the user that is shown
 * example: homeowner
 *	SELECT rating, title, comment, reviewer_type
 *	  FROM dwello.reviews_of(user_id => 'de000000-0000-7000-8000-000000000002');
 */
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
  created_at timestamptz,
  is_unpaid boolean
)
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_reviews_of';
GRANT EXECUTE ON FUNCTION dwello.reviews_of
  TO dwello_app, dwello_service, dwello_support, dwello_admin, dwello_public;
COMMENT ON FUNCTION dwello.reviews_of IS
  'The reviews of a user that are revealed, newest first. Errors: WD402, WD401, 22004, 22023, P0002. See reference.md#reviews_of.';
