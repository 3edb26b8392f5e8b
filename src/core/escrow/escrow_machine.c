/*
 * escrow_machine.c
 *		Decides what may happen to an escrow and to a milestone: their words
 *		and their tables.
 *
 * Where an event leads follows from the amounts (dw_escrow_status); the table
 * lists each state it can lead to, and the guard is the amounts' condition.
 * In a state that may hold money there is always a way out: a release, a
 * mediator, or the bank's decision.
 *
 * A milestone may hold money from the moment part of it is funded, so also
 * while it is still planned.  Where one event leads to several states, the
 * amounts decide (dw_milestones_take) and the guard says how.
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
	[DW_ESCROW_EVENT_CHANGE] = "answer_change_order",
	[DW_ESCROW_EVENT_FUND] = "fund_escrow",
	[DW_ESCROW_EVENT_CONFIRM_PAYMENT] = "confirm_payment",
	[DW_ESCROW_EVENT_FAIL_PAYMENT] = "fail_payment",
	[DW_ESCROW_EVENT_ABANDON] = "abandon_payment",
	[DW_ESCROW_EVENT_CANCEL] = "cancel_escrow",
	[DW_ESCROW_EVENT_LAPSE] = "lapse",
	[DW_ESCROW_EVENT_END] = "end_contract",
	[DW_ESCROW_EVENT_AGREE] = "answer_refund",
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
	[DW_ESCROW_EVENT_REVERSE] = "reverse_transaction",
	[DW_ESCROW_EVENT_AUTHORIZE] = "confirm_authorization",
	[DW_ESCROW_EVENT_CAPTURE] = "request_capture",
	[DW_ESCROW_EVENT_REFUND_SENT] = "confirm_refund",
	[DW_ESCROW_EVENT_CANCEL_JOB] = "cancel_job"
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

#define KEPT		"of what was released nothing goes back"
#define BACK		"of what was released a part goes back: "

#define OF_RELEASED	"about what was released lately"

#define UNASKED		"no payment was open, and it fits"

/* By consent: neither side takes the money of work that has begun alone. */
#define CONSENT		"; the homeowner alone only before the work"

/* A company has given back by itself. */
#define NOT_ASKED	"; nobody asked for it"

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

/* Money goes back. */
#define REFUNDS(event, actors, consent) \
	RULE(HELD, event, actors, HELD, HELD_ONLY consent), \
	RULE(HELD, event, actors, REFUNDED, ALL_BACK consent), \
	RULE(HELD, event, actors, DISPUTED, ALL_DISPUTED consent), \
	RULE(HELD, event, actors, CHARGED_BACK, BANK_TOOK consent), \
	RULE(PARTIALLY_RELEASED, event, actors, PARTIALLY_RELEASED, \
		 MORE consent), \
	RULE(PARTIALLY_RELEASED, event, actors, SETTLED, BOTH_WAYS consent), \
	RULE(PARTIALLY_RELEASED, event, actors, DISPUTED, \
		 ALL_DISPUTED consent), \
	RULE(PARTIALLY_RELEASED, event, actors, CHARGED_BACK, BANK_TOOK consent)

/* A dispute ends with a figure: money goes either way, or both. */
#define SETTLES(event, actors) \
	RULE(HELD, event, actors, HELD, HELD_ONLY), \
	RULE(HELD, event, actors, REFUNDED, ALL_BACK), \
	RELEASES_FROM(HELD, event, actors), \
	RELEASES_FROM(PARTIALLY_RELEASED, event, actors), \
	RULE(DISPUTED, event, actors, REFUNDED, ALL_BACK), \
	RELEASES_FROM(DISPUTED, event, actors)

/* Before the work begins a share is paid, and nothing stays held. */
#define ENDS_PAID(from, event, actors) \
	RULE(from, event, actors, PARTIALLY_RELEASED, MORE), \
	RULE(from, event, actors, RELEASED, ALL_OUT), \
	RULE(from, event, actors, SETTLED, BOTH_WAYS), \
	RULE(from, event, actors, CHARGED_BACK, BANK_TOOK)

