/*
 * token_server.c
 *		The setting dwello.token: bound to its transaction, then verified.
 *
 * BINDING.  Behind a transaction pooler a value left in the session would
 * make the next client that user.  So the check hook, which runs once for
 * every value that anybody sets, stores it as "<local transaction id>:<token>"
 * and a use compares the number with the transaction it runs in.  The number
 * is part of the value: when a savepoint is rolled back and the server puts
 * an older value back, it comes with the number it was set under, and no
 * order of SET, SET LOCAL and ROLLBACK can bind it anew.  A parallel worker
 * gets the leader's values as they are stored and compares with the leader's
 * transaction.  The number zero fits no transaction.
 *
 * VERIFYING.  Signature first, then the claims; then token_cutoffs, looked
 * up as dwello_owner.  The answer is kept for the transaction; the assign
 * hook drops it whenever the value changes.  What the signature proved is
 * kept for longer: for the same text, while the keyring is the same.  Expiry
 * is compared with the start of the statement at every use.
 *
 * WITHOUT A TOKEN the caller's database role decides.  The system is never the
 * absence of something: a role is the service's and nothing else, or a
 * superuser says so by dwello.act_as_system.  A login that is in the service
 * and acts for users, too, would become the system by forgetting a token, so
 * it is nobody.  And so is the service once a token was set in the
 * transaction, an empty one too.
 *
 * That must outlive rollbacks and reach parallel workers, which get the values
 * of settings and of nothing else: so it is a setting, dwello.token_set_in.
 * Its value never passes through the server: the variable is written, as the
 * server writes that of transaction_read_only, so that no rollback brings an
 * old one back.  A source above the default's has workers sent it.
 *
 * The caller's role is GetOuterUserId(): SET ROLE counts, the owner of a
 * function that is running does not.  What it belongs to is remembered until
 * a role or a membership changes.
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "access/parallel.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/syscache.h"

#include "core/identity/identity.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/identity/identity_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"

/* The signature as it stands in a token. */
#define SIGNATURE_DIGITS DW_BASE64URL_LENGTH(DW_SHA256_BYTES)

/* How far a token's iat may lead the clock, in seconds; under the skew. */
#define ISSUE_AHEAD_MAX (DW_TOKEN_SKEW / 2)

/* How old the heartbeat is before it is written again, in seconds. */
#define BEAT_SECONDS 5

/* Room for "4294967295:". */
#define BINDING_SIZE 12

/* The stored value of dwello.token; "" or "<binding>:<token>". */
static char *stored_token = NULL;

/* The setting dwello.token_audience; "" for the database's own. */
static char *token_audience = NULL;

/* The setting dwello.session_tokens. */
static bool session_tokens = false;

/* The setting dwello.money_tokens_once. */
static bool money_tokens_once = false;

/*
 * The setting dwello.token_set_in: the local transaction in which a token
 * was last set, an empty one too.
 */
static int	token_set_in = 0;

/* True while the setting is being defined, see check_token. */
static bool defining = false;

/* What the current value was found to prove. */
static struct
{
	LocalTransactionId lxid;	/* verified in this transaction; 0 = never */
	DwClaims	claims;			/* what it says */
}			verified;

/* The last token whose signature was good, whatever became of it. */
static struct
{
	int64		ring;			/* dw_keyring_reading() then */
	size_t		length;			/* 0 = none yet */
	char		text[DW_TOKEN_MAX]; /* not terminated */
	DwClaims	claims;			/* what it says */
}			signed_last;

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

