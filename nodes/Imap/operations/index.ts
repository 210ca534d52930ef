import type { INodePropertyOptions } from 'n8n-workflow';
import { addFlags } from './message/addFlags';
import { archive } from './message/archive';
import { copy } from './message/copy';
import { get } from './message/get';
import { getMany } from './message/getMany';
import { markRead } from './message/markRead';
import { markUnread } from './message/markUnread';
import { move } from './message/move';
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

/** Everything the node can do. */
export const RESOURCES: readonly Resource[] = [
	{
		option: { name: 'Message', value: 'message', description: 'Mails on the server' },
		operations: [addFlags, archive, copy, get, getMany, markRead, markUnread, move, trash, removeFlags],
		default: 'getMany',
	},
];
