import type { INodePropertyOptions } from 'n8n-workflow';
import { check } from './account/check';
import { create } from './mailbox/create';
import { deleteOne } from './mailbox/delete';
import { empty } from './mailbox/empty';
import { getMany as getManyMailboxes } from './mailbox/getMany';
import { quota } from './mailbox/quota';
import { rename } from './mailbox/rename';
import { status } from './mailbox/status';
import { subscribe } from './mailbox/subscribe';
import { unsubscribe } from './mailbox/unsubscribe';
import { addFlags } from './message/addFlags';
import { append } from './message/append';
import { archive } from './message/archive';
import { copy } from './message/copy';
import { deleteMessage } from './message/delete';
import { downloadAttachments } from './message/downloadAttachments';
import { get } from './message/get';
import { getMany } from './message/getMany';
import { getThread } from './message/getThread';
import { markDone } from './message/markDone';
import { markRead } from './message/markRead';
import { markUnread } from './message/markUnread';
import { move } from './message/move';
import { putBack } from './message/putBack';
import { removeFlags } from './message/removeFlags';
import { trash } from './message/trash';
import type { ImapOperation } from './operation';

export interface Resource {
	option: INodePropertyOptions & { value: string };
	/** In the order of the menu. */
	operations: readonly ImapOperation[];
	/** The operation that is chosen at first. */
	default: string;
}

const byName = (operations: ImapOperation[]): ImapOperation[] =>
	operations.sort((a, b) => (a.option.name < b.option.name ? -1 : 1));

/** Everything the node can do. */
export const RESOURCES: readonly Resource[] = [
	{
		option: { name: 'Account', value: 'account', description: 'The mail account itself' },
		operations: [check],
		default: 'check',
	},
	{
		option: { name: 'Mailbox', value: 'mailbox', description: 'The folders of the account' },
		operations: byName([
			...[create, deleteOne, empty, getManyMailboxes, quota, rename, status, subscribe, unsubscribe],
		]),
		default: 'getMany',
	},
	{
		option: { name: 'Message', value: 'message', description: 'Mails on the server' },
		operations: byName([
			...[addFlags, append, archive, copy, deleteMessage, downloadAttachments, get, getMany, getThread],
			...[markDone, markRead, markUnread, move, putBack, removeFlags, trash],
		]),
		default: 'getMany',
	},
];
