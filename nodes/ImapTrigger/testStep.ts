/** "Execute step" in the editor: the newest message that the trigger wants at once, or the next to arrive. Touches no flag and no cursor (D22). */
import type { ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';
import { readAccount } from '../bridge/account';
import { toNodeError } from '../bridge/errors';
import { newestMessage } from '../mail/imap/newest';
import { toItem } from '../bridge/formats/item';
import type { TriggerSettings } from './settings';

export function testStep(context: ITriggerFunctions, settings: TriggerSettings): ITriggerResponse {
	const stopped = new AbortController();
	return {
		manualTriggerFunction: async () => {
			try {
				const account = await readAccount(context, settings.accountType);
				const message = await newestMessage(account, settings, stopped.signal);
				context.emit([[await toItem(context, message, settings.item, 1)]]);
			} catch (error) {
				if (!stopped.signal.aborted) throw toNodeError(context.getNode(), error);
			}
		},
		// n8n may call this twice, and as an event listener.
		closeFunction: async () => stopped.abort(),
	};
}
