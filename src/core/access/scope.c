/*
 * scope.c
 *		Which scopes of an API key a function asks for: one table.
 *
 * The table decides for every function that begins with who calls.  One that
 * changes something and is missing here is not open to keys: to be forgotten
 * gives nobody anything.
 */
#include "core/access/access.h"

#include <string.h>

static const char *const scope_labels[DW_SCOPE_COUNT] = {
	[DW_SCOPE_READ] = "read",
	[DW_SCOPE_WRITE] = "write",
	[DW_SCOPE_MONEY] = "money",
	[DW_SCOPE_PERSONAL] = "personal",
	[DW_SCOPE_ADMIN] = "admin"
};

DW_LABELS(scope, DwScope, scope_labels);

#define NONE	((DwScopeSet) 0)
#define READ	DW_SCOPE_BIT(DW_SCOPE_READ)
#define WRITE	DW_SCOPE_BIT(DW_SCOPE_WRITE)
#define MONEY	DW_SCOPE_BIT(DW_SCOPE_MONEY)
#define PERSONAL DW_SCOPE_BIT(DW_SCOPE_PERSONAL)
#define ADMIN	DW_SCOPE_BIT(DW_SCOPE_ADMIN)

/* What functions ask for; those of one scope together. */
static const struct
{
	DwScopeSet	scopes;			/* all of them are needed */
	const char *functions;		/* names, a blank before and behind each */
}			table[] =

{
	/* signing in, and what lets others sign in */
	{NONE,
		" create_api_key end_session revoke_api_key"
	" revoke_tokens rotate_api_key "},
	{WRITE,
		" add_address add_credential answer_counter answer_invite"
		" approve_proposal complete_job configure_agent confirm_bid"
		" counter_bid delete_search edit_job invite_provider mark_read"
		" pause_agent post_job post_review publish_job reject_bid"
		" reject_proposal report_progress request_changes"
		" respond_to_review revert_agent revise_bid save_search"
		" send_message set_timers start_job submit_bid submit_milestone"
	" switch_agents update_profile withdraw_bid "},
	/* contracts, payments, and where money goes */
	{MONEY,
		" abandon_job abandon_payment accept_bid add_payment_method"
		" answer_change_order answer_dispute answer_no_show answer_plan"
		" answer_refund apply_promo approve_milestone cancel_escrow"
		" cancel_job cancel_payout confirm_award fund_escrow"
		" hire_provider open_dispute plan_milestones propose_change_order"
		" propose_plan refund_escrow release_escrow"
		" remove_payment_method repay_balance report_no_show"
		" request_capture request_payout request_refund sign_mandate tip"
	" withdraw_dispute "},
	{PERSONAL,
		" export_user_data get_user_contact job_site request_contact"
	" set_tax_profile tax_profile "},
	{ADMIN,
		" add_category edit_category promote_parameters reinstate_user"
		" requeue_events set_flag set_json_schema set_setting"
	" suspend_user verify_credential verify_user "},
	/* money of the platform, and of others */
	{MONEY | ADMIN,
		" add_promo_code approve_journal assign_receipt"
		" book_statement_line close_period end_fee_schedule"
		" import_statement post_journal reject_journal reopen_period"
		" resolve_dispute retry_refund return_receipt reverse_journal"
		" reverse_transaction set_fee_schedule set_fx_rate set_psp_units"
		" set_setting_amount verify_payment_method withdraw_fees"
	" write_off "},
	/* what only administrators and support may see */
	{READ | ADMIN,
		" account_statement balance_at check export_ledger journals"
	" reconcile reconcile_external trial_balance verify_ledger "}
};

/* The row of a function; NULL when it has none. */
static const DwScopeSet *
scopes_find(const char *function)
{
	size_t		length = strlen(function);

	if (length == 0 || strchr(function, ' ') != NULL)
		return NULL;
	for (int i = 0; i < DW_LENGTH(table); i++)
	{
		const char *at = table[i].functions;

		while ((at = strstr(at, function)) != NULL)
		{
			if (at[-1] == ' ' && at[length] == ' ')
				return &table[i].scopes;
			at += length;
		}
	}
	return NULL;
}

bool
dw_scopes_listed(const char *function)
{
	return scopes_find(function) != NULL;
}

DwScopeSet
dw_scopes_needed(const char *function, bool read_only)
{
	const DwScopeSet *scopes = scopes_find(function);

	if (scopes != NULL)
		return *scopes;
	return read_only ? READ : NONE;
}

void
dw_scopes_write(DwScopeSet scopes, char text[DW_SCOPES_TEXT_SIZE])
{
	size_t		used = 0;

	for (int i = 0; i < DW_SCOPE_COUNT; i++)
	{
		size_t		length = strlen(scope_labels[i]);

		if ((scopes & DW_SCOPE_BIT(i)) == 0)
			continue;
		if (used > 0)
			text[used++] = ' ';
		memcpy(text + used, scope_labels[i], length);
		used += length;
	}
	text[used] = '\0';
}

/* The scope whose word stands at a place, of that length. */
static bool
word_parse(const char *word, size_t length, DwScope *scope)
{
	for (int i = 0; i < DW_SCOPE_COUNT; i++)
	{
		if (strlen(scope_labels[i]) == length &&
			memcmp(scope_labels[i], word, length) == 0)
		{
			*scope = (DwScope) i;
			return true;
		}
	}
	return false;
}

bool
dw_scopes_parse(const char *text, DwScopeSet *scopes)
{
	DwScopeSet	read = 0;

	for (;;)
	{
		const char *end = strchr(text, ' ');
		size_t		length = end == NULL ? strlen(text)
			: (size_t) (end - text);
		DwScope		scope;

		if (!word_parse(text, length, &scope) ||
			(read & DW_SCOPE_BIT(scope)) != 0)
			return false;
		read |= DW_SCOPE_BIT(scope);
		if (end == NULL)
			break;
		text = end + 1;
	}
	*scopes = read;
	return true;
}