/*
 * A dispute about work that was paid ends: nothing was held for it, and what
 * the provider does not keep goes back.
 */
#define TAKES_BACK(event, actors) \
	RULE(RELEASED, event, actors, RELEASED, KEPT), \
	RULE(RELEASED, event, actors, SETTLED, BACK BOTH_WAYS), \
	RULE(RELEASED, event, actors, REFUNDED, BACK ALL_BACK), \
	RULE(SETTLED, event, actors, SETTLED, KEPT " or " BACK BOTH_WAYS), \
	RULE(SETTLED, event, actors, REFUNDED, BACK ALL_BACK), \
	RULE(PARTIALLY_RELEASED, event, actors, HELD, BACK HELD_ONLY), \
	RULE(PARTIALLY_RELEASED, event, actors, REFUNDED, BACK ALL_BACK), \
	RULE(CHARGED_BACK, event, actors, CHARGED_BACK, KEPT " or " BACK \
		 BANK_TOOK), \
	RULE(REFUNDED, event, actors, REFUNDED, "all of it went back before")

/* An event that leaves the state alone. */
#define STAYS(from, event, actors) \
	RULE(from, event, actors, from, NULL)

/* Nothing was ever paid, and the time for it is over or the provider left. */
#define LAPSES(from) \
	RULE(from, LAPSE, SYSTEM, CANCELLED, "past fund_by"), \
	RULE(from, LAPSE, PROVIDER, CANCELLED, "they withdraw their bid")

/* The bank comes back for what was paid. */
#define FREEZES(from) \
	RULE(from, OPEN_CHARGEBACK, SYSTEM, FROZEN, NULL)

/* What was done is undone: money is held again. */
#define REVERSES(from) \
	RULE(from, REVERSE, ADMIN, HELD, HELD_ONLY), \
	RULE(from, REVERSE, ADMIN, PARTIALLY_RELEASED, MORE)