static bool check_audience(char **newval, void **extra, GucSource source);
static bool check_token(char **newval, void **extra, GucSource source);
static void assign_token(const char *newval, void *extra);
static bool check_act_as_system(bool *newval, void **extra, GucSource source);
static void roles_changed(Datum arg, int cache, uint32 hash);
static int	kinds_of_caller(void);
static DwActorKind kind_without_token(void);
static bool check_token_set_in(int *newval, void **extra, GucSource source);
static const char *show_token(void);
static bool value_bind(char **value, LocalTransactionId lxid);
static LocalTransactionId binding_now(void);
static bool token_was_set(void);
static const char *token_of_now(void);
static void token_verify(void);
static int64 issue_second(const DwUuid *user_id);
static bool token_read(const char *token, size_t length, DwClaims *claims);
static bool signature_good(const DwToken *parts);
static bool revoked(const DwClaims *claims);
static TimestampTz cutoff_read(const DwUuid *user_id);
static bool cutoff_find(const DwUuid *user_id, bool in_snapshot,
						TimestampTz *not_before);
static int64 now_seconds(void);
pg_noreturn static void refuse(void);

void
dw_token_init(void)
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
	DefineCustomIntVariable("dwello.token_set_in",
							"The transaction that a token was last set in.",
							"Nobody sets it.",
							&token_set_in, 0, PG_INT32_MIN, PG_INT32_MAX,
							PGC_SUSET,
							GUC_NO_SHOW_ALL | GUC_NO_RESET_ALL |
							GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE,
							check_token_set_in, NULL, NULL);
	(void) set_config_option("dwello.token_set_in", "0", PGC_SUSET,
							 PGC_S_OVERRIDE, GUC_ACTION_SAVE, true, 0, false);

	DefineCustomBoolVariable("dwello.session_tokens",
							 "Lets a token outlive its transaction.",
							 "For psql and workers with a connection of"
							 " their own; never behind a pooler.",
							 &session_tokens, false,
							 PGC_SUSET, 0, NULL, NULL, NULL);

	DefineCustomBoolVariable("dwello.money_tokens_once",
							 "Lets a token move money in one transaction.",
							 NULL,
							 &money_tokens_once, false,
							 PGC_SUSET, 0, NULL, NULL, NULL);

	DefineCustomStringVariable("dwello.token_audience",
							   "Whom tokens are for (aud).",
							   "Empty: this database and its standbys alone."
							   " Databases that shall accept each other's"
							   " tokens are given the same.",
							   &token_audience, "",
							   PGC_SUSET, 0, check_audience, NULL, NULL);

	defining = true;
	DefineCustomStringVariable("dwello.token",
							   "The token that says who calls.",
							   "Set it with dwello.login(token), in the"
							   " transaction that uses it.",
							   &stored_token, "",
							   PGC_USERSET,
							   GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE |
							   GUC_DISALLOW_IN_FILE,
							   check_token, assign_token, show_token);
	defining = false;
}

DwActor
dw_identity(void)
{
	DwActor		actor = {0};

	if (!dw_token_present())
	{
		actor.kind = kind_without_token();
		return actor;
	}
	if (verified.lxid != dw_proc_lxid(MyProc) ||
		!LocalTransactionIdIsValid(verified.lxid))
		token_verify();
	else if (now_seconds() >= verified.claims.exp)
		refuse();				/* what has begun can only end */
	actor.user_id = verified.claims.sub;
	actor.kind = verified.claims.role;
	return actor;
}

char *
dw_token_id(void)
{
	/* also verifies it, should nobody have asked for it yet */
	if (dw_identity().kind == DW_ACTOR_NONE || !dw_token_present() ||
		verified.claims.jti[0] == '\0')
		return NULL;
	return pstrdup(verified.claims.jti);
}

/* Raises 42501 for what no key may call. */
static void
refuse_keys(const char *function)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("dwello.%s is not open to API keys", function),
			 errhint("The user signs in themselves, and calls it with a"
					 " token.")));
}

/* Raises 42501 for the scopes that are missing. */
static void
refuse_scopes(const char *function, DwScopeSet missing)
{
	char		words[DW_SCOPES_TEXT_SIZE];

	dw_scopes_write(missing, words);
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("the API key does not have the scope \"%s\"", words),
			 errdetail("dwello.%s needs it.", function),
			 errhint("dwello.create_api_key() makes one that has it.")));
}

