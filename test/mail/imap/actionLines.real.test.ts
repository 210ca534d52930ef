import { toAccount } from '../../../nodes/bridge/account';
import { closeIdleActionLines, withActionLine } from '../../../nodes/mail/imap/actionLines';
import { startEmbeddedServers } from '../../servers';

const USER = { user: 'ann@example.org', password: 'geheim-7-Wort' };

test('who waits for a line and is stopped does not wait on, and takes no place', async () => {
	const servers = await startEmbeddedServers({ users: [USER] });
	let finish: () => void = () => undefined;
	const finished = new Promise<void>((resolve) => (finish = resolve));
	try {
		const account = toAccount('mailAccountApi', {
			...{ provider: 'custom', ...USER, imapHost: servers.host, imapPort: servers.ports.imaps },
			...{ imapSecurity: 'tls', ignoreSslIssues: true },
		});
		const long = [1, 2].map(async () => await withActionLine(account, async () => await finished));
		const stop = new AbortController();
		const waiting = withActionLine(account, async () => await Promise.resolve('ran'), stop.signal);
		stop.abort();
		await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
		const next = withActionLine(account, async (line) => (await line.client()).alive);
		finish();
		await Promise.all(long);
		expect(await next).toBe(true);
	} finally {
		finish();
		closeIdleActionLines();
		await servers.stop();
	}
});
