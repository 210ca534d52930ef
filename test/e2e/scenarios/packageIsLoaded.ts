import assert from 'node:assert/strict';
import type { Rig } from '../rig';
import { CREDENTIAL_TYPE, IMAP, IMAP_TRIGGER, SEND_MAIL } from '../workflows';

const NODES = [IMAP, IMAP_TRIGGER, SEND_MAIL];

type Icon = string | { light: string; dark: string };

interface TypeDescription {
	name: string;
	displayName: string;
	iconUrl?: Icon;
	codex?: { categories?: string[]; alias?: string[]; resources?: Record<string, unknown> };
	credentials?: Array<{ name: string; testedBy?: string }>;
	supportedNodes?: string[];
}

/** The editor's own lists name the nodes and the credential, with codex and icons that can be fetched. */
export async function packageIsLoaded(rig: Rig): Promise<string> {
	const nodes = await typeFile(rig, 'nodes');
	const credentials = await typeFile(rig, 'credentials');
	const described = [
		...NODES.map((name) => nodes.find((type) => type.name === name) ?? assert.fail(name)),
		credentials.find((type) => type.name === CREDENTIAL_TYPE) ?? assert.fail(CREDENTIAL_TYPE),
	];
	for (const type of described.slice(0, NODES.length)) {
		assert.ok(type.codex?.categories?.length, `codex of ${type.name}: ${JSON.stringify(type.codex)}`);
		assert.ok(type.codex?.resources?.['primaryDocumentation'], `documentation link of ${type.name}`);
		const credential = type.credentials?.find(({ name }) => name === CREDENTIAL_TYPE);
		assert.ok(credential?.testedBy, `credential test of ${type.name}`);
	}
	assert.deepEqual([...(described[NODES.length]?.supportedNodes ?? [])].sort(), NODES);
	for (const name of [IMAP, SEND_MAIL])
		assert.ok(
			nodes.some((type) => type.name === `${name}Tool`),
			`${name} as a tool of an agent`,
		);
	let icons = 0;
	for (const type of described) icons += await fetchIcons(rig, type);
	return `${nodes.length} node types, ${icons} icons`;
}

async function typeFile(rig: Rig, name: string): Promise<TypeDescription[]> {
	const response = await rig.rest.raw('GET', `/types/${name}.json`);
	assert.equal(response.status, 200);
	return (await response.json()) as TypeDescription[];
}

async function fetchIcons(rig: Rig, type: TypeDescription): Promise<number> {
	const icon = type.iconUrl;
	assert.ok(typeof icon === 'object', `light and dark icon of ${type.name}: ${JSON.stringify(icon)}`);
	assert.notEqual(icon.light, icon.dark);
	for (const path of [icon.light, icon.dark]) {
		const response = await rig.rest.raw('GET', `/${path}`);
		assert.equal(response.status, 200, path);
		assert.match(response.headers.get('content-type') ?? '', /svg/, path);
		assert.match(await response.text(), /<svg/, path);
	}
	return 2;
}
