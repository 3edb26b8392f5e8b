/*
 * role_server.c
 *		What the caller's database role is: a superuser's, the service's, one
 *		that acts for users, a visitors'.
 *
 * WITHOUT A TOKEN the caller's database role decides.  The system is never the
 * absence of something: a role is the service's and nothing else, or a
 * superuser says so by dwello.act_as_system.  A login that is in the service
 * and acts for users, too, would become the system by forgetting a token, so
 * it is nobody.  And so is the service once a token was set in the
 * transaction, an empty one too.
 *
 * The caller's role is GetOuterUserId(): SET ROLE counts, the owner of a
 * function that is running does not.  What it belongs to is remembered until
 * a role or a membership changes.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/syscache.h"

#include "server/identity/identity_server.h"
#include "server/identity/identity_server_int.h"

/* What a role is; bits. */
typedef enum RoleKind
{
	ROLE_SUPERUSER = 1 << 0,
	ROLE_SERVICE = 1 << 1,
	ROLE_USERS = 1 << 2,		/* acts for users */
	ROLE_VISITORS = 1 << 3		/* acts for whoever has no account */
} RoleKind;

/* A group, and what a member of it is. */
typedef struct RoleGroup
{
	const char *name;			/* of the role */
	RoleKind	kind;			/* of its members */
} RoleGroup;

static const RoleGroup groups[] = {
	{"dwello_service", ROLE_SERVICE},
	{"dwello_app", ROLE_USERS},
	{"dwello_support", ROLE_USERS},
	{"dwello_admin", ROLE_USERS},
	{"dwello_public", ROLE_VISITORS}
};

/* The setting dwello.act_as_system. */
static bool act_as_system = false;

/* Changes of roles and memberships that this backend has heard of. */
static uint64 changes = 1;

/* The last role that was looked at. */
static struct
{
	Oid			role;			/* whose */
	uint64		changes;		/* heard of then; 0 = never looked */
	int			kinds;			/* RoleKind bits */
}			known;

static bool check_act_as_system(bool *newval, void **extra, GucSource source);
static void roles_changed(Datum arg, int cache, uint32 hash);

void
dw_role_init(void)
{
	DefineCustomBoolVariable("dwello.act_as_system",
							 "Lets a superuser without a token act as the"
							 " system.",
							 "For psql and tests; workers have a login in"
							 " dwello_service.",
							 &act_as_system, false, PGC_SUSET,
							 GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE,
							 check_act_as_system, NULL, NULL);
	CacheRegisterSyscacheCallback(AUTHMEMMEMROLE, roles_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHOID, roles_changed, (Datum) 0);
}

/* Has what is remembered of a role looked up again. */
static void
roles_changed(Datum arg, int cache, uint32 hash)
{
	changes++;
}

/* The kinds of a role, from the catalogue. */
static int
kinds_of(Oid role)
{
	int			kinds = superuser_arg(role) ? ROLE_SUPERUSER : 0;

	for (size_t i = 0; i < lengthof(groups); i++)
	{
		Oid			group = get_role_oid(groups[i].name, true);

		if (OidIsValid(group) && is_member_of_role_nosuper(role, group))
			kinds |= groups[i].kind;
	}
	return kinds;
}

/* The kinds of the caller's role. */
static int
kinds_of_caller(void)
{
	Oid			role = GetOuterUserId();

	if (known.role != role || known.changes != changes)
	{
		uint64		heard = changes;	/* looking may hear of more */

		known.kinds = kinds_of(role);
		known.role = role;
		known.changes = heard;
	}
	return known.kinds;
}

/*
 * Lets it in from the session or the client's start-up only: what ALTER ROLE,
 * ALTER DATABASE, a function or a file sets, nobody has said.
 */
static bool
check_act_as_system(bool *newval, void **extra, GucSource source)
{
	if (!*newval || source == PGC_S_SESSION || source == PGC_S_CLIENT)
		return true;
	GUC_check_errcode(ERRCODE_INSUFFICIENT_PRIVILEGE);
	GUC_check_errmsg("\"dwello.act_as_system\" can only be turned on in the"
					 " session that uses it");
	return false;
}

/*
 * Everybody is nobody in an expression of an index or a materialised view
 * that maintenance evaluates: the server has taken on the role of its owner,
 * and who started it (autovacuum, a superuser's ANALYZE) lends them nothing.
 */
DwActorKind
dw_role_kind(void)
{
	int			kinds;

	if (InSecurityRestrictedOperation())
		return DW_ACTOR_NONE;
	kinds = kinds_of_caller();
	if ((kinds & ROLE_SUPERUSER) && act_as_system)
		return DW_ACTOR_SYSTEM;
	switch (kinds & (ROLE_SERVICE | ROLE_USERS | ROLE_VISITORS))
	{
		case ROLE_SERVICE:
			return dw_token_was_set() ? DW_ACTOR_NONE : DW_ACTOR_SYSTEM;
		case ROLE_VISITORS:
			return DW_ACTOR_VISITOR;
		default:
			return DW_ACTOR_NONE;
	}
}

bool
dw_role_acts_for_users(void)
{
	return !InSecurityRestrictedOperation() &&
		(kinds_of_caller() & (ROLE_USERS | ROLE_SUPERUSER)) == ROLE_USERS;
}

bool
dw_role_reads_all(void)
{
	return !InSecurityRestrictedOperation() &&
		(kinds_of_caller() & (ROLE_SERVICE | ROLE_USERS | ROLE_VISITORS)) ==
		ROLE_SERVICE;
}

bool
dw_role_is_service(void)
{
	return (kinds_of_caller() & ROLE_SERVICE) != 0;
}

bool
dw_role_is_superuser(void)
{
	return !InSecurityRestrictedOperation() &&
		(kinds_of_caller() & ROLE_SUPERUSER) != 0;
}

const char *
dw_identity_hint(void)
{
	int			kinds = kinds_of_caller();

	if (kinds & ROLE_SUPERUSER)
		return "Call dwello.login() with a token first, in the same"
			" transaction, or SET dwello.act_as_system = on.";
	if ((kinds & ROLE_SERVICE) && (kinds & (ROLE_USERS | ROLE_VISITORS)))
		return "The role is a member of dwello_service and acts for users,"
			" too: make two logins, one for each.";
	if ((kinds & ROLE_SERVICE) && dw_token_was_set())
		return "dwello.login() was called in this transaction: the role is"
			" the system again in the next.";
	return "Call dwello.login() with a token first, in the same transaction.";
}