/* Raises 42501 when a key's scopes do not reach as far as a function. */
static void
scopes_check(const char *function, bool read_only)
{
	const DwScopeSet has = verified.claims.scopes;
	const DwScopeSet needs = dw_scopes_needed(function, read_only);

	if (needs == 0)
		refuse_keys(function);
	if ((needs & ~has) != 0)
		refuse_scopes(function, needs & ~has);
}

/* WD402: the token was used, or cannot be told from others. */
pg_noreturn static void
refuse_use(const char *function, const char *reason)
{
	dw_raise(DW_INVALID_TOKEN,
			 psprintf("the token is not good for dwello.%s", function),
			 reason,
			 "Ask for a new token, and send the request again with its"
			 " idempotency_key: what was done is not done twice.");
}

/* Deletes a few of the user's that have expired: nobody comes with them. */
static void
uses_forget(const DwUuid *user_id)
{
	static DwStatement forget =
		DW_STATEMENT("DELETE FROM dwello.token_uses WHERE user_id = $1 "
					 "AND token_id IN (SELECT u.token_id "
					 "FROM dwello.token_uses AS u WHERE u.user_id = $1 "
					 "AND u.expires_at < $2 LIMIT 10 "
					 "FOR UPDATE SKIP LOCKED)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_time(&p, GetCurrentTimestamp() - USECS_PER_MINUTE);
	(void) dw_execute(&forget, &p);
}

/* Writes that this transaction uses the token; false: another one has. */
static bool
use_write(const DwClaims *claims)
{
	static DwStatement upsert =
		DW_STATEMENT("INSERT INTO dwello.token_uses AS u "
					 "(user_id, token_id, transaction_number, expires_at) "
					 "VALUES ($1, $2, $3, $4) "
					 "ON CONFLICT ON CONSTRAINT token_uses_pkey "
					 "DO UPDATE SET expires_at = EXCLUDED.expires_at "
					 "WHERE u.transaction_number = $3");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &claims->sub);
	dw_param_text(&p, claims->jti);
	dw_param_int8(&p, (int64)
				  U64FromFullTransactionId(GetTopFullTransactionId()));
	dw_param_time(&p, time_t_to_timestamptz(claims->exp));
	return dw_execute(&upsert, &p) > 0;
}

/*
 * Who copied a token can use it until it expires.  With the setting
 * dwello.money_tokens_once the first transaction that moves money by it is
 * the last one: another that comes with it waits for its end, and is refused.
 * What is rolled back has used nothing.  A client whose answer was lost asks
 * again with the same idempotency key and a new token.
 */
static void
token_use(const char *function)
{
	const DwClaims *claims = &verified.claims;
	const DwScopeSet money = DW_SCOPE_BIT(DW_SCOPE_MONEY);

	if (!money_tokens_once || !(dw_scopes_needed(function, false) & money))
		return;
	if (claims->jti[0] == '\0')
		refuse_use(function, "It has no id (jti).");
	if (!use_write(claims))
		refuse_use(function, "Another transaction has moved money by it.");
	uses_forget(&claims->sub);
}

void
dw_token_allow(const char *function, bool read_only)
{
	if (!dw_token_present())
		return;
	if (verified.claims.scopes != 0)
		scopes_check(function, read_only);
	if (!read_only)
		token_use(function);
}

bool
dw_token_present(void)
{
	return stored_token != NULL && stored_token[0] != '\0';
}

void
dw_token_set(const char *token, bool is_local)
{
	(void) set_config_option("dwello.token", token == NULL ? "" : token,
							 PGC_USERSET, PGC_S_SESSION,
							 is_local ? GUC_ACTION_LOCAL : GUC_ACTION_SET,
							 true, 0, false);
}

bool
dw_session_tokens_allowed(void)
{
	return session_tokens;
}

