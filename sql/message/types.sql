/*
 * Enum types of the domain, with every label that any feature uses: a label
 * cannot be used in the script that adds it, so none is left for later.  The
 * order of labels is the order of the enums of core.
 */
CREATE TYPE dwello.message_type AS ENUM ('text', 'image', 'file', 'system');
COMMENT ON TYPE dwello.message_type IS 'Kind of a message.';

CREATE TYPE dwello.notification_type AS ENUM ('bid_received', 'bid_accepted', 'bid_rejected', 'job_completed',
  'payment_received', 'message_received', 'system');
COMMENT ON TYPE dwello.notification_type IS 'Kind of a notification.';
