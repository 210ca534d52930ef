import type { ImapClient } from '../../../nodes/mail/imap/client';
import { fileMessage } from '../../../nodes/mail/imap/originals';

test('filing a large message may take as long as a slow line needs', async () => {
	const deadlines: number[] = [];
	const client = {
		command: async (_what: string, _operation: unknown, _step: string, ms: number) => {
			deadlines.push(ms);
			return await Promise.resolve({ uid: 7, uidValidity: 1n });
		},
	} as unknown as ImapClient;
	await fileMessage(client, 'Drafts', Buffer.alloc(1_000), []);
	await fileMessage(client, 'Drafts', Buffer.alloc(25 * 1024 * 1024), []);
	expect(deadlines[0]).toBeLessThan(61_000);
	// 2 Mbit/s.
	expect(deadlines[1]).toBeGreaterThan((25 * 1024 * 1024 * 8) / 2_000);
});
