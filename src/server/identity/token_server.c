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
 * SET OR NOT.  Whether a token was set in the transaction, an empty one too,
 * must outlive rollbacks and reach parallel workers, which get the values of
 * settings and of nothing else: so it is a setting, dwello.token_set_in.  Its
 * value never passes through the server: the variable is written, as the
 * server writes that of transaction_read_only, so that no rollback brings an
 * old one back.  A source above the default's has workers sent it.
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "access/parallel.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "core/identity/identity.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/identity/identity_server.h"
#include "server/identity/identity_server_int.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"

/* The signature as it stands in a token. */
#define SIGNATURE_DIGITS DW_BASE64URL_LENGTH(DW_SHA256_BYTES)

/* Room for "4294967295:". */
#define BINDING_SIZE 12

/* The stored value of dwello.token; "" or "<binding>:<token>". */
static char *stored_token = NULL;

/* The setting dwello.token_audience; "" for the database's own. */
static char *token_audience = NULL;

/* The setting dwello.session_tokens. */
static bool session_tokens = false;

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

static bool check_audience(char **newval, void **extra, GucSource source);
static bool check_token(char **newval, void **extra, GucSource source);
static void assign_token(const char *newval, void *extra);
static bool check_token_set_in(int *newval, void **extra, GucSource source);
static const char *show_token(void);
static bool value_bind(char **value, LocalTransactionId lxid);
static LocalTransactionId binding_now(void);
static const char *token_of_now(void);
static void token_verify(void);
static bool token_read(const char *token, size_t length, DwClaims *claims);
static bool signature_good(const DwToken *parts);
static int64 now_seconds(void);
pg_noreturn static void refuse(void);

void
dw_token_init(void)
{
	dw_role_init();
	dw_use_init();
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
		actor.kind = dw_role_kind();
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

const DwClaims *
dw_token_claims(void)
{
	return &verified.claims;
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
	claims.iat = dw_cutoff_issue_second(&bearer->user_id);
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

bool
dw_token_was_set(void)
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
	dw_heartbeat_need();
	if (!token_read(token, strnlen(token, DW_TOKEN_MAX + 1), &claims) ||
		dw_claims_check(&claims, dw_token_audience(), &time) !=
		DW_TOKEN_FINE ||
		dw_cutoff_reaches(&claims))
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

/* The statement's start on the real clock, in seconds since 1970. */
static int64
now_seconds(void)
{
	return timestamptz_to_time_t(GetCurrentStatementStartTimestamp());
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