const char *
dw_token_audience(void)
{
	static char own[DW_TOKEN_AUDIENCE_SIZE];
	const DwUuid *data_id;
	uint64		system = pg_hton64(GetSystemIdentifier());
	uint32		database = pg_hton32(MyDatabaseId);
	uint8		text[sizeof(DwUuid) + sizeof(system) + sizeof(database)] = {0};
	uint8		digest[DW_SHA256_BYTES];

	if (token_audience[0] != '\0')
		return token_audience;
	/* without one nothing is sealed, and nobody registered */
	data_id = dw_data_id(false);
	if (data_id != NULL)
		memcpy(text, data_id, sizeof(DwUuid));
	memcpy(text + sizeof(DwUuid), &system, sizeof(system));
	memcpy(text + sizeof(DwUuid) + sizeof(system), &database,
		   sizeof(database));
	dw_sha256(text, sizeof(text), digest);
	dw_audience_write(digest, own);
	return own;
}

char *
dw_token_issue(const DwUuid *user_id, DwActorKind role, int64 ttl_seconds)
{
	const DwActor bearer = {*user_id, role};

	return dw_token_issue_scoped(&bearer, ttl_seconds, 0);
}

char *
dw_token_issue_scoped(const DwActor *bearer, int64 ttl_seconds,
					  DwScopeSet scopes)
{
	const DwKey *key = dw_keyring_need(DW_KEY_TOKEN);
	char	   *text = palloc(DW_TOKEN_WRITE_SIZE + SIGNATURE_DIGITS + 2);
	uint8		digest[DW_SHA256_BYTES];
	DwClaims	claims = {0};
	uint8		id[16];
	size_t		length;

	dw_random(id, sizeof(id));
	hex_encode((char *) id, sizeof(id), claims.jti);
	claims.sub = bearer->user_id;
	claims.role = bearer->kind;
	claims.scopes = scopes;
	claims.iat = issue_second(&bearer->user_id);
	claims.nbf = claims.iat;
	claims.exp = claims.iat + ttl_seconds;
	strlcpy(claims.aud, dw_token_audience(), sizeof(claims.aud));

	length = dw_token_write(&claims, key->id, text, DW_TOKEN_WRITE_SIZE);
	Assert(length > 0);
	dw_hmac(key, text, length, digest);
	text[length++] = '.';
	length += dw_base64url_encode(digest, sizeof(digest), text + length,
								  SIGNATURE_DIGITS);
	text[length] = '\0';
	return text;
}

/*
 * The second that a token issued now names.  iat is cut to the second, so
 * within the second of a cutoff it is the next one: who has just changed their
 * password signs in at once.  A cutoff that was set further ahead stands.
 */
static int64
issue_second(const DwUuid *user_id)
{
	int64		now = timestamptz_to_time_t(GetCurrentTimestamp());
	TimestampTz cutoff = cutoff_read(user_id);
	int64		first;

	if (TIMESTAMP_NOT_FINITE(cutoff))
		return now;
	first = timestamptz_to_time_t(cutoff - 1) + 1;
	return first > now && first - now <= ISSUE_AHEAD_MAX ? first : now;
}

/* Lets in an audience, and nothing, which is the database's own. */
static bool
check_audience(char **newval, void **extra, GucSource source)
{
	if (**newval == '\0' || dw_audience_valid(*newval))
		return true;
	GUC_check_errdetail("It must be up to %d printable characters of ASCII,"
						" no blank, quote or backslash.",
						DW_TOKEN_AUDIENCE_SIZE - 1);
	return false;
}

/*
 * Lets a token in from the session or the client's start-up only: a value
 * that ALTER ROLE or ALTER DATABASE SET leaves for others would be theirs
 * (session fixation), and one in a file would be everybody's.
 *
 * A value that was set before this library was loaded could be a former
 * pooled client's, so it is bound to no transaction.
 */
