/**
 * `npm run n8n`: a real n8n with this package for a person to try, with mail servers, accounts and two workflows
 * ready. Everything lives in temporary folders and ends with Ctrl-C. `--tarball=<file>` opens that package.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbeddedServers, type EmbeddedServers } from '../servers';
import { temporaryFolder } from './cleanup';
import { readMime } from './mime';
import { packPackage } from './packPackage';
import { OWNER, startN8n, type RealN8n } from './realN8n';
import {
	chain,
	CREDENTIAL_TYPE,
	imapTrigger,
	manualTrigger,
	sendMail,
	type CredentialRef,
} from './workflows';

const SHOP = { user: 'shop@mailroom.example', password: 'shop' };
const CUSTOMER = { user: 'customer@mailroom.example', password: 'customer' };
const LOOK_FOR_MAIL_MS = 300;

async function main(): Promise<void> {
	const tarball = process.argv
		.find((argument) => argument.startsWith('--tarball='))
		?.slice('--tarball='.length);
	const stopped = new Promise<void>((resolve) => {
		for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
	});
	console.log('Packing the package, starting mail servers and n8n …');
	const servers = await startEmbeddedServers({ users: [SHOP, CUSTOMER] });
	let n8n: RealN8n | undefined;
	try {
		const authority = join(temporaryFolder('ca'), 'ca.pem');
		writeFileSync(authority, servers.ca);
		const packageTarball = tarball ?? (await packPackage());
		const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
		n8n = await startN8n({
			packageTarball,
			env: { NODE_EXTRA_CA_CERTS: authority, GENERIC_TIMEZONE: timeZone },
		});
		const writeId = await prepare(n8n, servers);
		describe(n8n, servers, writeId);
		const watching = showMail(servers);
		await stopped;
		clearInterval(watching);
		console.log('\nStopping …');
	} finally {
		await n8n?.stop();
		await servers.stop();
	}
}

/** Credentials, a published workflow that answers mail, and one to press that writes it. @returns the latter's id */
async function prepare({ rest }: RealN8n, servers: EmbeddedServers): Promise<string> {
	const credential = async (name: string, account: typeof SHOP): Promise<CredentialRef> =>
		await rest.createCredential({
			name,
			type: CREDENTIAL_TYPE,
			data: {
				provider: 'custom',
				...account,
				imapHost: servers.host,
				imapPort: servers.ports.imaps,
				imapSecurity: 'tls',
				smtpHost: servers.host,
				smtpPort: servers.ports.smtp,
				smtpSecurity: 'starttls',
			},
		});
	const shop = await credential('Shop', SHOP);
	const customer = await credential('Customer', CUSTOMER);
	const answer = sendMail(shop, {
		fromEmail: `The Shop <${SHOP.user}>`,
		toEmail: '={{ $json.replyAddress }}',
		subject: '=Re: {{ $json.subject }}',
		html: '=<p>Thank you, {{ $json.from.name }}. We got your mail of {{ $json.date }}.</p>',
	});
	const answerEveryMail = await rest.createWorkflow(
		chain('Answer every mail', [imapTrigger(shop), { ...answer, name: 'Answer' }]),
	);
	await rest.publish(answerEveryMail.id);
	const write = sendMail(customer, {
		fromEmail: `Carla Customer <${CUSTOMER.user}>`,
		toEmail: SHOP.user,
		subject: '=Is it in stock? ({{ $now.toFormat("HH:mm:ss") }})',
		html: '<p>Hello, is the <b>blue</b> one in stock?</p>',
	});
	return (await rest.createWorkflow(chain('Write to the shop', [manualTrigger(), write]))).id;
}

function describe(n8n: RealN8n, servers: EmbeddedServers, writeId: string): void {
	const { imaps, imap, smtp, smtps } = servers.ports;
	console.log(`
n8n is open:  ${n8n.url}
Log in with:  ${OWNER.email}  /  ${OWNER.password}

"Answer every mail" is published: IMAP Trigger waits for mail of the shop, Send Mail answers it.
"Write to the shop" sends such a mail: open ${n8n.url}/workflow/${writeId} and press "Execute workflow".
Every mail that the servers accept is shown below.

Mail servers: ${servers.host}, IMAP ${imaps} (TLS) or ${imap} (STARTTLS), SMTP ${smtps} (TLS) or ${smtp} (STARTTLS)
Accounts:     ${SHOP.user} / ${SHOP.password}, ${CUSTOMER.user} / ${CUSTOMER.password}

Ctrl-C ends all of it.
`);
}

/** Prints each mail that was accepted by SMTP. */
function showMail(servers: EmbeddedServers): NodeJS.Timeout {
	let shown = 0;
	return setInterval(() => {
		for (const { from, recipients, raw } of servers.accepted.slice(shown)) {
			shown++;
			const subject = readMime(raw).headers['subject'] ?? '';
			console.log(`${new Date().toLocaleTimeString()}  ${from} → ${recipients.join(', ')}: ${subject}`);
		}
	}, LOOK_FOR_MAIL_MS);
}

main().catch((error: Error) => {
	console.error(error.message);
	process.exitCode = 1;
});
