/*
 * escrow_machine.c
 *		Decides what may happen to an escrow: its words and its table.
 *
 * Where an event leads follows from the amounts (dw_escrow_status); the table
 * lists each state it can lead to, and the guard is the amounts' condition.
 * In a state that may hold money there is always a way out: a release, a
 * mediator, or the bank's decision.
 */
#include "core/escrow/escrow.h"

#include "core/base/base.h"

static const char *const escrow_status_labels[] = {
	[DW_ESCROW_CREATED] = "created",
	[DW_ESCROW_FUNDING] = "funding",
	[DW_ESCROW_HELD] = "held",
	[DW_ESCROW_PARTIALLY_RELEASED] = "partially_released",
	[DW_ESCROW_RELEASED] = "released",
	[DW_ESCROW_REFUNDED] = "refunded",
	[DW_ESCROW_SETTLED] = "settled",
	[DW_ESCROW_DISPUTED] = "disputed",
	[DW_ESCROW_FROZEN] = "frozen",
	[DW_ESCROW_CHARGED_BACK] = "charged_back",
	[DW_ESCROW_CANCELLED] = "cancelled",
	[DW_ESCROW_FAILED] = "failed"
};

static const char *const escrow_event_labels[] = {
	[DW_ESCROW_EVENT_OPEN] = "confirm_award",
	[DW_ESCROW_EVENT_FUND] = "fund_escrow",
	[DW_ESCROW_EVENT_CONFIRM_PAYMENT] = "confirm_payment",
	[DW_ESCROW_EVENT_FAIL_PAYMENT] = "fail_payment",
	[DW_ESCROW_EVENT_CANCEL] = "cancel_escrow",
	[DW_ESCROW_EVENT_SUBMIT] = "submit_milestone",
	[DW_ESCROW_EVENT_REQUEST_CHANGES] = "request_changes",
	[DW_ESCROW_EVENT_RELEASE] = "release_escrow",
	[DW_ESCROW_EVENT_APPROVE] = "approve_milestone",
	[DW_ESCROW_EVENT_RELEASE_DUE] = "release_due_escrows",
	[DW_ESCROW_EVENT_REFUND] = "refund_escrow",
	[DW_ESCROW_EVENT_OPEN_DISPUTE] = "open_dispute",
	[DW_ESCROW_EVENT_ANSWER_DISPUTE] = "answer_dispute",
	[DW_ESCROW_EVENT_WITHDRAW_DISPUTE] = "withdraw_dispute",
	[DW_ESCROW_EVENT_DEFAULT_DECISION] = "default_decision",
	[DW_ESCROW_EVENT_RESOLVE_DISPUTE] = "resolve_dispute",
	[DW_ESCROW_EVENT_OPEN_CHARGEBACK] = "open_chargeback",
	[DW_ESCROW_EVENT_CLOSE_CHARGEBACK] = "close_chargeback",
	[DW_ESCROW_EVENT_REVERSE] = "reverse_transaction"
};

DW_LABELS(escrow_status, DwEscrowStatus, escrow_status_labels);
DW_LABELS(escrow_event, DwEscrowEvent, escrow_event_labels);

#define HOMEOWNER	DW_ACTOR_HOMEOWNER
#define PROVIDER	DW_ACTOR_PROVIDER
#define PARTIES		(DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER)
#define PAYER		(DW_ACTOR_HOMEOWNER | DW_ACTOR_ADMIN)
#define MEDIATOR	(DW_ACTOR_SUPPORT | DW_ACTOR_ADMIN)
#define ADMIN		DW_ACTOR_ADMIN
#define SYSTEM		DW_ACTOR_SYSTEM

