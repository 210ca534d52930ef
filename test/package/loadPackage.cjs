/**
 * Loads an unpacked package with n8n-core's own loader, as n8n does at boot, and prints what came of it as JSON.
 * A process of its own: nothing is loaded yet, and the only foreign folder in sight is the NODE_PATH that n8n sets.
 *
 * Arguments: the package's folder.
 */
const fs = require('node:fs');
const path = require('node:path');
const { createRequire, isBuiltin } = require('node:module');
const { performance } = require('node:perf_hooks');
const { PackageDirectoryLoader } = require('n8n-core');

/** Comes from n8n itself (a peer dependency), through NODE_PATH. */
const FROM_N8N = 'n8n-workflow';

const folder = fs.realpathSync(process.argv[2]);

/** The modules that a compiled file names, apart from its own neighbours. */
function modulesOf(file) {
	const code = fs.readFileSync(file, 'utf8');
	return [...code.matchAll(/\brequire\((["'])([^."'][^"']*)\1\)/g)].map((match) => match[2]);
}

/** Loads what `file` names as the file would, and says what is wrong with it. */
function faultOf(file, name) {
	if (isBuiltin(name)) return undefined;
	const requireThere = createRequire(file);
	try {
		const found = requireThere.resolve(name);
		requireThere(name);
		if (name === FROM_N8N || found.startsWith(path.join(folder, 'node_modules') + path.sep)) return undefined;
		return `found outside the package: ${path.basename(path.dirname(found))}`;
	} catch (error) {
		return String(error.message).split('\n')[0];
	}
}

async function main() {
	const { dependencies } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
	const loader = new PackageDirectoryLoader(folder);
	const startedAt = performance.now();
	await loader.loadAll();
	const bootMs = performance.now() - startedAt;
	const loadedAtBoot = Object.keys(require.cache).filter((file) => file.startsWith(folder + path.sep));

	const files = fs
		.readdirSync(path.join(folder, 'dist'), { recursive: true, encoding: 'utf8' })
		.filter((file) => file.endsWith('.js'))
		.map((file) => path.join(folder, 'dist', file));
	const named = files.flatMap((file) => modulesOf(file).map((name) => ({ file, name })));
	const faults = named
		.map(({ file, name }) => ({ file: path.relative(folder, file), name, fault: faultOf(file, name) }))
		.filter(({ fault }) => fault !== undefined);

	return {
		nodes: loader.types.nodes.map(({ name, displayName, iconUrl, codex, credentials }) => ({
			name,
			displayName,
			iconUrl,
			codex,
			credentials: credentials ?? [],
			tests: Object.keys(loader.getNode(name).type.methods?.credentialTest ?? {}),
		})),
		credentials: loader.types.credentials.map(({ name, displayName, iconUrl, supportedNodes, test }) => ({
			name,
			displayName,
			iconUrl,
			supportedNodes,
			hasOwnTest: test !== undefined,
		})),
		bootMs,
		dependencies: Object.keys(dependencies ?? {}),
		loadedAtBoot: loadedAtBoot.map((file) => path.relative(folder, file).split(path.sep).join('/')),
		modulesNamed: [...new Set(named.map(({ name }) => name))],
		faults,
	};
}

main().then(
	(facts) => process.stdout.write(JSON.stringify(facts), () => process.exit(0)),
	(error) => {
		process.stderr.write(`${error.stack}\n`, () => process.exit(1));
	},
);
