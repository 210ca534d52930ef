import { deliver } from '../../nodes/SendMail/deliver';
import type { DeliverySettings } from '../../nodes/SendMail/fields/deliveryOptions';
import { Mailboxes } from '../../nodes/SendMail/mailboxes';
import { smtpAccount } from '../mail/smtp/accounts';
import { startFakeSmtp, type FakeSmtp } from '../mail/smtp/fakeSmtp';

const SETTINGS: DeliverySettings = {
	...{ attempts: 1, totalTimeMs: 0, intervalMs: 0, failOnPartial: false, idempotencyKey: '' },
	...{ saveToSent: true, dryRun: false, transcript: 'never' },
};
const REQUEST = { from: 'ada@example.test', to: 'bob@example.test', subject: 'Hello', text: 'Hello' };

let server: FakeSmtp;
beforeAll(async () => (server = await startFakeSmtp()));
afterAll(async () => await server.stop());

// The account has no IMAP server, so that trying to file a copy is seen by its failure.
test.each([
	['custom', 1],
	['fastmail', 1],
	['gmail', 0],
	['microsoft365', 0],
])('an account at %s: copies of sent mail tried to be filed: %i', async (provider, tries) => {
	const { json } = await deliver({ kind: 'send', request: REQUEST }, SETTINGS, {
		context: {} as never,
		account: smtpAccount(server.port, { provider }),
		mailboxes: new Mailboxes(),
		signal: undefined,
		uniqueKey: null,
		onSettled: () => undefined,
	});
	expect(json['outcome']).toBe('accepted');
	expect((json['warnings'] as string[] | undefined) ?? []).toHaveLength(tries);
});
