/** From and To as fields of their own; CC, BCC and Reply To among the options. */
import type { INodeProperties } from 'n8n-workflow';
import type { Account } from '../../mail/account/account';
import { MailError } from '../../mail/errors';
import type { AddressInput } from '../../mail/message/address';
import type { ItemFields } from '../../bridge/itemFields';

export const fromField: INodeProperties = {
	displayName: 'From Email',
	name: 'fromEmail',
	type: 'string',
	default: '',
	placeholder: 'Jane Doe <name@example.com>',
	description: 'Sender of the mail. The account’s own sender is used if this is empty.',
};

export const toField: INodeProperties = {
	displayName: 'To Email',
	name: 'toEmail',
	type: 'string',
	default: '',
	placeholder: 'name@example.com',
	description:
		'Recipients, several separated by commas. Also takes lists and the addresses that IMAP Trigger gives.',
};

export const ccOption: INodeProperties = {
	displayName: 'CC Email',
	name: 'ccEmail',
	type: 'string',
	default: '',
	placeholder: 'name@example.com',
	description: 'Further recipients, for their information',
};

export const bccOption: INodeProperties = {
	displayName: 'BCC Email',
	name: 'bccEmail',
	type: 'string',
	default: '',
	placeholder: 'name@example.com',
	description: 'Recipients that the others do not see',
};

export const replyToOption: INodeProperties = {
	displayName: 'Reply To',
	name: 'replyTo',
	type: 'string',
	default: '',
	placeholder: 'name@example.com',
	description: 'Where replies should go if not to the sender',
};

/** @throws MailError `ADDRESS` when neither the item nor the account names a sender */
export function readSender(fields: ItemFields, account: Account): AddressInput {
	const field = fields.raw('fromEmail') as AddressInput;
	if (typeof field === 'string' ? field.trim() !== '' : field) return field;
	const sender = accountSender(account);
	if (sender) return sender;
	throw new MailError('ADDRESS', 'The mail has no sender.', {
		nextStep: 'Fill in "From Email", or "Sender Address" in the credential.',
	});
}

function accountSender({ senderAddress, senderName }: Account): AddressInput {
	return senderAddress === null ? null : { address: senderAddress, name: senderName ?? '' };
}

/** Our own addresses, as far as they are known. */
export function ownAddresses(account: Account, from: AddressInput): string[] {
	return [account.senderAddress ?? '', account.user, addressIn(from)].filter((address) =>
		address.includes('@'),
	);
}

/** The address of the sender, as an expression may give it: text, an object, a list of one. */
function addressIn(from: AddressInput): string {
	if (typeof from === 'string') return (/<([^<>]+)>\s*$/.exec(from)?.[1] ?? from).trim();
	if (Array.isArray(from)) return addressIn((from as readonly AddressInput[])[0]);
	const { address, value } = (from ?? {}) as { address?: unknown; value?: AddressInput };
	if (Array.isArray(value)) return addressIn(value as readonly AddressInput[]);
	return typeof address === 'string' ? address : '';
}
