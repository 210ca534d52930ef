/** Operation "Check": whether the account works, stage by stage. */
import { accountCheckItems } from '../../../bridge/accountCheck';
import type { SingleOperation } from '../operation';

export const check: SingleOperation = {
	kind: 'single',
	option: {
		name: 'Check',
		value: 'check',
		action: 'Check the account',
		description:
			'Try the account’s servers stage by stage, an item for each, and say where and why it fails. Sends nothing and changes nothing. Safe to repeat.',
	},
	properties: [],
	async run(_fields, _line, { account, context }) {
		const items = await accountCheckItems(account, context.getExecutionCancelSignal());
		return items.map((json) => ({ json }));
	},
};
