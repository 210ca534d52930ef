/**
 * Writes the end of docs/accounts.md, "Help by symptom" and where the servers come from, from the tables of diagnoses and
 * providers: `npx tsx test/mail/account/symptomsDoc.ts`. A test compares the two.
 */
import { readFileSync, writeFileSync } from 'fs';
import { join } from 'path';
import { CONNECTION_FAULTS, LINE_FAULTS } from '../../../nodes/mail/account/connectionFaults';
import { DELIVERY_REFUSALS } from '../../../nodes/mail/account/deliveryRefusals';
import { LOGIN_REFUSALS } from '../../../nodes/mail/account/loginRefusals';
import { OAUTH_REFUSALS, TOKEN_REFUSALS } from '../../../nodes/mail/account/oauthRefusals';
import { PASSWORD_REFUSALS } from '../../../nodes/mail/account/passwordRefusals';
import { PROVIDER_KEYS, PROVIDERS, type Provider } from '../../../nodes/mail/account/providers';
import type { Source } from '../../../nodes/mail/account/providerSources';
import { DIAGNOSES, type DiagnosisRow } from '../../../nodes/mail/account/refusals';

export const ACCOUNTS_DOC = join(__dirname, '../../../docs/accounts.md');

/** Starts the written part; everything after it belongs to this script. */
export const MARK =
	'<!-- Below: written by test/mail/account/symptomsDoc.ts from the tables of diagnoses. -->\n';

const CONNECTION = [...CONNECTION_FAULTS, ...LINE_FAULTS];
const LOGIN = [...LOGIN_REFUSALS, ...PASSWORD_REFUSALS];
const OAUTH = [...TOKEN_REFUSALS, ...OAUTH_REFUSALS];
const OTHER = DIAGNOSES.filter(
	(row) => ![...CONNECTION, ...LOGIN, ...OAUTH, ...DELIVERY_REFUSALS].includes(row),
);

const GROUPS: ReadonlyArray<[title: string, rows: readonly DiagnosisRow[]]> = [
	['The server cannot be reached', CONNECTION],
	['The login is refused', LOGIN],
	['Signing in with OAuth2 fails', OAUTH],
	['A mail or a mailbox is refused', DELIVERY_REFUSALS],
	['Anything else', OTHER],
];

const VALUES: Record<string, string> = {
	provider: 'the provider',
	host: 'of the host',
	server: 'the server',
	protocol: 'IMAP or SMTP',
	'password advice': 'Follow the section of your provider above.',
	'port advice': 'See [Ports](#ports).',
	'proxy words': '',
};

const plain = (sentence: string): string =>
	sentence
		.replace(/\{([a-z ]+)\}/g, (placeholder, name: string) => VALUES[name] ?? placeholder)
		.replace(/^the /, 'The ');

/** The Markdown after {@link MARK}. */
export function symptomsMarkdown(): string {
	const sections = GROUPS.map(([title, rows]) => {
		const byId = new Map(rows.map((row) => [row.id, row]));
		const entries = [...byId.values()].map(({ id, cause, nextStep, url }) => {
			const page = url === undefined ? '' : ` ([page](${url}))`;
			return `- \`${id}\`: ${plain(cause)}\n  **Do:** ${plain(nextStep)}${page}`;
		});
		return `### ${title}\n\n${entries.join('\n')}\n`;
	});
	return `\n${sections.join('\n')}\n${sourcesMarkdown()}`;
}

const KINDS: Record<Source['kind'], string> = {
	provider: 'that page',
	copy: 'the provider’s words as others quote them',
	directory: 'server lists for mail programs',
};

function sourcesMarkdown(): string {
	const entries = PROVIDER_KEYS.map((key) => {
		const { label, source }: Provider = PROVIDERS[key];
		const page = source.page === null ? 'no page of its own known' : `[page](${source.page})`;
		const read = source.read.map((url, at) => `[${at + 1}](${url})`).join(' ');
		return `- ${label}: ${page}. Compared with ${KINDS[source.kind]} (${read}), ${source.checked}.`;
	});
	return [
		'## Where the servers come from',
		'',
		'With what the servers, ports and security of each provider were compared, and when. Pages were read as stored copies, which may be some months old; where it was not the page itself, have a look there if a connection fails.',
		'',
		...entries,
		'',
	].join('\n');
}

if (require.main === module) {
	const [head = ''] = readFileSync(ACCOUNTS_DOC, 'utf8').split(MARK);
	writeFileSync(ACCOUNTS_DOC, head + MARK + symptomsMarkdown());
}
