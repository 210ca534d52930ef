/** The outcome of something done to a mailbox. */
import type { IDataObject } from 'n8n-workflow';
import type { Output } from '../operations/operation';

export function mailboxOutput(mailbox: string, rest: IDataObject): Output[] {
	return [{ json: { mailbox, ...rest } }];
}
