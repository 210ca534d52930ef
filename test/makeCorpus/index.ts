/**
 * `npm run corpus`: writes the messages of the corpus and what is expected of them. The files are committed, so that a
 * change of the builders shows as a change of messages.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Case } from './build';
import { attachments } from './attachments';
import { charsets } from './charsets';
import { lenient } from './lenient';
import { malformed } from './malformed';
import { meaning } from './meaning';
import { replies } from './replies';
import { reports } from './reports';
import { wrongCharsets } from './wrongCharsets';
import { structure } from './structure';
import { styledHtml } from './styledHtml';

const FOLDER = path.join(__dirname, '../corpus');
const origins: (() => Case[])[] = [
	charsets,
	wrongCharsets,
	structure,
	styledHtml,
	attachments,
	malformed,
	lenient,
	replies,
	reports,
	meaning,
];

const cases = origins.flatMap((origin) => origin());
const names = new Set<string>();
for (const { name } of cases) {
	if (names.has(name)) throw new Error(`Two messages are called ${name}`);
	names.add(name);
}
fs.rmSync(FOLDER, { recursive: true, force: true });
for (const { name, source, expected } of cases) {
	const file = path.join(FOLDER, name);
	fs.mkdirSync(path.dirname(file), { recursive: true });
	fs.writeFileSync(`${file}.eml`, source);
	fs.writeFileSync(`${file}.json`, `${JSON.stringify(expected, null, '\t')}\n`);
}
console.log(`${cases.length} messages`);
