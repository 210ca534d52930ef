import type { IExecuteFunctions, INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import type { Account } from '../../mail/account/account';
import type { MailRequest } from '../../mail/message/compose';

/** One operation of Send Mail: its entry in the menu, its fields, and what an item asks for. */
export interface SendOperation {
	option: INodePropertyOptions & { value: string };
	properties: INodeProperties[];
	/** @throws MailError when the item's fields cannot become a mail */
	read(context: IExecuteFunctions, itemIndex: number, account: Account): MailRequest;
}
