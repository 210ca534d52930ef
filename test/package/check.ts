/**
 * `npm run pack:check`: builds, packs, and looks at the tarball as n8n would: unpacked into an empty folder outside
 * the checkout, with only its own dependencies (installed with n8n's flags), loaded by n8n-core's own loader.
 *
 * `npm run pack:check -- <folder>` also leaves the checked tarball there, ready to publish. The last line counts the
 * checks. It needs a registry to install from.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ROOT, isStale } from '../dist';
import { temporaryFolder } from '../e2e/cleanup';
import { installPackage, packPackage } from '../e2e/packPackage';
import { expectedFiles } from './expectedFiles';

interface Themed {
	light: string;
	dark: string;
}

/** What loadPackage.cjs prints. */
interface Loaded {
	nodes: {
		name: string;
		displayName: string;
		iconUrl?: Themed;
		codex?: { categories?: string[]; alias?: string[]; resources?: Record<string, { url: string }[]> };
		credentials: { name: string; testedBy?: string }[];
		tests: string[];
	}[];
	credentials: {
		name: string;
		displayName: string;
		iconUrl?: Themed;
		supportedNodes: string[];
		hasOwnTest: boolean;
	}[];
	bootMs: number;
	dependencies: string[];
	loadedAtBoot: string[];
	modulesNamed: string[];
	faults: { file: string; name: string; fault: string }[];
}

/** Types of n8n itself that our nodes may accept beside our own. */
const CREDENTIALS_OF_N8N = ['smtp', 'imap'];

/** 1 MB is many times what code and icons weigh: more means that something strayed into the package. */
const MAX_TARBALL_BYTES = 1_000_000;

const NODE_NAMES: Record<string, string> = {
	sendMail: 'Send Mail',
	imapTrigger: 'IMAP Trigger',
	imap: 'IMAP',
};
const CREDENTIAL_NAMES: Record<string, string> = {
	mailAccountApi: 'Mail Account',
	mailAccountGoogleOAuth2Api: 'Mail Account (Google)',
	mailAccountMicrosoftOAuth2Api: 'Mail Account (Microsoft)',
	mailAccountOAuth2Api: 'Mail Account (Other OAuth2)',
};