static bool
check_token(char **newval, void **extra, GucSource source)
{
	if (source == PGC_S_SESSION && !InitializingParallelWorker)
		token_set_in = (int) binding_now();
	if (*newval == NULL || (*newval)[0] == '\0')
		return true;
	if (source != PGC_S_SESSION && source != PGC_S_CLIENT)
	{
		/* with a message of our own the server does not quote the value */
		GUC_check_errcode(ERRCODE_INSUFFICIENT_PRIVILEGE);
		GUC_check_errmsg("\"dwello.token\" can only be set in the session"
						 " that uses it");
		return false;
	}
	if (InitializingParallelWorker)
		return true;			/* bound by the leader */
	return value_bind(newval, defining ? InvalidLocalTransactionId :
					  binding_now());
}

/* Nobody sets it but dw_token_init, and the leader of a parallel worker. */
static bool
check_token_set_in(int *newval, void **extra, GucSource source)
{
	if (source == PGC_S_DEFAULT || source == PGC_S_OVERRIDE)
		return true;
	GUC_check_errcode(ERRCODE_INSUFFICIENT_PRIVILEGE);
	GUC_check_errmsg("\"dwello.token_set_in\" cannot be set");
	return false;
}

/* Another value proves nothing yet. */
static void
assign_token(const char *newval, void *extra)
{
	verified.lxid = InvalidLocalTransactionId;
}

/* Shows whether a token is set, never which. */
static const char *
show_token(void)
{
	return dw_token_present() ? "(set)" : "";
}

/*
 * Puts the binding before a new value.  Always: a text that looks bound
 * already is some client's text.
 */
static bool
value_bind(char **value, LocalTransactionId lxid)
{
	size_t		size = BINDING_SIZE + strlen(*value) + 1;
	char	   *bound = dw_guc_malloc(size);

	if (bound == NULL)
	{
		GUC_check_errcode(ERRCODE_OUT_OF_MEMORY);
		GUC_check_errmsg("out of memory");
		return false;
	}
	snprintf(bound, size, "%u:%s", lxid, *value);
	dw_guc_free(*value);
	*value = bound;
	return true;
}

/* The transaction that a value set or used now belongs to. */
static LocalTransactionId
binding_now(void)
{
	if (MyProc == NULL)
		return InvalidLocalTransactionId;
	if (IsParallelWorker() && MyProc->lockGroupLeader != NULL)
		return dw_proc_lxid(MyProc->lockGroupLeader);
	return dw_proc_lxid(MyProc);
}

/* Tells whether a token was set in this transaction, an empty one too. */
static bool
token_was_set(void)
{
	LocalTransactionId now = binding_now();

	return LocalTransactionIdIsValid(now) &&
		now == (LocalTransactionId) token_set_in;
}

/* Gives the token if it was set in this transaction; WD402 otherwise. */
static const char *
token_of_now(void)
{
	char	   *end;
	unsigned long lxid = strtoul(stored_token, &end, 10);

	Assert(*end == ':');
	if (!session_tokens &&
		(lxid == InvalidLocalTransactionId || lxid != binding_now()))
		refuse();
	return end + 1;
}

void
dw_heartbeat_write(void)
{
	/* a row that is locked is being written */
	static DwStatement lock =
		DW_STATEMENT("SELECT FROM dwello.heartbeat AS h "
					 "WHERE h.beat_at < $1 FOR NO KEY UPDATE SKIP LOCKED");
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.heartbeat SET beat_at = $1");
	TimestampTz now = GetCurrentTimestamp();
	DwParams	old = DW_PARAMS;
	DwParams	p = DW_PARAMS;

	dw_param_time(&old, now - BEAT_SECONDS * USECS_PER_SEC);
	if (dw_execute(&lock, &old) == 0)
		return;
	dw_param_time(&p, now);
	(void) dw_execute(&update, &p);
}

