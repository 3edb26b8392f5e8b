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
		if (name.startsWith('receipt_default_'))
			this.goesBack.set(name.slice('receipt_default_'.length),
				value === 'return');
		return {};
	},

	set_setting_amount({ args: { currency, amount } })
	{
		this.payoutFees.set(currency, amount);
		return {};
	}
};

module.exports = { setting };