function filesOf(tarball: string): string[] {
	const list = spawnSync('tar', ['-tzf', tarball], { encoding: 'utf8' });
	assert.equal(list.status, 0, list.stderr);
	return list.stdout
		.split('\n')
		.filter((line) => line !== '')
		.map((line) => line.replace(/^package\//, ''))
		.sort();
}

/** Only n8n-workflow (from n8n) is in sight, as NODE_PATH does it in n8n: a missing dependency cannot hide. */
function load(folder: string): Loaded {
	const shared = temporaryFolder('node-path');
	fs.symlinkSync(path.join(ROOT, 'node_modules/n8n-workflow'), path.join(shared, 'n8n-workflow'), 'dir');
	const child = spawnSync(process.execPath, [path.join(__dirname, 'loadPackage.cjs'), folder], {
		cwd: shared,
		encoding: 'utf8',
		env: {
			PATH: process.env.PATH,
			HOME: shared,
			N8N_USER_FOLDER: shared,
			NODE_PATH: shared,
			NODE_ENV: 'production',
		},
	});
	if (child.status !== 0) throw new Error(`The package does not load:\n${child.stderr}`);
	return JSON.parse(child.stdout) as Loaded;
}

/** The icons of `entry` are there, in a light and a dark version that differ. */
function checkIcons(folder: string, name: string, iconUrl: Themed | undefined): void {
	assert(iconUrl?.light && iconUrl.dark, `${name} has no icon for both themes`);
	const [light, dark] = [iconUrl.light, iconUrl.dark].map((url) =>
		// "icons/<package>/<path in the package>"
		fs.readFileSync(path.join(folder, url.split('/').slice(2).join('/')), 'utf8'),
	);
	assert.match(light ?? '', /^<svg /);
	assert.match(dark ?? '', /^<svg /);
	assert.notEqual(light, dark, `${name} has the same icon for both themes`);
}

function checksOf(tarball: string, folder: string, loaded: Loaded): Record<string, () => void> {
	const manifest = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
		dependencies: Record<string, string>;
		n8n: { nodes: string[]; credentials: string[] };
	};
	return {
		'holds exactly what the sources make, and no more': () => {
			assert.deepEqual(filesOf(tarball), expectedFiles());
		},
		'is small': () => {
			const { size } = fs.statSync(tarball);
			assert(size <= MAX_TARBALL_BYTES, `${size} bytes`);
		},
		'was packed from a dist as new as the sources': () => assert(!isStale()),
		'has every node, by its public name': () => {
			const names = Object.fromEntries(loaded.nodes.map(({ name, displayName }) => [name, displayName]));
			assert.deepEqual(names, NODE_NAMES);
			assert.equal(manifest.n8n.nodes.length, loaded.nodes.length);
		},
		'has every credential, by its public name': () => {
			const names = Object.fromEntries(
				loaded.credentials.map(({ name, displayName }) => [name, displayName]),
			);
			assert.deepEqual(names, CREDENTIAL_NAMES);
			assert.equal(manifest.n8n.credentials.length, loaded.credentials.length);
		},
		'has icons for light and dark': () => {
			for (const { name, iconUrl } of [...loaded.nodes, ...loaded.credentials]) {
				checkIcons(folder, name, iconUrl);
			}
		},
		'has a codex for each node': () => {
			for (const { name, codex } of loaded.nodes) {
				assert(codex?.categories?.includes('Communication'), `${name} has no category`);
				assert(codex?.alias?.includes('Email'), `${name} is not found by "Email"`);
				assert.match(codex?.resources?.['primaryDocumentation']?.[0]?.url ?? '', /^https:\/\//);
			}
		},
		'says which nodes use a credential': () => {
			for (const { name, supportedNodes } of loaded.credentials) {
				const users = loaded.nodes.filter((node) => node.credentials.some((used) => used.name === name));
				assert.deepEqual([...supportedNodes].sort(), users.map((node) => node.name).sort());
				assert.notEqual(supportedNodes.length, 0, `no node uses ${name}`);
			}
		},
		'has a test for every credential, and the nodes that name it have it': () => {
			for (const { name, hasOwnTest } of loaded.credentials) {
				const testers = loaded.nodes.flatMap((node) =>
					node.credentials.filter((used) => used.name === name && used.testedBy !== undefined),
				);
				assert(hasOwnTest || testers.length > 0, `nothing tests ${name}`);
			}
			const offered = loaded.nodes.flatMap((node) => node.tests);
			for (const node of loaded.nodes) {
				for (const { testedBy } of node.credentials) {
					if (testedBy === undefined) continue;
					assert(offered.includes(testedBy), `${node.name} names the test ${testedBy}, which no node has`);
				}
			}
		},
		'names only credentials that exist': () => {
			const known = [...CREDENTIALS_OF_N8N, ...loaded.credentials.map(({ name }) => name)];
			const named = loaded.nodes.flatMap((node) => node.credentials.map(({ name }) => name));
			assert.deepEqual(
				named.filter((name) => !known.includes(name)),
				[],
			);
		},
		'loads no mail library when n8n starts': () => {
			const foreign = loaded.loadedAtBoot.filter((file) => file.startsWith('node_modules/'));
			assert.deepEqual([...new Set(foreign.map((file) => file.split('/')[1]))], []);
			assert.notEqual(loaded.loadedAtBoot.length, 0);
		},
		'finds all it needs in its own dependencies': () => assert.deepEqual(loaded.faults, []),
		'needs each of its dependencies, pinned exactly': () => {
			const packages = loaded.modulesNamed.map((name) => name.split('/')[0]);
			assert.deepEqual(
				loaded.dependencies.filter((name) => !packages.includes(name)),
				[],
			);
			for (const version of Object.values(manifest.dependencies)) assert.match(version, /^\d+\.\d+\.\d+$/);
		},
	};
}

async function main(): Promise<void> {
	const tarball = await packPackage();
	const folder = await installPackage(tarball, temporaryFolder('loaded'));
	const loaded = load(folder);

	let failed = 0;
	const checks = Object.entries(checksOf(tarball, folder, loaded));
	for (const [name, check] of checks) {
		try {
			check();
			console.log(`  ok      The package ${name}`);
		} catch (error) {
			failed += 1;
			console.log(`  FAILED  The package ${name}\n${error instanceof Error ? error.message : String(error)}`);
		}
	}
	const kilobytes = (fs.statSync(tarball).size / 1000).toFixed(1);
	const { length } = filesOf(tarball);
	console.log(
		`\n${path.basename(tarball)}: ${kilobytes} kB, ${length} files, loads in ${loaded.bootMs.toFixed(0)} ms`,
	);

	const target = process.argv[2];
	if (target !== undefined && failed === 0) {
		fs.mkdirSync(target, { recursive: true });
		fs.copyFileSync(tarball, path.join(target, path.basename(tarball)));
		console.log(`It lies in ${target}`);
	}
	console.log(`\n${checks.length - failed} passed, ${failed} failed`);
	process.exitCode = failed > 0 ? 1 : 0;
}

main().catch((error: unknown) => {
	console.error(error);
	console.log('\n0 passed, 1 failed');
	process.exitCode = 1;
});