/* When a worker was last at work, as far as this standby knows. */
static TimestampTz
heartbeat_read(void)
{
	static DwStatement find =
		DW_STATEMENT("SELECT h.beat_at FROM dwello.heartbeat AS h");

	return dw_query(&find, NULL) == 0 ? DT_NOBEGIN : dw_read_only_time(0);
}

/* True on a standby so far behind that a token may have been revoked. */
static bool
lags(void)
{
	DwOwnerScope scope;
	TimestampTz oldest;
	int64		most;
	bool		is_behind = false;

	if (!RecoveryInProgress())
		return false;
	dw_owner_begin(&scope);
	most = dw_setting_int8("token_lag_seconds");
	if (most > 0)
	{
		oldest = GetCurrentTimestamp() - most * USECS_PER_SEC;
		is_behind = heartbeat_read() < oldest;
	}
	dw_owner_end(&scope);
	return is_behind;
}

/*
 * Raises WD402 where this standby cannot know what was revoked.  It is told
 * before the token is looked at, so it says nothing of that.
 */
static void
refuse_lag(void)
{
	if (lags())
		ereport(ERROR,
				(errcode(ERRCODE_DW_INVALID_TOKEN),
				 errmsg("standby is too far behind to accept tokens"),
				 errdetail("It is behind by more than the setting"
						   " token_lag_seconds."),
				 errhint("Ask the primary, or another standby.")));
}

/* Verifies the current value and remembers whom it names. */
static void
token_verify(void)
{
	const char *token = token_of_now();
	const DwClaimsTime time = {
		timestamptz_to_time_t(GetCurrentTimestamp()), now_seconds()
	};
	DwClaims	claims;

	verified.lxid = InvalidLocalTransactionId;
	refuse_lag();
	if (!token_read(token, strnlen(token, DW_TOKEN_MAX + 1), &claims) ||
		dw_claims_check(&claims, dw_token_audience(), &time) !=
		DW_TOKEN_FINE ||
		revoked(&claims))
		refuse();
	verified.claims = claims;
	verified.lxid = dw_proc_lxid(MyProc);
}

/*
 * Reads what a token says; false unless one of our keys signed it.  A text
 * that was read last, with the keys as they still are, is not read again;
 * it is compared in constant time, for it may be another client's.
 */
static bool
token_read(const char *token, size_t length, DwClaims *claims)
{
	DwToken		parts;
	int64		ring;

	(void) dw_keyring_load();
	ring = dw_keyring_reading();
	if (length > 0 && length == signed_last.length &&
		ring == signed_last.ring &&
		CRYPTO_memcmp(token, signed_last.text, length) == 0)
	{
		*claims = signed_last.claims;
		return true;
	}
	if (dw_token_split(token, length, &parts) != DW_TOKEN_FINE ||
		!signature_good(&parts) ||
		dw_token_read(&parts, claims) != DW_TOKEN_FINE)
		return false;
	signed_last.ring = ring;
	signed_last.length = length;
	memcpy(signed_last.text, token, length);
	signed_last.claims = *claims;
	return true;
}

/*
 * True when one of our keys made the signature.  Every key is tried, always:
 * the key id in the header is not verified yet, so it is not read.
 */
static bool
signature_good(const DwToken *parts)
{
	const DwKeyring *ring = dw_keyring_load();
	bool		good = false;
	bool		any = false;
	int			i;

	for (i = 0; i < ring->count; i++)
	{
		uint8		digest[DW_SHA256_BYTES];

		if (ring->keys[i].kind != DW_KEY_TOKEN)
			continue;
		any = true;
		dw_hmac(&ring->keys[i], parts->header, parts->signed_length, digest);
		good |= CRYPTO_memcmp(digest, parts->signature, sizeof(digest)) == 0;
	}
	if (!any)
		(void) dw_keyring_need(DW_KEY_TOKEN);	/* raises WD601 */
	return good;
}

