/** The arrows of the house hold: each forbidden way to reach a module is red, what the layers need is green. */
import { lint } from './lint';

interface Case {
	/** Cases of one group make one test. */
	group: string;
	title: string;
	file: string;
	code: string;
	/** The rule that must speak, or undefined when none of RULES may. */
	rule?: string;
}

const ARROWS = 'mailroom/arrows';
const ENVIRONMENT = 'no-restricted-properties';
const SYNTAX = 'no-restricted-syntax';
const RULES = [ARROWS, ENVIRONMENT, SYNTAX, 'no-console', 'max-lines'];

/** Every way to name a module in TypeScript. */
const FORMS: Record<string, (name: string) => string> = {
	import: (name) => `import thing from '${name}';\nexport const x = thing;`,
	'import of names': (name) => `import { a, type B } from '${name}';\nexport const x: B = a;`,
	'import for effect': (name) => `import '${name}';`,
	'import type': (name) => `import type { Thing } from '${name}';\nexport type X = Thing;`,
	'import of inline types': (name) => `import { type Thing } from '${name}';\nexport type X = Thing;`,
	'export from': (name) => `export { thing } from '${name}';`,
	'export type from': (name) => `export type { Thing } from '${name}';`,
	'export all': (name) => `export * from '${name}';`,
	'import = require': (name) => `import thing = require('${name}');\nexport const x = thing;`,
	'export import = require': (name) => `export import thing = require('${name}');`,
	'import()': (name) => `export const load = async () => await import('${name}');`,
	'import() of a template': (name) => `export const load = async () => await import(\`${name}\`);`,
	'require()': (name) => `export const load = () => require('${name}');`,
	'module.require()': (name) => `export const load = () => module.require('${name}');`,
	'require.resolve()': (name) => `export const where = () => require.resolve('${name}');`,
	'type of import()': (name) => `export type X = import('${name}').Thing;`,
};

/** Where, and what must not be named there in any form. */
const FORBIDDEN: [file: string, names: string[]][] = [
	[
		'nodes/mail/imap/session.ts',
		[
			'n8n-workflow',
			'n8n-core',
			'n8n-nodes-base',
			'@n8n/di',
			'lodash',
			'../../bridge/errors',
			'../../ImapTrigger/emitter',
			'../../../credentials/MailAccountApi.credentials',
			'imapflow',
			'imapflow/lib/tools',
			'fs',
			'node:fs',
			'node:fs/promises',
			'http',
			'node:https',
			'node:http2',
			'child_process',
			'node:process',
			'node:module',
		],
	],
	['nodes/mail/imap/client.ts', ['nodemailer', 'mailparser']],
	['nodes/mail/smtp/login.ts', ['imapflow', 'mailparser', 'nodemailerx']],
	['nodes/mail/smtp/send.ts', ['nodemailer', 'nodemailer/lib/mail-composer']],
	['nodes/mail/message/parseWorker.ts', ['nodemailer', 'n8n-workflow', 'mailparser', 'iconv-lite']],
	['nodes/mail/message/read/readMail.ts', ['mailparser', 'iconv-lite', 'htmlparser2', 'ical.js']],
	['nodes/bridge/account.ts', ['n8n-core', 'imapflow', 'nodemailer', '../SendMail/description', 'fs']],
	[
		'nodes/SendMail/operations/send.ts',
		[
			'n8n-core',
			'nodemailer',
			'../../ImapTrigger/settings',
			'../../../credentials/fields',
			'node:child_process',
		],
	],
	['nodes/ImapTrigger/ImapTrigger.node.ts', ['imapflow', 'mailparser', '../SendMail/description', 'http']],
	['nodes/Imap/Imap.node.ts', ['imapflow', '../ImapTrigger/registry']],
	[
		'credentials/MailAccountApi.credentials.ts',
		[
			'n8n-core',
			'nodemailer',
			'../nodes/bridge/account',
			'../nodes/mail/imap/client',
			'../nodes/SendMail/x',
			'fs',
		],
	],
];

/** Loaded with the file instead of at first use: red even for the library's own importer. */
const AT_ONCE = [
	'import',
	'import of names',
	'import for effect',
	'export from',
	'export all',
	'import = require',
];
const OWN_IMPORTER: [file: string, name: string][] = [
	['nodes/mail/imap/client.ts', 'imapflow'],
	['nodes/mail/smtp/login.ts', 'nodemailer'],
	['nodes/mail/message/compose.ts', 'nodemailer/lib/mail-composer'],
];

const LAZY_OR_TYPE = ['import type', 'import of inline types', 'import()', 'type of import()'];

const one = (form: string, file: string, name: string, rule?: string): Case => {
	const code = (FORMS[form] as (name: string) => string)(name);
	return { group: `${file} naming ${name}`, title: form, file, code, ...(rule ? { rule } : {}) };
};

