/** n8n may start the same trigger twice at once, and keeps only one of them to close. */
import type { ITriggerFunctions } from 'n8n-workflow';
import { createServer, type AddressInfo } from 'net';
import { startLiveTrigger } from '../../../nodes/ImapTrigger/liveTrigger';
import type { TriggerSettings } from '../../../nodes/ImapTrigger/settings';
import { NO_FILTER } from '../../../nodes/mail/imap/filter';
import { openWatches } from '../../../nodes/mail/imap/watch';
import { POLICY } from './deliveryRig';

/** A port on which nobody answers. */
async function closedPort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}

it('a trigger that is started twice at the same time leaves none behind', async () => {
	const port = await closedPort();
	const staticData = {};
	const context = {
		getCredentials: async () =>
			await Promise.resolve({ user: 'a', password: 'b', imapHost: '127.0.0.1', imapPort: port }),
		getWorkflow: () => ({ id: 'two-starts' }),
		getNode: () => ({ id: 'n', name: 'IMAP Trigger' }),
		getWorkflowStaticData: () => staticData,
		getActivationMode: () => 'update',
		logger: { warn: () => undefined },
		helpers: {},
		emit: () => undefined,
	} as unknown as ITriggerFunctions;
	const settings = {
		accountType: 'mailAccountApi',
		mailboxes: ['INBOX'],
		old: { kind: 'none' },
		startFrom: 'new',
		item: {},
		policy: POLICY,
		filter: NO_FILTER,
		maxMessageBytes: 1_000_000,
		forcePolling: false,
		runOnOutage: false,
	} as unknown as TriggerSettings;
	const [, second] = await Promise.all([
		startLiveTrigger(context, settings),
		startLiveTrigger(context, settings),
	]);
	expect(openWatches()).toBe(1);
	await second?.closeFunction?.();
	expect(openWatches()).toBe(0);
});