static const DwRule escrow_rules[] = {
	{DW_STATE_NONE, DW_ESCROW_EVENT_OPEN, PROVIDER, DW_ESCROW_CREATED, NULL},
	RULE(CANCELLED, OPEN, PROVIDER, CREATED, "the contract before lapsed"),

	RULE(CREATED, CHANGE, PARTIES, CREATED, "nothing is asked for"),
	RULE(CREATED, CHANGE, PARTIES, FUNDING, "a payment is asked for"),
	RULE(FAILED, CHANGE, PARTIES, FAILED, "nothing is asked for"),
	RULE(FAILED, CHANGE, PARTIES, FUNDING, "a payment is asked for"),
	STAYS(HELD, CHANGE, PARTIES),
	RULE(PARTIALLY_RELEASED, CHANGE, PARTIES, PARTIALLY_RELEASED, MORE),
	RULE(PARTIALLY_RELEASED, CHANGE, PARTIES, RELEASED, ALL_OUT),
	RULE(PARTIALLY_RELEASED, CHANGE, PARTIES, SETTLED, BOTH_WAYS),
	RULE(PARTIALLY_RELEASED, CHANGE, PARTIES, CHARGED_BACK, BANK_TOOK),

	RULE(CREATED, FUND, HOMEOWNER, FUNDING, NULL),
	RULE(FUNDING, FUND, HOMEOWNER, FUNDING, "the open payment is given up"),
	RULE(FAILED, FUND, HOMEOWNER, FUNDING, NULL),
	STAYS(HELD, FUND, HOMEOWNER),
	STAYS(PARTIALLY_RELEASED, FUND, HOMEOWNER),

	RULE(CREATED, CONFIRM_PAYMENT, MEDIATOR | SYSTEM, HELD, UNASKED),
	RULE(FAILED, CONFIRM_PAYMENT, MEDIATOR | SYSTEM, HELD, UNASKED),
	RULE(FUNDING, CONFIRM_PAYMENT, MEDIATOR | SYSTEM, HELD, NULL),
	STAYS(HELD, CONFIRM_PAYMENT, MEDIATOR | SYSTEM),
	STAYS(PARTIALLY_RELEASED, CONFIRM_PAYMENT, MEDIATOR | SYSTEM),
	RULE(DISPUTED, CONFIRM_PAYMENT, MEDIATOR | SYSTEM, HELD, HELD_ONLY),
	RULE(DISPUTED, CONFIRM_PAYMENT, MEDIATOR | SYSTEM, PARTIALLY_RELEASED,
		 MORE),
	RULE(DISPUTED, CONFIRM_PAYMENT, MEDIATOR | SYSTEM, DISPUTED, ALL_DISPUTED),
	STAYS(FROZEN, CONFIRM_PAYMENT, MEDIATOR | SYSTEM),
	RULE(FUNDING, AUTHORIZE, SYSTEM, CREATED, "no money yet"),
	STAYS(CREATED, AUTHORIZE, SYSTEM),
	STAYS(FAILED, AUTHORIZE, SYSTEM),
	STAYS(HELD, AUTHORIZE, SYSTEM),
	STAYS(PARTIALLY_RELEASED, AUTHORIZE, SYSTEM),
	STAYS(DISPUTED, AUTHORIZE, SYSTEM),
	STAYS(FROZEN, AUTHORIZE, SYSTEM),
	RULE(CREATED, CAPTURE, PAYER | SYSTEM, FUNDING, NULL),
	RULE(FAILED, CAPTURE, PAYER | SYSTEM, FUNDING, NULL),
	STAYS(HELD, CAPTURE, PAYER | SYSTEM),
	STAYS(PARTIALLY_RELEASED, CAPTURE, PAYER | SYSTEM),

	RULE(FUNDING, FAIL_PAYMENT, SYSTEM, FUNDING, "an attempt failed"),
	RULE(FUNDING, FAIL_PAYMENT, SYSTEM, FAILED, "final, or past pay_by"),
	STAYS(HELD, FAIL_PAYMENT, SYSTEM),
	STAYS(PARTIALLY_RELEASED, FAIL_PAYMENT, SYSTEM),
	STAYS(DISPUTED, FAIL_PAYMENT, SYSTEM),
	STAYS(FROZEN, FAIL_PAYMENT, SYSTEM),

	RULE(FUNDING, ABANDON, HOMEOWNER, CREATED, NULL),
	STAYS(HELD, ABANDON, HOMEOWNER),
	STAYS(PARTIALLY_RELEASED, ABANDON, HOMEOWNER),
	STAYS(DISPUTED, ABANDON, HOMEOWNER),
	STAYS(FROZEN, ABANDON, HOMEOWNER),

	RULE(CREATED, CANCEL, HOMEOWNER, CANCELLED, NULL),
	RULE(FUNDING, CANCEL, HOMEOWNER, CANCELLED, NULL),
	RULE(FAILED, CANCEL, HOMEOWNER, CANCELLED, NULL),

	LAPSES(CREATED),
	LAPSES(FUNDING),
	LAPSES(FAILED),

	STAYS(HELD, SUBMIT, PROVIDER),
	STAYS(PARTIALLY_RELEASED, SUBMIT, PROVIDER),
	STAYS(HELD, REQUEST_CHANGES, HOMEOWNER),
	STAYS(PARTIALLY_RELEASED, REQUEST_CHANGES, HOMEOWNER),

	RELEASES(RELEASE, PAYER),
	RELEASES(APPROVE, PAYER),
	RELEASES(RELEASE_DUE, SYSTEM),

	REFUNDS(REFUND, PAYER | PROVIDER, CONSENT),
	RULE(PARTIALLY_RELEASED, REFUND, PROVIDER, HELD, BACK HELD_ONLY),
	RULE(PARTIALLY_RELEASED, REFUND, PROVIDER, REFUNDED, BACK ALL_BACK),
	RULE(RELEASED, REFUND, PROVIDER, SETTLED, BACK BOTH_WAYS),
	RULE(RELEASED, REFUND, PROVIDER, REFUNDED, BACK ALL_BACK),
	RULE(SETTLED, REFUND, PROVIDER, SETTLED, BACK BOTH_WAYS),
	RULE(SETTLED, REFUND, PROVIDER, REFUNDED, BACK ALL_BACK),
	RULE(CHARGED_BACK, REFUND, PROVIDER, CHARGED_BACK, BACK BANK_TOOK),
	REFUNDS(AGREE, PROVIDER | SYSTEM, CONSENT),
	REFUNDS(REFUND_SENT, ADMIN | SYSTEM, NOT_ASKED),
	STAYS(FROZEN, REFUND_SENT, ADMIN | SYSTEM),

	RULE(HELD, END, PARTIES | MEDIATOR | SYSTEM, REFUNDED, ALL_BACK),
	RULE(HELD, END, PARTIES | MEDIATOR | SYSTEM, CHARGED_BACK, BANK_TOOK),
	RULE(PARTIALLY_RELEASED, END, PARTIES | MEDIATOR | SYSTEM,
		 PARTIALLY_RELEASED, MORE),
	RULE(PARTIALLY_RELEASED, END, PARTIES | MEDIATOR | SYSTEM, SETTLED,
		 BOTH_WAYS),
	RULE(PARTIALLY_RELEASED, END, PARTIES | MEDIATOR | SYSTEM, CHARGED_BACK,
		 BANK_TOOK),

	RULE(HELD, CANCEL_JOB, HOMEOWNER, REFUNDED, ALL_BACK),
	ENDS_PAID(HELD, CANCEL_JOB, HOMEOWNER),
	ENDS_PAID(PARTIALLY_RELEASED, CANCEL_JOB, HOMEOWNER),

	RULE(HELD, OPEN_DISPUTE, PARTIES, HELD, HELD_ONLY),
	RULE(HELD, OPEN_DISPUTE, PARTIES, DISPUTED, ALL_DISPUTED),
	RULE(PARTIALLY_RELEASED, OPEN_DISPUTE, PARTIES, PARTIALLY_RELEASED, MORE),
	RULE(PARTIALLY_RELEASED, OPEN_DISPUTE, PARTIES, DISPUTED, ALL_DISPUTED),
	RULE(DISPUTED, OPEN_DISPUTE, DW_ACTOR_HOMEOWNER, DISPUTED, OF_RELEASED),
	RULE(RELEASED, OPEN_DISPUTE, DW_ACTOR_HOMEOWNER, RELEASED, OF_RELEASED),
	RULE(SETTLED, OPEN_DISPUTE, DW_ACTOR_HOMEOWNER, SETTLED, OF_RELEASED),
	RULE(CHARGED_BACK, OPEN_DISPUTE, DW_ACTOR_HOMEOWNER, CHARGED_BACK,
		 OF_RELEASED),
	TAKES_BACK(ANSWER_DISPUTE, PARTIES),
	TAKES_BACK(DEFAULT_DECISION, SYSTEM),
	TAKES_BACK(RESOLVE_DISPUTE, MEDIATOR),
	STAYS(RELEASED, WITHDRAW_DISPUTE, PARTIES),
	STAYS(SETTLED, WITHDRAW_DISPUTE, PARTIES),
	STAYS(CHARGED_BACK, WITHDRAW_DISPUTE, PARTIES),
	STAYS(REFUNDED, WITHDRAW_DISPUTE, PARTIES),
	RULE(DISPUTED, WITHDRAW_DISPUTE, PARTIES, DISPUTED, OF_RELEASED),
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

static const char *const milestone_status_labels[] = {
	[DW_MILESTONE_PLANNED] = "planned",
	[DW_MILESTONE_FUNDED] = "funded",
	[DW_MILESTONE_SUBMITTED] = "submitted",
	[DW_MILESTONE_CHANGES_REQUESTED] = "changes_requested",
	[DW_MILESTONE_APPROVED] = "approved",
	[DW_MILESTONE_RELEASED] = "released",
	[DW_MILESTONE_REFUNDED] = "refunded",
	[DW_MILESTONE_DISPUTED] = "disputed",
	[DW_MILESTONE_CANCELLED] = "cancelled"
};

static const char *const milestone_event_labels[] = {
	[DW_MILESTONE_EVENT_POST] = "post_job",
	[DW_MILESTONE_EVENT_PLAN] = "plan_milestones",
	[DW_MILESTONE_EVENT_AGREE_PLAN] = "answer_plan",
	[DW_MILESTONE_EVENT_CONFIRM_AWARD] = "confirm_award",
	[DW_MILESTONE_EVENT_CHANGE_ORDER] = "answer_change_order",
	[DW_MILESTONE_EVENT_CONFIRM_PAYMENT] = "confirm_payment",
	[DW_MILESTONE_EVENT_SUBMIT] = "submit_milestone",
	[DW_MILESTONE_EVENT_REQUEST_CHANGES] = "request_changes",
	[DW_MILESTONE_EVENT_APPROVE] = "approve_milestone",
	[DW_MILESTONE_EVENT_RELEASE] = "release_escrow",
	[DW_MILESTONE_EVENT_RELEASE_DUE] = "release_due_escrows",
	[DW_MILESTONE_EVENT_REFUND] = "refund_escrow",
	[DW_MILESTONE_EVENT_OPEN_DISPUTE] = "open_dispute",
	[DW_MILESTONE_EVENT_ANSWER_DISPUTE] = "answer_dispute",
	[DW_MILESTONE_EVENT_WITHDRAW_DISPUTE] = "withdraw_dispute",
	[DW_MILESTONE_EVENT_DEFAULT_DECISION] = "default_decision",
	[DW_MILESTONE_EVENT_RESOLVE_DISPUTE] = "resolve_dispute",
	[DW_MILESTONE_EVENT_CLOSE_CHARGEBACK] = "close_chargeback",
	[DW_MILESTONE_EVENT_REVERSE] = "reverse_transaction",
	[DW_MILESTONE_EVENT_COMPLETE_JOB] = "complete_job",
	[DW_MILESTONE_EVENT_CANCEL_ESCROW] = "cancel_escrow",
	[DW_MILESTONE_EVENT_CANCEL_JOB] = "cancel_job",
	[DW_MILESTONE_EVENT_LAPSE] = "lapse",
	[DW_MILESTONE_EVENT_END] = "end_contract",
	[DW_MILESTONE_EVENT_AGREE] = "answer_refund",
	[DW_MILESTONE_EVENT_EXPIRE_JOB] = "expire_jobs",
	[DW_MILESTONE_EVENT_REFUND_SENT] = "confirm_refund"
};

DW_LABELS(milestone_status, DwMilestoneStatus, milestone_status_labels);
DW_LABELS(milestone_event, DwMilestoneEvent, milestone_event_labels);


#define MAKES_AS(event, actors, to, guard) \
	{DW_STATE_NONE, DW_MILESTONE_EVENT_##event, actors, \
	DW_MILESTONE_##to, guard}
#define MAKES(event, actors, guard) \
	MAKES_AS(event, actors, PLANNED, guard)
#define STEP(from, event, actors, to, guard) \
	{DW_MILESTONE_##from, DW_MILESTONE_EVENT_##event, actors, \
	DW_MILESTONE_##to, guard}

#define IN_FULL		"its amount is in escrow"
#define IN_PART		"part of its amount is in escrow"
#define MORE_DUE	"not fully funded"
#define LEFT		"part of it is left"
#define ALL_PAID	"nothing of it is left"
#define SOME_PAID	"nothing of it is left, part was paid"
#define NONE_PAID	"nothing of it is left, none was paid"
#define LEFT_PAID	"the rest stays paid"
#define NONE_LEFT	"none stays paid"
#define REGAINED	"won after it was lost"
#define UNDISPUTED	"out of what is not disputed"

/*
 * The contract is divided anew: by the homeowner before anything is paid, by
 * both sides afterwards; what was paid fills the new plan.
 */
#define AGREES(from) \
	STEP(from, AGREE_PLAN, PARTIES, PLANNED, "kept, " MORE_DUE), \
	STEP(from, AGREE_PLAN, PARTIES, FUNDED, "kept, " IN_FULL), \
	STEP(from, AGREE_PLAN, PARTIES, CANCELLED, "dropped, nothing came of it")

/* Money leaves a milestone that nothing disputes. */
#define PAYS(from) \
	STEP(from, RELEASE, PAYER, from, LEFT), \
	STEP(from, RELEASE, PAYER, RELEASED, ALL_PAID), \
	STEP(from, REFUND, PAYER | PROVIDER, from, LEFT), \
	STEP(from, REFUND, PAYER | PROVIDER, RELEASED, SOME_PAID), \
	STEP(from, REFUND, PAYER | PROVIDER, REFUNDED, NONE_PAID), \
	STEP(from, AGREE, PROVIDER | SYSTEM, from, LEFT), \
	STEP(from, AGREE, PROVIDER | SYSTEM, RELEASED, SOME_PAID), \
	STEP(from, AGREE, PROVIDER | SYSTEM, REFUNDED, NONE_PAID), \
	STEP(from, REFUND_SENT, ADMIN | SYSTEM, from, LEFT), \
	STEP(from, REFUND_SENT, ADMIN | SYSTEM, RELEASED, SOME_PAID), \
	STEP(from, REFUND_SENT, ADMIN | SYSTEM, REFUNDED, NONE_PAID)

/* The contract ends: what is left of a milestone goes back. */
#define GIVES_BACK(from) \
	STEP(from, END, PARTIES | MEDIATOR | SYSTEM, RELEASED, SOME_PAID), \
	STEP(from, END, PARTIES | MEDIATOR | SYSTEM, REFUNDED, NONE_PAID), \
	STEP(from, CANCEL_JOB, HOMEOWNER, RELEASED, SOME_PAID), \
	STEP(from, CANCEL_JOB, HOMEOWNER, REFUNDED, NONE_PAID)

/* What else can happen to one that has money. */
#define SUFFERS(from) \
	STEP(from, OPEN_DISPUTE, PARTIES, DISPUTED, NULL), \
	STEP(from, CLOSE_CHARGEBACK, SYSTEM, RELEASED, "lost: " SOME_PAID), \
	STEP(from, CLOSE_CHARGEBACK, SYSTEM, REFUNDED, "lost: " NONE_PAID), \
	STEP(from, REVERSE, DW_ACTOR_ADMIN, from, NULL)

/* The homeowner is content. */
#define APPROVES(from) \
	STEP(from, APPROVE, PAYER, RELEASED, ALL_PAID), \
	STEP(from, APPROVE, PAYER, APPROVED, "frozen or not fully funded")

/* Both sides agree on less work, which is not delivered yet. */
#define CHANGES(from) \
	STEP(from, CHANGE_ORDER, PARTIES, RELEASED, "less: " SOME_PAID), \
	STEP(from, CHANGE_ORDER, PARTIES, REFUNDED, "less: " NONE_PAID), \
	STEP(from, CHANGE_ORDER, PARTIES, FUNDED, "less: " IN_FULL)

/* A dispute ends with a figure. */
#define ENDS(event, actors) \
	STEP(DISPUTED, event, actors, PLANNED, "settled: " MORE_DUE), \
	STEP(DISPUTED, event, actors, FUNDED, "settled: paid in full since"), \
	STEP(DISPUTED, event, actors, RELEASED, "settled: " SOME_PAID), \
	STEP(DISPUTED, event, actors, REFUNDED, "settled: " NONE_PAID)

/* What was paid of one that is released does not all stay paid. */
#define UNPAYS(event, actors) \
	STEP(RELEASED, event, actors, RELEASED, BACK LEFT_PAID), \
	STEP(RELEASED, event, actors, REFUNDED, BACK NONE_LEFT)

static const DwRule milestone_rules[] = {
	MAKES(POST, HOMEOWNER, NULL),
	MAKES(PLAN, HOMEOWNER, NULL),
	MAKES(AGREE_PLAN, PARTIES, MORE_DUE),
	MAKES_AS(AGREE_PLAN, PARTIES, FUNDED, "the old plan was paid that far"),
	MAKES(CONFIRM_AWARD, PROVIDER, "no plan was made: one for all"),
	MAKES(CHANGE_ORDER, PARTIES, "the order was agreed on"),

	STEP(PLANNED, PLAN, HOMEOWNER, PLANNED, "kept"),
	STEP(PLANNED, PLAN, HOMEOWNER, CANCELLED, "dropped"),
	AGREES(PLANNED),
	CHANGES(PLANNED),
	STEP(PLANNED, CHANGE_ORDER, PARTIES, PLANNED, "less: " MORE_DUE),
	STEP(PLANNED, CHANGE_ORDER, PARTIES, CANCELLED,
		 "less: nothing of it is left, nor was paid"),
	STEP(PLANNED, CONFIRM_AWARD, PROVIDER, PLANNED, "scaled to the contract"),
	STEP(PLANNED, CONFIRM_PAYMENT, MEDIATOR | SYSTEM, FUNDED, IN_FULL),
	STEP(PLANNED, CONFIRM_PAYMENT, MEDIATOR | SYSTEM, PLANNED, IN_PART),
	STEP(PLANNED, APPROVE, PAYER, APPROVED, MORE_DUE),
	STEP(PLANNED, RELEASE, PAYER, PLANNED, MORE_DUE),
	STEP(PLANNED, REFUND, PAYER | PROVIDER, PLANNED, MORE_DUE),
	STEP(PLANNED, AGREE, PROVIDER | SYSTEM, PLANNED, MORE_DUE),
	STEP(PLANNED, REFUND_SENT, ADMIN | SYSTEM, PLANNED, MORE_DUE),
	SUFFERS(PLANNED),
	STEP(PLANNED, COMPLETE_JOB, HOMEOWNER | SYSTEM, CANCELLED,
		 "nothing of it is held"),
	STEP(PLANNED, CANCEL_ESCROW, HOMEOWNER, CANCELLED, NULL),
	STEP(PLANNED, CANCEL_JOB, HOMEOWNER, CANCELLED,
		 "what was paid of it is settled"),
	STEP(PLANNED, EXPIRE_JOB, SYSTEM, CANCELLED, NULL),
	STEP(PLANNED, END, PARTIES | MEDIATOR | SYSTEM, CANCELLED,
		 "what was paid of it is settled"),
	STEP(PLANNED, LAPSE, SYSTEM | PROVIDER, PLANNED, "as it was posted"),
	STEP(PLANNED, LAPSE, SYSTEM | PROVIDER, CANCELLED,
		 "a change order had added it"),
	STEP(CANCELLED, LAPSE, SYSTEM | PROVIDER, PLANNED,
		 "it was posted; the contract had given it up"),

	AGREES(FUNDED),
	CHANGES(FUNDED),
	STEP(FUNDED, SUBMIT, PROVIDER, SUBMITTED, NULL),
	APPROVES(FUNDED),
	PAYS(FUNDED),
	GIVES_BACK(FUNDED),
	SUFFERS(FUNDED),

	STEP(SUBMITTED, REQUEST_CHANGES, HOMEOWNER, CHANGES_REQUESTED, NULL),
	APPROVES(SUBMITTED),
	STEP(SUBMITTED, RELEASE_DUE, SYSTEM, RELEASED, "past its review time"),
	PAYS(SUBMITTED),
	GIVES_BACK(SUBMITTED),
	SUFFERS(SUBMITTED),

	STEP(CHANGES_REQUESTED, SUBMIT, PROVIDER, SUBMITTED, NULL),
	APPROVES(CHANGES_REQUESTED),
	PAYS(CHANGES_REQUESTED),
	GIVES_BACK(CHANGES_REQUESTED),
	SUFFERS(CHANGES_REQUESTED),

	STEP(APPROVED, CONFIRM_PAYMENT, MEDIATOR | SYSTEM, APPROVED, NULL),
	STEP(APPROVED, RELEASE_DUE, SYSTEM, RELEASED,
		 "fully funded and not frozen"),
	PAYS(APPROVED),
	GIVES_BACK(APPROVED),
	STEP(APPROVED, CANCEL_JOB, HOMEOWNER, CANCELLED, MORE_DUE),
	SUFFERS(APPROVED),

	STEP(DISPUTED, CONFIRM_PAYMENT, MEDIATOR | SYSTEM, DISPUTED, NULL),
	STEP(DISPUTED, RELEASE, PAYER, DISPUTED, UNDISPUTED),
	STEP(DISPUTED, REFUND, PAYER | PROVIDER, DISPUTED, UNDISPUTED),
	STEP(DISPUTED, AGREE, PROVIDER | SYSTEM, DISPUTED, UNDISPUTED),
	STEP(DISPUTED, REFUND_SENT, ADMIN | SYSTEM, DISPUTED, UNDISPUTED),
	STEP(DISPUTED, ANSWER_DISPUTE, PARTIES, DISPUTED,
		 "the figures do not meet"),
	ENDS(ANSWER_DISPUTE, PARTIES),
	ENDS(DEFAULT_DECISION, SYSTEM),
	ENDS(RESOLVE_DISPUTE, MEDIATOR),
	STEP(DISPUTED, WITHDRAW_DISPUTE, PARTIES, PLANNED, MORE_DUE),
	STEP(DISPUTED, WITHDRAW_DISPUTE, PARTIES, FUNDED,
		 "nothing was delivered before"),
	STEP(DISPUTED, WITHDRAW_DISPUTE, PARTIES, SUBMITTED,
		 "submitted before"),
	STEP(DISPUTED, WITHDRAW_DISPUTE, PARTIES, CHANGES_REQUESTED,
		 "changes were requested before"),
	STEP(DISPUTED, WITHDRAW_DISPUTE, PARTIES, APPROVED, "approved before"),
	STEP(DISPUTED, CLOSE_CHARGEBACK, SYSTEM, RELEASED, "lost: " SOME_PAID),
	STEP(DISPUTED, CLOSE_CHARGEBACK, SYSTEM, REFUNDED, "lost: " NONE_PAID),
	STEP(DISPUTED, CLOSE_CHARGEBACK, SYSTEM, PLANNED, "lost: " MORE_DUE),
	STEP(DISPUTED, REVERSE, DW_ACTOR_ADMIN, DISPUTED, NULL),

	UNPAYS(REFUND, PROVIDER),
	UNPAYS(ANSWER_DISPUTE, PARTIES),
	UNPAYS(DEFAULT_DECISION, SYSTEM),
	UNPAYS(RESOLVE_DISPUTE, MEDIATOR),
	STEP(RELEASED, CLOSE_CHARGEBACK, SYSTEM, FUNDED, REGAINED),
	STEP(REFUNDED, CLOSE_CHARGEBACK, SYSTEM, FUNDED, REGAINED),
	STEP(RELEASED, REVERSE, DW_ACTOR_ADMIN, FUNDED, NULL),
	STEP(REFUNDED, REVERSE, DW_ACTOR_ADMIN, FUNDED, NULL)
};

static const DwMachine milestone_machine = {
	.name = "milestone",
	.states = milestone_status_labels,
	.events = milestone_event_labels,
	.rules = milestone_rules,
	.state_count = DW_LENGTH(milestone_status_labels),
	.event_count = DW_LENGTH(milestone_event_labels),
	.rule_count = DW_LENGTH(milestone_rules),
	.resting = DW_STATE_BIT(DW_MILESTONE_RELEASED) |
	DW_STATE_BIT(DW_MILESTONE_REFUNDED) |
	DW_STATE_BIT(DW_MILESTONE_CANCELLED),
	.holding = DW_STATE_BIT(DW_MILESTONE_PLANNED) |
	DW_STATE_BIT(DW_MILESTONE_FUNDED) |
	DW_STATE_BIT(DW_MILESTONE_SUBMITTED) |
	DW_STATE_BIT(DW_MILESTONE_CHANGES_REQUESTED) |
	DW_STATE_BIT(DW_MILESTONE_APPROVED) |
	DW_STATE_BIT(DW_MILESTONE_DISPUTED)
};

const DwMachine *
dw_milestone_machine(void)
{
	return &milestone_machine;
}
