/** A mail server in a process of its own with a mailbox of many messages, so that only the client's memory is measured. */
import { startEmbeddedServers } from '../../servers';

const USER = { user: 'big@example.org', password: 'big' };

async function main(count: number): Promise<void> {
	const servers = await startEmbeddedServers({ users: [USER], requireTls: false });
	const mailbox = servers.mailbox(USER.user);
	const raw = Buffer.from('From: a@example.org\r\nSubject: one of many\r\n\r\nText\r\n');
	const internalDate = new Date(Date.now() - 3_600_000);
	const flags = new Set<string>();
	for (let uid = 1; uid <= count; uid++)
		mailbox.messages.push({ uid, raw, internalDate, flags, version: 0, removed: false });
	mailbox.uidNext = count + 1;
	process.on('message', () => mailbox.add({ raw }));
	process.send?.(servers.ports.imap);
}

process.once('disconnect', () => process.exit(0));
main(Number(process.argv[2])).catch((error: Error) => {
	process.stderr.write(`${error.stack}\n`);
	process.exit(1);
});
