/*
 * Reviews: one a side, of a completed and paid job, both shown when both are
 * written or when reveal_at has come.
 */
CREATE TABLE dwello.reviews (
  job_id uuid NOT NULL CONSTRAINT reviews_job_id_fkey REFERENCES dwello.jobs (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  homeowner_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  reviewer_id uuid NOT NULL,
  reviewee_id uuid NOT NULL,
  rating integer NOT NULL CONSTRAINT reviews_rating_check CHECK (rating BETWEEN 1 AND 5),
  axes jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT reviews_axes_check CHECK (dwello.json_is_valid('review_axes', axes)),
  title text,
  comment text,
  is_public boolean NOT NULL DEFAULT true,
  is_unpaid boolean NOT NULL DEFAULT false,
  reveal_at timestamptz NOT NULL,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  deleted_at timestamptz,
  CONSTRAINT reviews_pkey PRIMARY KEY (job_id, id),
  CONSTRAINT reviews_side_check CHECK ((reviewer_id = homeowner_id AND reviewee_id = provider_id)
    OR (reviewer_id = provider_id AND reviewee_id = homeowner_id))
);
CREATE UNIQUE INDEX reviews_reviewer_key ON dwello.reviews (job_id, reviewer_id) WHERE deleted_at IS NULL;
CREATE INDEX reviews_reviewee_id_idx ON dwello.reviews (reviewee_id, reveal_at);
CREATE INDEX reviews_reviewer_id_idx ON dwello.reviews (reviewer_id, job_id);
COMMENT ON TABLE dwello.reviews IS 'What the two sides of a finished job say of each other; shown from reveal_at on.';
COMMENT ON COLUMN dwello.reviews.reviewer_id IS 'Who wrote the review.';
COMMENT ON COLUMN dwello.reviews.reviewee_id IS 'About whom.';
COMMENT ON COLUMN dwello.reviews.rating IS 'One to five stars.';
COMMENT ON COLUMN dwello.reviews.axes IS 'Stars for single aspects, as a document.';
COMMENT ON COLUMN dwello.reviews.comment IS 'What the reviewer says; NULL if nothing.';
COMMENT ON COLUMN dwello.reviews.is_unpaid IS 'Nothing was released to the provider through escrow, so it counts in no rating.';
COMMENT ON COLUMN dwello.reviews.reveal_at IS 'From when it is shown.';
SELECT pg_catalog.pg_extension_config_dump('dwello.reviews', '');
CREATE POLICY reviews_read ON dwello.reviews FOR SELECT
  USING ((reviewer_id = dwello.current_user_id()
    OR (reviewee_id = dwello.current_user_id() AND reveal_at <= pg_catalog.statement_timestamp())
    OR (dwello.current_user_id() IS NOT NULL AND is_public AND reveal_at <= pg_catalog.statement_timestamp()))
    AND deleted_at IS NULL);
GRANT SELECT ON dwello.reviews TO dwello_app, dwello_service, dwello_support, dwello_admin;
-- of providers: what is said of homeowners is for who works with them
CREATE POLICY reviews_public ON dwello.reviews FOR SELECT TO dwello_public
  USING (is_public AND reviewee_id = provider_id AND reveal_at <= pg_catalog.statement_timestamp() AND deleted_at IS NULL);
GRANT SELECT (job_id, id, provider_id, rating, axes, title, comment, is_unpaid, created_at) ON dwello.reviews TO dwello_public;

CREATE TABLE dwello.review_responses (
  job_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  review_id uuid NOT NULL,
  homeowner_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  responder_id uuid NOT NULL,
  response text NOT NULL CONSTRAINT review_responses_response_check CHECK (pg_catalog.char_length(response) BETWEEN 1 AND 10000),
  is_public boolean NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT review_responses_pkey PRIMARY KEY (job_id, id),
  CONSTRAINT review_responses_review_fkey FOREIGN KEY (job_id, review_id) REFERENCES dwello.reviews (job_id, id),
  CONSTRAINT review_responses_review_key UNIQUE (job_id, review_id),
  CONSTRAINT review_responses_side_check CHECK (responder_id IN (homeowner_id, provider_id))
);
COMMENT ON TABLE dwello.review_responses IS 'The answer of a reviewed side, one a review.';
COMMENT ON COLUMN dwello.review_responses.review_id IS 'The review that is answered.';
COMMENT ON COLUMN dwello.review_responses.responder_id IS 'Who answers: the reviewed side.';
COMMENT ON COLUMN dwello.review_responses.response IS 'What they say.';
SELECT pg_catalog.pg_extension_config_dump('dwello.review_responses', '');
CREATE POLICY review_responses_read ON dwello.review_responses FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id()
    OR (dwello.current_user_id() IS NOT NULL AND is_public));
GRANT SELECT ON dwello.review_responses TO dwello_app, dwello_service, dwello_support, dwello_admin;
CREATE POLICY review_responses_public ON dwello.review_responses FOR SELECT TO dwello_public
  USING (is_public AND responder_id = provider_id);
GRANT SELECT (job_id, id, review_id, provider_id, response, created_at) ON dwello.review_responses TO dwello_public;
