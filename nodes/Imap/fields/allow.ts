/** The switch without which nothing is deleted for good. No expression can set it, so no agent can either. */
import type { INodeProperties } from 'n8n-workflow';
import type { ItemFields } from '../../bridge/itemFields';
import { MailError } from '../../mail/errors';

export const allowField: INodeProperties = {
	displayName: 'Allow Deleting for Good',
	name: 'allowDelete',
	type: 'boolean',
	noDataExpression: true,
	default: false,
	description: 'Whether this node may delete what cannot be brought back. Nothing is done while this is off.',
};

/** @throws MailError when the switch is off */
export function refuseUnlessAllowed(fields: ItemFields, what: string): void {
	if (fields.flag('allowDelete', false)) return;
	throw new MailError(
		'MESSAGE',
		`${what} was not done: it cannot be brought back, and this node may not do that.`,
		{
			nextStep: 'Switch on "Allow Deleting for Good" in the node if it is really meant.',
		},
	);
}
