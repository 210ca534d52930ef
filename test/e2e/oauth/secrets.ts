/** Looks for secrets in everything that an n8n has printed, stored and shown. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, type N8nInstall } from '../install';
import type { RealN8n } from '../realN8n';

/** The package under test and what it depends on; it was there before any secret. */
const NOT_OURS = join('.n8n', 'nodes');
/** Shorter words are found by chance. */
const SHORTEST_SECRET = 8;

/** Reads every row of every table with the SQLite that comes with n8n's Node. */
const DUMP = `
	const { DatabaseSync } = require('node:sqlite');
	const database = new DatabaseSync(process.argv[1], { readOnly: true });
	const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
	for (const { name } of tables)
		for (const row of database.prepare('SELECT * FROM "' + name + '"').all())
			console.log(name, Object.values(row).map(String).join(' '));
`;

/** A place where a secret may have ended up. */
export interface Place {
	name: string;
	text: string;
}

/** Every form in which a secret may appear inside a text: as it is, escaped, in base64 at any offset, as bytes. */
export function formsOf(secret: string): string[] {
	if (secret.length < SHORTEST_SECRET)
		throw new Error(`A secret of ${secret.length} characters is too short`);
	const bytes = Buffer.from(secret);
	const base64 = [0, 1, 2].map((offset) => {
		const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
		// Only the characters that depend on nothing before or after the secret.
		return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
	});
	const forms = [
		secret,
		JSON.stringify(secret).slice(1, -1),
		encodeURIComponent(secret),
		...base64,
		...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
		bytes.toString('hex'),
		[...bytes].join(','),
	];
	return [...new Set(forms)];
}

/** @returns the names of the places that hold one of the secrets in any form */
export function placesWith(secrets: readonly string[], places: readonly Place[]): string[] {
	const forms = secrets.flatMap(formsOf);
	return places.filter(({ text }) => forms.some((form) => text.includes(form))).map(({ name }) => name);
}

/** What n8n printed, its database, every other file it wrote, and what its REST interface says of runs and credentials. */
export async function everythingOf(n8n: RealN8n, { node }: N8nInstall): Promise<Place[]> {
	const { rest, userFolder } = n8n;
	const places: Place[] = [{ name: 'log', text: n8n.log() }];
	const add = async (name: string, path: string) =>
		void places.push({ name, text: await (await rest.raw('GET', path)).text() });
	for (const { id } of await rest.executions({})) await add(`execution ${id}`, `/rest/executions/${id}`);
	const credentials = await rest.request<Array<{ id: string }>>('GET', '/credentials');
	for (const { id } of credentials) await add(`credential ${id}`, `/rest/credentials/${id}?includeData=true`);
	const database = join(userFolder, '.n8n', 'database.sqlite');
	places.push({ name: 'database', text: await run(node, ['-e', DUMP, database], userFolder, process.env) });
	for (const file of await filesBelow(userFolder))
		places.push({ name: file, text: (await readFile(file)).toString('latin1') });
	return places;
}

async function filesBelow(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { withFileTypes: true, recursive: true });
	return entries
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.filter((file) => !file.startsWith(join(folder, NOT_OURS)));
}
