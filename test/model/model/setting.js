// setting.js
//	What the operator sets while all goes on.
'use strict';

const setting = {
	set_setting({ args: { name, value } })
	{
		if (name === 'reserve_ppm')
			this.reservePpm = BigInt(value);
		if (name === 'journal_second_approver')
			this.needsApprover = value === 'true';
		return {};
	},

	set_setting_amount({ args: { currency, amount } })
	{
		this.payoutFees.set(currency, amount);
		return {};
	}
};

module.exports = { setting };