const red: Case[] = [
	...FORBIDDEN.flatMap(([file, names]) =>
		names.flatMap((name) => Object.keys(FORMS).map((form) => one(form, file, name, ARROWS))),
	),
	...OWN_IMPORTER.flatMap(([file, name]) => AT_ONCE.map((form) => one(form, file, name, ARROWS))),
	one('import', 'credentials/MailAccountApi.credentials.ts', 'n8n-workflow', ARROWS),
	one('import()', 'credentials/MailAccountApi.credentials.ts', 'n8n-workflow', ARROWS),
	...[
		['a computed import()', 'export const load = async (n: string) => await import(n);', ARROWS],
		['a computed require()', 'export const load = (n: string) => require(n);', ARROWS],
		['require under another name', "const load = require;\nexport const x = () => load('fs');", ARROWS],
		['require at the top', "export const x = require('imapflow');", ARROWS],
		['process.env', 'export const x = process.env.HOME;', ENVIRONMENT],
		["process['env']", "export const x = process['env'];", ENVIRONMENT],
		['env taken out of process', 'const { env } = process;\nexport const x = env;', ENVIRONMENT],
		['globalThis.process.env', 'export const x = globalThis.process.env;', SYNTAX],
		['getBuiltinModule', "export const x = process.getBuiltinModule('fs');", SYNTAX],
		['console', "console.log('hello');", 'no-console'],
		['a file of 301 lines', `${'// line\n'.repeat(300)}export {};`, 'max-lines'],
	].map(([title, code, rule]) => ({
		group: `nodes/mail/imap/client.ts with ${title}`,
		title: title as string,
		file: 'nodes/mail/imap/client.ts',
		code: code as string,
		rule: rule as string,
	})),
];

const green: Case[] = [
	...OWN_IMPORTER.flatMap(([file, name]) => LAZY_OR_TYPE.map((form) => one(form, file, name))),
	one('import', 'nodes/mail/message/read/n8nFormats.ts', 'mailparser'),
	one('import', 'nodes/mail/message/read/mime/codec.ts', 'iconv-lite'),
	one('import', 'nodes/mail/message/read/html/tokens.ts', 'htmlparser2'),
	one('import', 'nodes/mail/message/read/calendar.ts', 'ical.js'),
	one('import', 'nodes/mail/imap/client.ts', 'node:tls'),
	one('import', 'nodes/mail/imap/session.ts', './client'),
	one('import', 'nodes/mail/imap/session.ts', '../deadline'),
	one('import', 'nodes/mail/message/parse.ts', 'node:worker_threads'),
	one('import of names', 'nodes/bridge/account.ts', 'n8n-workflow'),
	one('import', 'nodes/bridge/account.ts', '../mail/account/account'),
	one('import', 'nodes/SendMail/operations/send.ts', 'n8n-workflow'),
	one('import', 'nodes/SendMail/operations/send.ts', '../description'),
	one('import', 'nodes/SendMail/operations/send.ts', '../../bridge/account'),
	one('import', 'nodes/SendMail/operations/send.ts', '../../mail/smtp/send'),
	one('import type', 'credentials/MailAccountApi.credentials.ts', 'n8n-workflow'),
	one('import', 'credentials/MailAccountApi.credentials.ts', './fields'),
	one('import', 'credentials/MailAccountApi.credentials.ts', '../nodes/mail/account/providers'),
	one('import', 'test/mail/client.test.ts', 'imapflow'),
	one('import', 'test/mail/client.test.ts', 'node:fs'),
	{
		group: 'nodes/mail/imap/client.ts with 300 lines',
		title: 'a file of 300 lines',
		file: 'nodes/mail/imap/client.ts',
		code: `${'// line\n'.repeat(299)}export {};`,
	},
];

function grouped(cases: Case[]): [group: string, cases: Case[]][] {
	const groups = new Map<string, Case[]>();
	for (const entry of cases) groups.set(entry.group, [...(groups.get(entry.group) ?? []), entry]);
	return [...groups];
}

const all = [...red, ...green];
const answers = lint(all);
const said = new Map(all.map((entry, index) => [entry, answers[index]!]));

test.each(grouped(red))('red: %s', (_group, cases) => {
	for (const entry of cases) {
		const rules = said.get(entry)!.map(({ rule }) => rule);
		// A piece that does not parse (rule null) would prove nothing.
		expect({ form: entry.title, parses: !rules.includes(null), red: rules.includes(entry.rule!) }).toEqual({
			form: entry.title,
			parses: true,
			red: true,
		});
	}
});

test.each(grouped(green))('green: %s', (_group, cases) => {
	for (const entry of cases) {
		const complaints = said.get(entry)!.filter(({ rule }) => rule === null || RULES.includes(rule));
		expect({ form: entry.title, complaints }).toEqual({ form: entry.title, complaints: [] });
	}
});
