/*
 * check_text_store_int.h
 *		Pieces of SQL that the rules of check_store.c have in common.
 */
#ifndef DW_CHECK_TEXT_STORE_INT_H
#define DW_CHECK_TEXT_STORE_INT_H


/* The members of the extension that are tables. */
#define MEMBER_TABLES \
	"pg_catalog.pg_depend AS d " \
	"JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid " \
	"AND e.extname = 'dwello' " \
	"JOIN pg_catalog.pg_class AS c ON c.oid = d.objid " \
	"WHERE d.refclassid = 'pg_extension'::regclass " \
	"AND d.classid = 'pg_class'::regclass AND d.deptype = 'e' "

/* How many rows of a log no month holds. */
#define LOG_ROWS(log) \
	"SELECT '" log "_default' AS name, count(*) AS rows " \
	"FROM dwello." log "_default "

/* The awarded provider, whom children know once he has confirmed. */
#define AWARDED "CASE WHEN j.confirmed_at IS NOT NULL THEN j.provider_id END"

/*
 * What the rows of a child have of their job's columns, beside the job's
 * own.  Where provider_id is another person than the awarded, AWARDED stands
 * for it, and agrees with itself.
 */
#define CHILD(relation, key, homeowner, provider, listed) \
	"SELECT '" relation "' AS relation, j.id AS job_id, " \
	homeowner " AS homeowner_id, " \
	"j.homeowner_id AS job_homeowner_id, " provider " AS provider_id, " \
	AWARDED " AS job_provider_id, " listed "::boolean AS is_listed, " \
	"j.is_listed AS job_is_listed FROM dwello." relation " AS c " \
	"JOIN dwello.jobs AS j ON j.id = c." key " "
#define JOB_CHILD(relation, provider, listed) \
	CHILD(relation, "job_id", "c.homeowner_id", provider, listed)

/* Of a transaction: the one of payer and payee who is not the other side. */
#define SIDE(other_side) \
	"CASE c.payer_id WHEN " other_side " THEN c.payee_id ELSE c.payer_id END"

/* The same of a child of a bid. */
#define BID_CHILD(relation) \
	"SELECT '" relation "' AS relation, job_id, bid_id, homeowner_id, " \
	"provider_id FROM dwello." relation " "

#endif							/* DW_CHECK_TEXT_STORE_INT_H */
