/** Packs this checkout as npm would publish it, and unpacks a tarball the way n8n installs a community package. */
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { run } from './install';
import { temporaryFolder } from './cleanup';

const CHECKOUT = resolve(__dirname, '../..');

/** n8n's own flags (community-packages.service): private dependencies, no scripts, no lock file. */
const N8N_INSTALL = [
	'install',
	'--audit=false',
	'--fund=false',
	'--bin-links=false',
	'--install-strategy=shallow',
	'--ignore-scripts=true',
	'--package-lock=false',
];

let packed: Promise<string> | undefined;

/** Builds and packs the checkout once per process; returns the tarball's path in a temporary folder. */
export function packPackage(): Promise<string> {
	packed ??= (async () => {
		const folder = temporaryFolder('pack');
		await run('npm', ['run', 'build'], CHECKOUT, process.env);
		await run('npm', ['pack', '--pack-destination', folder], CHECKOUT, process.env);
		const [name] = await readdir(folder);
		if (!name) throw new Error('npm pack made no file');
		return join(folder, name);
	})();
	return packed;
}

const unpacked = new Map<string, Promise<string>>();

/**
 * Puts the package of `tarball` into n8n's folder for community packages, with its own dependencies. They are
 * installed once per tarball and process, then copied.
 * @param userFolder what n8n gets as `N8N_USER_FOLDER`
 * @returns the package's folder
 */
export async function installPackage(tarball: string, userFolder: string): Promise<string> {
	if (!unpacked.has(tarball)) unpacked.set(tarball, unpackAndInstall(tarball));
	const source = (await unpacked.get(tarball)) as string;
	const { name } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as { name: string };
	const target = join(userFolder, '.n8n', 'nodes', 'node_modules', name);
	if (!existsSync(target)) await cp(source, target, { recursive: true });
	return target;
}

async function unpackAndInstall(tarball: string): Promise<string> {
	const folder = temporaryFolder('package');
	await run('tar', ['-xzf', tarball, '-C', folder], folder, process.env);
	const target = join(folder, 'package');
	await mkdir(target, { recursive: true });
	const manifestPath = join(target, 'package.json');
	const manifest = JSON.parse(await readFile(manifestPath, 'utf8')) as Record<string, unknown>;
	for (const key of ['devDependencies', 'peerDependencies', 'optionalDependencies']) delete manifest[key];
	await writeFile(manifestPath, JSON.stringify(manifest, null, 2));
	await run('npm', N8N_INSTALL, target, process.env);
	return target;
}