#define RULE(from, event, actors, to, guard) \
	{DW_ESCROW_##from, DW_ESCROW_EVENT_##event, actors, \
	DW_ESCROW_##to, guard}

/* The amounts' conditions. */
#define HELD_ONLY	"more is held, nothing was released"
#define MORE		"part was released, more is held or due"
#define ALL_OUT		"nothing is held, all was released"
#define ALL_BACK	"nothing is held, all was refunded"
#define BOTH_WAYS	"nothing is held, part was released, part refunded"
#define ALL_DISPUTED "all that is held is disputed"
#define BANK_TOOK	"nothing is held, part was charged back"

/* By consent: the homeowner cannot take back what is being reviewed. */
#define CONSENT		"; the homeowner only while nothing is submitted"

/* Money goes to the provider. */
#define RELEASES_FROM(from, event, actors) \
	RULE(from, event, actors, PARTIALLY_RELEASED, MORE), \
	RULE(from, event, actors, RELEASED, ALL_OUT), \
	RULE(from, event, actors, SETTLED, BOTH_WAYS), \
	RULE(from, event, actors, DISPUTED, ALL_DISPUTED), \
	RULE(from, event, actors, CHARGED_BACK, BANK_TOOK)
#define RELEASES(event, actors) \
	RELEASES_FROM(HELD, event, actors), \
	RELEASES_FROM(PARTIALLY_RELEASED, event, actors)

/* A dispute ends with a figure: money goes either way, or both. */
#define SETTLES(event, actors) \
	RULE(HELD, event, actors, HELD, HELD_ONLY), \
	RULE(HELD, event, actors, REFUNDED, ALL_BACK), \
	RELEASES_FROM(HELD, event, actors), \
	RELEASES_FROM(PARTIALLY_RELEASED, event, actors), \
	RULE(DISPUTED, event, actors, REFUNDED, ALL_BACK), \
	RELEASES_FROM(DISPUTED, event, actors)

/* An event that leaves the state alone. */
#define STAYS(from, event, actors) \
	RULE(from, event, actors, from, NULL)

/* The bank comes back for what was paid. */
#define FREEZES(from) \
	RULE(from, OPEN_CHARGEBACK, SYSTEM, FROZEN, NULL)

/* What was done is undone: money is held again. */
#define REVERSES(from) \
	RULE(from, REVERSE, ADMIN, HELD, HELD_ONLY), \
	RULE(from, REVERSE, ADMIN, PARTIALLY_RELEASED, MORE)

static const DwRule escrow_rules[] = {
	{DW_STATE_NONE, DW_ESCROW_EVENT_OPEN, PROVIDER, DW_ESCROW_CREATED, NULL},

	RULE(CREATED, FUND, HOMEOWNER, FUNDING, NULL),
	RULE(FAILED, FUND, HOMEOWNER, FUNDING, NULL),
	STAYS(HELD, FUND, HOMEOWNER),
	STAYS(PARTIALLY_RELEASED, FUND, HOMEOWNER),

	RULE(FUNDING, CONFIRM_PAYMENT, SYSTEM, HELD, NULL),
	STAYS(HELD, CONFIRM_PAYMENT, SYSTEM),
	STAYS(PARTIALLY_RELEASED, CONFIRM_PAYMENT, SYSTEM),
	RULE(DISPUTED, CONFIRM_PAYMENT, SYSTEM, HELD, HELD_ONLY),
	RULE(DISPUTED, CONFIRM_PAYMENT, SYSTEM, PARTIALLY_RELEASED, MORE),
	RULE(DISPUTED, CONFIRM_PAYMENT, SYSTEM, DISPUTED, ALL_DISPUTED),
	STAYS(FROZEN, CONFIRM_PAYMENT, SYSTEM),

	RULE(FUNDING, FAIL_PAYMENT, SYSTEM, FAILED, NULL),
	STAYS(HELD, FAIL_PAYMENT, SYSTEM),
	STAYS(PARTIALLY_RELEASED, FAIL_PAYMENT, SYSTEM),
	STAYS(DISPUTED, FAIL_PAYMENT, SYSTEM),
	STAYS(FROZEN, FAIL_PAYMENT, SYSTEM),

	RULE(CREATED, CANCEL, HOMEOWNER, CANCELLED, NULL),
	RULE(FUNDING, CANCEL, HOMEOWNER, CANCELLED, NULL),
	RULE(FAILED, CANCEL, HOMEOWNER, CANCELLED, NULL),

	STAYS(HELD, SUBMIT, PROVIDER),
	STAYS(PARTIALLY_RELEASED, SUBMIT, PROVIDER),
	STAYS(HELD, REQUEST_CHANGES, HOMEOWNER),
	STAYS(PARTIALLY_RELEASED, REQUEST_CHANGES, HOMEOWNER),

	RELEASES(RELEASE, PAYER),
	RELEASES(APPROVE, PAYER),
	RELEASES(RELEASE_DUE, SYSTEM),

	RULE(HELD, REFUND, PAYER | PROVIDER, HELD, HELD_ONLY CONSENT),
	RULE(HELD, REFUND, PAYER | PROVIDER, REFUNDED, ALL_BACK CONSENT),
	RULE(HELD, REFUND, PAYER | PROVIDER, DISPUTED, ALL_DISPUTED CONSENT),
	RULE(HELD, REFUND, PAYER | PROVIDER, CHARGED_BACK, BANK_TOOK CONSENT),
	RULE(PARTIALLY_RELEASED, REFUND, PAYER | PROVIDER, PARTIALLY_RELEASED,
		 MORE CONSENT),
	RULE(PARTIALLY_RELEASED, REFUND, PAYER | PROVIDER, SETTLED,
		 BOTH_WAYS CONSENT),
	RULE(PARTIALLY_RELEASED, REFUND, PAYER | PROVIDER, DISPUTED,
		 ALL_DISPUTED CONSENT),
	RULE(PARTIALLY_RELEASED, REFUND, PAYER | PROVIDER, CHARGED_BACK,
		 BANK_TOOK CONSENT),

	RULE(HELD, OPEN_DISPUTE, PARTIES, HELD, HELD_ONLY),
	RULE(HELD, OPEN_DISPUTE, PARTIES, DISPUTED, ALL_DISPUTED),
	RULE(PARTIALLY_RELEASED, OPEN_DISPUTE, PARTIES, PARTIALLY_RELEASED, MORE),
	RULE(PARTIALLY_RELEASED, OPEN_DISPUTE, PARTIES, DISPUTED, ALL_DISPUTED),
	SETTLES(ANSWER_DISPUTE, PARTIES),
	SETTLES(DEFAULT_DECISION, SYSTEM),
	SETTLES(RESOLVE_DISPUTE, MEDIATOR),
	STAYS(HELD, WITHDRAW_DISPUTE, PARTIES),
	STAYS(PARTIALLY_RELEASED, WITHDRAW_DISPUTE, PARTIES),
	RULE(DISPUTED, WITHDRAW_DISPUTE, PARTIES, HELD, HELD_ONLY),
	RULE(DISPUTED, WITHDRAW_DISPUTE, PARTIES, PARTIALLY_RELEASED, MORE),

	FREEZES(HELD),
	FREEZES(PARTIALLY_RELEASED),
	FREEZES(RELEASED),
	FREEZES(REFUNDED),
	FREEZES(SETTLED),
	FREEZES(DISPUTED),
	FREEZES(FROZEN),
	FREEZES(CHARGED_BACK),
	RULE(FROZEN, CLOSE_CHARGEBACK, SYSTEM, FROZEN, "another one is open"),
	RULE(FROZEN, CLOSE_CHARGEBACK, SYSTEM, HELD, HELD_ONLY),
	RULE(FROZEN, CLOSE_CHARGEBACK, SYSTEM, REFUNDED, ALL_BACK),
	RELEASES_FROM(FROZEN, CLOSE_CHARGEBACK, SYSTEM),

	REVERSES(HELD),
	REVERSES(PARTIALLY_RELEASED),
	REVERSES(RELEASED),
	REVERSES(REFUNDED),
	REVERSES(SETTLED),
	REVERSES(DISPUTED),
	RULE(DISPUTED, REVERSE, ADMIN, DISPUTED, ALL_DISPUTED),
	REVERSES(CHARGED_BACK)
};

static const DwMachine escrow_machine = {
	.name = "escrow",
	.states = escrow_status_labels,
	.events = escrow_event_labels,
	.rules = escrow_rules,
	.state_count = DW_LENGTH(escrow_status_labels),
	.event_count = DW_LENGTH(escrow_event_labels),
	.rule_count = DW_LENGTH(escrow_rules),
	.resting = DW_STATE_BIT(DW_ESCROW_RELEASED) |
	DW_STATE_BIT(DW_ESCROW_REFUNDED) |
	DW_STATE_BIT(DW_ESCROW_SETTLED) |
	DW_STATE_BIT(DW_ESCROW_CHARGED_BACK) |
	DW_STATE_BIT(DW_ESCROW_CANCELLED),
	.holding = DW_STATE_BIT(DW_ESCROW_HELD) |
	DW_STATE_BIT(DW_ESCROW_PARTIALLY_RELEASED) |
	DW_STATE_BIT(DW_ESCROW_DISPUTED) |
	DW_STATE_BIT(DW_ESCROW_FROZEN)
};

const DwMachine *
dw_escrow_machine(void)
{
	return &escrow_machine;
}
