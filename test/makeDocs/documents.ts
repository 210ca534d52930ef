/** The generated documents: their paths and what has to be in them. `npm run docs` writes them, a test compares. */
import fs from 'node:fs';
import path from 'node:path';
import { messageItem } from '../../nodes/bridge/formats/message';
import { DEFAULT_ITEM_SETTINGS } from '../../nodes/bridge/formats/itemSettings';
import { readMail } from '../../nodes/mail/message/read/readMail';
import { exampleMail } from './exampleMail';
import { messageSchema, type Schema } from './schema';

export const ROOT = path.join(__dirname, '../..');
const BEGIN = '<!-- made by `npm run docs` from nodes/bridge/formats/messageItem.ts -->';
const END = '<!-- end of what is made -->';

/** The item of the example mail, as a workflow gets it. */
export async function exampleItem(): Promise<Record<string, unknown>> {
	const source = exampleMail();
	const message = {
		uid: 4711,
		uidValidity: '1700000000',
		mailbox: 'INBOX',
		flags: [],
		size: source.length,
		receivedAt: new Date('2026-03-03T08:15:02Z'),
		source,
		truncated: false,
		mail: readMail(source),
	};
	// Nothing is downloaded, so nothing of n8n is needed.
	const { json } = await messageItem(
		{ helpers: {} as never },
		message,
		{ ...DEFAULT_ITEM_SETTINGS, trustedServers: ['mx.receiver.example'] },
		1,
	);
	return JSON.parse(JSON.stringify(json)) as Record<string, unknown>;
}

/** File, relative to the repository → content. */
export async function documents(): Promise<Map<string, string>> {
	const schema = messageSchema();
	const example = await exampleItem();
	const json = (value: unknown) => `${JSON.stringify(value, null, '\t')}\n`;
	const whole = {
		$schema: 'http://json-schema.org/draft-07/schema#',
		title: 'Item of the IMAP Trigger, format "message"',
		...schema,
	};
	const page = fs.readFileSync(path.join(ROOT, 'docs/message.md'), 'utf8');
	const made = `${BEGIN}\n\n${table(schema, example)}\n\n### An example\n\n\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\`\n\n`;
	const start = page.indexOf(BEGIN);
	const end = page.indexOf(END);
	if (start < 0 || end < start)
		throw new Error('docs/message.md has lost the marks around its generated part');
	return new Map([
		['docs/message.schema.json', json(whole)],
		['docs/message.example.json', json(example)],
		// Where n8n looks for the fields of a node before it has run.
		['nodes/ImapTrigger/__schema__/v1.0.0.json', json({ ...withoutNotes(schema), version: 1 })],
		['docs/message.md', page.slice(0, start) + made + page.slice(end)],
	]);
}

/** The editor wants types only, a single one for each. */
function withoutNotes({ type, properties, items, additionalProperties }: Schema): object {
	const single = Array.isArray(type) ? type[0] : type;
	return {
		type: single,
		...(properties && {
			properties: Object.fromEntries(
				Object.entries(properties).map(([name, one]) => [name, withoutNotes(one)]),
			),
		}),
		...(items && { items: withoutNotes(items) }),
		...(typeof additionalProperties === 'object' && {
			additionalProperties: withoutNotes(additionalProperties),
		}),
	};
}

function table(schema: Schema, example: unknown): string {
	const rows: string[] = ['| Field | Type | Meaning | Example |', '| --- | --- | --- | --- |'];
	addRows(rows, schema, example, '');
	return rows.join('\n');
}

function addRows(rows: string[], schema: Schema, example: unknown, prefix: string): void {
	for (const [name, property] of Object.entries(schema.properties ?? {})) {
		const value = (example as Record<string, unknown> | null | undefined)?.[name];
		const nested = property.properties ?? property.items?.properties;
		const isList = [property.type].flat().includes('array');
		const shown = nested || value === undefined ? '' : cell(value);
		rows.push(
			`| \`${prefix}${name}\` | ${typeText(property)} | ${(property.description ?? '').replace(/\|/g, '\\|')} | ${shown} |`,
		);
		if (nested && !REPEATED.has(name))
			addRows(
				rows,
				{ properties: nested },
				isList && Array.isArray(value) ? value[0] : value,
				`${prefix}${name}${isList ? '[]' : ''}.`,
			);
	}
}

/** The same shape as a field before. */
const REPEATED = new Set(['cc', 'bcc', 'to', 'replyTo']);

function cell(value: unknown): string {
	const text = JSON.stringify(value);
	const short = text.length > 60 ? `${text.slice(0, 57)}…` : text;
	return `\`${short.replace(/\|/g, '\\|').replace(/`/g, "'")}\``;
}

function typeText({ type, items, enum: values, additionalProperties }: Schema): string {
	const kinds = [type ?? []].flat().map((one) => {
		if (one === 'array') return `list of ${[items?.type ?? 'object'].flat().join(' or ')}s`;
		if (one === 'object' && typeof additionalProperties === 'object') return 'object of lists';
		return one;
	});
	if (!values) return kinds.join(' or ');
	return values.map((value) => (value === null ? 'null' : `\`${String(value)}\``)).join(', ');
}