/* True when the user's tokens of that time were taken back. */
static bool
revoked(const DwClaims *claims)
{
	TimestampTz cutoff = cutoff_read(&claims->sub);

	if (TIMESTAMP_NOT_FINITE(cutoff))
		return TIMESTAMP_IS_NOEND(cutoff);

	/* iat is cut to the second: within the cutoff's second it is too old */
	return claims->iat <= timestamptz_to_time_t(cutoff - 1);
}

/* Looks up the user's cutoff, whoever the caller is. */
static TimestampTz
cutoff_read(const DwUuid *user_id)
{
	TimestampTz not_before = DT_NOBEGIN;
	DwOwnerScope scope;

	dw_owner_begin(&scope);
	if (!cutoff_find(user_id, true, &not_before))
		not_before = DT_NOBEGIN;
	dw_owner_end(&scope);
	return not_before;
}

/*
 * Reads the user's row of token_cutoffs, in the caller's snapshot or as it is
 * now; false when there is none.
 */
static bool
cutoff_find(const DwUuid *user_id, bool in_snapshot, TimestampTz *not_before)
{
	static DwStatement find =
		DW_STATEMENT("SELECT c.not_before FROM dwello.token_cutoffs AS c "
					 "WHERE c.user_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	if ((in_snapshot ? dw_query(&find, &p) : dw_execute(&find, &p)) == 0)
		return false;
	*not_before = dw_read_only_time(0);
	return true;
}

/* Writes until when a user's tokens are refused. */
static void
cutoff_write(const DwUuid *user_id, TimestampTz not_before)
{
	static DwStatement upsert =
		DW_STATEMENT("INSERT INTO dwello.token_cutoffs (user_id, not_before) "
					 "VALUES ($1, $2) "
					 "ON CONFLICT ON CONSTRAINT token_cutoffs_pkey "
					 "DO UPDATE SET not_before = EXCLUDED.not_before");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_time(&p, not_before);
	(void) dw_execute(&upsert, &p);
}

TimestampTz
dw_tokens_revoke(const DwUuid *user_id)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz before;

	/*
	 * iat counts whole seconds, and issuing moves it past the second of the
	 * cutoff: a second cutoff within that second must lie a second later to
	 * reach such a token.  One without end stays.
	 */
	if (cutoff_find(user_id, false, &before) &&
		before >= now - now % USECS_PER_SEC)
		now = TIMESTAMP_IS_NOEND(before) ? before
			: Max(now, before + USECS_PER_SEC);
	cutoff_write(user_id, now);
	return now;
}

void
dw_tokens_bar(const DwUuid *user_id)
{
	/*
	 * A time would not do: a token that is issued while this transaction is
	 * under way would be later than it.
	 */
	cutoff_write(user_id, DT_NOEND);
}

void
dw_tokens_admit(const DwUuid *user_id)
{
	TimestampTz before;

	if (cutoff_find(user_id, false, &before) && TIMESTAMP_IS_NOEND(before))
		cutoff_write(user_id, GetCurrentTimestamp() + USECS_PER_SEC);
}

/* The statement's start on the real clock, in seconds since 1970. */
static int64
now_seconds(void)
{
	return timestamptz_to_time_t(GetCurrentStatementStartTimestamp());
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
static DwActorKind
kind_without_token(void)
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
			return token_was_set() ? DW_ACTOR_NONE : DW_ACTOR_SYSTEM;
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
	if ((kinds & ROLE_SERVICE) && token_was_set())
		return "dwello.login() was called in this transaction: the role is"
			" the system again in the next.";
	return "Call dwello.login() with a token first, in the same transaction.";
}

/*
 * Raises WD402.  One text for every reason: which check failed is of use
 * only to whoever tries them out.
 */
static void
refuse(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DW_INVALID_TOKEN),
			 errmsg("token is not valid"),
			 errdetail("It is malformed, not signed by this platform,"
					   " expired, revoked, or was set in another"
					   " transaction."),
			 errhint("Call dwello.login(token) with a fresh token in the"
					 " transaction that uses it.")));
}
