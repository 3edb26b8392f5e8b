/*
 * milestone_machine.c
 *		Decides what may happen to a milestone: its words and its table.
 *
 * A milestone may hold money from the moment part of it is funded, so also
 * while it is still planned.  Where one event leads to several states, the
 * amounts decide (dw_milestones_take) and the guard says how.
 */
#include "core/escrow/escrow.h"

#include "core/base/base.h"

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
	[DW_MILESTONE_EVENT_EXPIRE_JOB] = "expire_jobs"
};

DW_LABELS(milestone_status, DwMilestoneStatus, milestone_status_labels);
DW_LABELS(milestone_event, DwMilestoneEvent, milestone_event_labels);

#define HOMEOWNER	DW_ACTOR_HOMEOWNER
#define PROVIDER	DW_ACTOR_PROVIDER
#define PARTIES		(DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER)
#define PAYER		(DW_ACTOR_HOMEOWNER | DW_ACTOR_ADMIN)
#define MEDIATOR	(DW_ACTOR_SUPPORT | DW_ACTOR_ADMIN)
#define SYSTEM		DW_ACTOR_SYSTEM

#define MAKES_AS(event, actors, to, guard) \
	{DW_STATE_NONE, DW_MILESTONE_EVENT_##event, actors, \
	DW_MILESTONE_##to, guard}
#define MAKES(event, actors, guard) \
	MAKES_AS(event, actors, PLANNED, guard)
#define RULE(from, event, actors, to, guard) \
	{DW_MILESTONE_##from, DW_MILESTONE_EVENT_##event, actors, \
	DW_MILESTONE_##to, guard}

#define IN_FULL		"its amount is in escrow"
#define IN_PART		"part of its amount is in escrow"
#define MORE_DUE	"not fully funded"
#define LEFT		"part of it is left"
#define ALL_PAID	"nothing of it is left"
#define SOME_PAID	"nothing of it is left, part was paid"
#define NONE_PAID	"nothing of it is left, none was paid"
#define UNDISPUTED	"out of what is not disputed"

/* The contract is divided anew; what was paid fills the new plan. */
#define PLANS(from) \
	RULE(from, PLAN, HOMEOWNER, PLANNED, "kept, " MORE_DUE), \
	RULE(from, PLAN, HOMEOWNER, FUNDED, "kept, " IN_FULL), \
	RULE(from, PLAN, HOMEOWNER, CANCELLED, "dropped, nothing came of it")

/* Money leaves a milestone that nothing disputes. */
#define PAYS(from) \
	RULE(from, RELEASE, PAYER, from, LEFT), \
	RULE(from, RELEASE, PAYER, RELEASED, ALL_PAID), \
	RULE(from, REFUND, PAYER | PROVIDER, from, LEFT), \
	RULE(from, REFUND, PAYER | PROVIDER, RELEASED, SOME_PAID), \
	RULE(from, REFUND, PAYER | PROVIDER, REFUNDED, NONE_PAID)

/* What else can befall one that has money. */
#define SUFFERS(from) \
	RULE(from, OPEN_DISPUTE, PARTIES, DISPUTED, NULL), \
	RULE(from, CLOSE_CHARGEBACK, SYSTEM, RELEASED, "lost: " SOME_PAID), \
	RULE(from, CLOSE_CHARGEBACK, SYSTEM, REFUNDED, "lost: " NONE_PAID), \
	RULE(from, REVERSE, DW_ACTOR_ADMIN, from, NULL)

/* The homeowner is content. */
#define APPROVES(from) \
	RULE(from, APPROVE, PAYER, RELEASED, ALL_PAID), \
	RULE(from, APPROVE, PAYER, APPROVED, "frozen or not fully funded")

/* A dispute ends with a figure. */
#define SETTLES(event, actors) \
	RULE(DISPUTED, event, actors, PLANNED, "settled: " MORE_DUE), \
	RULE(DISPUTED, event, actors, FUNDED, "settled: paid in full since"), \
	RULE(DISPUTED, event, actors, RELEASED, "settled: " SOME_PAID), \
	RULE(DISPUTED, event, actors, REFUNDED, "settled: " NONE_PAID)

static const DwRule milestone_rules[] = {
	MAKES(POST, HOMEOWNER, NULL),
	MAKES(PLAN, HOMEOWNER, MORE_DUE),
	MAKES_AS(PLAN, HOMEOWNER, FUNDED, "the old plan was paid that far"),
	MAKES(CONFIRM_AWARD, PROVIDER, "no plan was made: one for all"),
	MAKES(CHANGE_ORDER, PARTIES, "the order was agreed on"),

	PLANS(PLANNED),
	RULE(PLANNED, CONFIRM_AWARD, PROVIDER, PLANNED, "scaled to the contract"),
	RULE(PLANNED, CONFIRM_PAYMENT, SYSTEM, FUNDED, IN_FULL),
	RULE(PLANNED, CONFIRM_PAYMENT, SYSTEM, PLANNED, IN_PART),
	RULE(PLANNED, APPROVE, PAYER, APPROVED, MORE_DUE),
	RULE(PLANNED, RELEASE, PAYER, PLANNED, MORE_DUE),
	RULE(PLANNED, REFUND, PAYER | PROVIDER, PLANNED, MORE_DUE),
	SUFFERS(PLANNED),
	RULE(PLANNED, COMPLETE_JOB, HOMEOWNER | SYSTEM, CANCELLED,
		 "nothing of it is held"),
	RULE(PLANNED, CANCEL_ESCROW, HOMEOWNER, CANCELLED, NULL),
	RULE(PLANNED, CANCEL_JOB, HOMEOWNER, CANCELLED, "nothing is held"),
	RULE(PLANNED, EXPIRE_JOB, SYSTEM, CANCELLED, NULL),

	PLANS(FUNDED),
	RULE(FUNDED, SUBMIT, PROVIDER, SUBMITTED, NULL),
	APPROVES(FUNDED),
	PAYS(FUNDED),
	SUFFERS(FUNDED),

	RULE(SUBMITTED, REQUEST_CHANGES, HOMEOWNER, CHANGES_REQUESTED, NULL),
	APPROVES(SUBMITTED),
	RULE(SUBMITTED, RELEASE_DUE, SYSTEM, RELEASED, "past its review time"),
	PAYS(SUBMITTED),
	SUFFERS(SUBMITTED),

	RULE(CHANGES_REQUESTED, SUBMIT, PROVIDER, SUBMITTED, NULL),
	APPROVES(CHANGES_REQUESTED),
	PAYS(CHANGES_REQUESTED),
	SUFFERS(CHANGES_REQUESTED),

	RULE(APPROVED, CONFIRM_PAYMENT, SYSTEM, APPROVED, NULL),
	RULE(APPROVED, RELEASE_DUE, SYSTEM, RELEASED,
		 "fully funded and not frozen"),
	PAYS(APPROVED),
	SUFFERS(APPROVED),

	RULE(DISPUTED, CONFIRM_PAYMENT, SYSTEM, DISPUTED, NULL),
	RULE(DISPUTED, RELEASE, PAYER, DISPUTED, UNDISPUTED),
	RULE(DISPUTED, REFUND, PAYER | PROVIDER, DISPUTED, UNDISPUTED),
	RULE(DISPUTED, ANSWER_DISPUTE, PARTIES, DISPUTED,
		 "the figures do not meet"),
	SETTLES(ANSWER_DISPUTE, PARTIES),
	SETTLES(DEFAULT_DECISION, SYSTEM),
	SETTLES(RESOLVE_DISPUTE, MEDIATOR),
	RULE(DISPUTED, WITHDRAW_DISPUTE, PARTIES, PLANNED, MORE_DUE),
	RULE(DISPUTED, WITHDRAW_DISPUTE, PARTIES, FUNDED,
		 "nothing was delivered before"),
	RULE(DISPUTED, WITHDRAW_DISPUTE, PARTIES, SUBMITTED,
		 "submitted before"),
	RULE(DISPUTED, WITHDRAW_DISPUTE, PARTIES, CHANGES_REQUESTED,
		 "changes were requested before"),
	RULE(DISPUTED, WITHDRAW_DISPUTE, PARTIES, APPROVED, "approved before"),
	RULE(DISPUTED, CLOSE_CHARGEBACK, SYSTEM, RELEASED, "lost: " SOME_PAID),
	RULE(DISPUTED, CLOSE_CHARGEBACK, SYSTEM, REFUNDED, "lost: " NONE_PAID),
	RULE(DISPUTED, CLOSE_CHARGEBACK, SYSTEM, PLANNED, "lost: " MORE_DUE),
	RULE(DISPUTED, REVERSE, DW_ACTOR_ADMIN, DISPUTED, NULL),

	RULE(RELEASED, REVERSE, DW_ACTOR_ADMIN, FUNDED, NULL),
	RULE(REFUNDED, REVERSE, DW_ACTOR_ADMIN, FUNDED, NULL)
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
