/**
 * `npm run build`: compiles nodes/ and credentials/ and copies icons and codex files.
 *
 * It works in a folder beside dist and swaps the two only when everything succeeded, so a build that fails
 * leaves no half-written package behind, and a test that reads dist meanwhile never sees one.
 */
const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { dest, parallel, series, src } = require('gulp');

const TARGET = 'dist';
const STAGING = `.dist-${process.pid}`;
const TSC = require.resolve('typescript/bin/tsc');

const startedAt = new Date();

async function clean() {
	await fs.promises.rm(STAGING, { recursive: true, force: true });
}

function compile() {
	// A process of its own: the copying goes on while it works. Its exit code is the verdict.
	const tsc = spawn(process.execPath, [TSC, '-p', 'tsconfig.json', '--outDir', STAGING], {
		stdio: 'inherit',
	});
	return new Promise((resolve, reject) => {
		tsc.once('error', reject);
		tsc.once('exit', (code) => (code === 0 ? resolve() : reject(new Error('tsc found errors, see above'))));
	});
}

function assets() {
	// Icons must stay byte for byte what they are, hence no encoding. __schema__ has the fields that the editor shows
	// before a node has run.
	return src(['{nodes,credentials}/**/*.{svg,png,node.json}', 'nodes/**/__schema__/**/*.json'], {
		encoding: false,
		base: '.',
	}).pipe(dest(STAGING));
}

async function swap() {
	const old = `${STAGING}-old`;
	if (fs.existsSync(TARGET)) await fs.promises.rename(TARGET, old);
	await fs.promises.rename(STAGING, TARGET);
	// test/dist.ts takes a source that is newer than this for a stale dist.
	await fs.promises.utimes(path.resolve(TARGET), startedAt, startedAt);
	await fs.promises.rm(old, { recursive: true, force: true });
}

async function cleanAll() {
	await clean();
	await fs.promises.rm(TARGET, { recursive: true, force: true });
}

const steps = series(clean, parallel(compile, assets), swap);

/** Removes its own staging folder also when a step failed, and passes the failure on. */
function build(done) {
	steps((error) => {
		fs.rmSync(STAGING, { recursive: true, force: true });
		done(error);
	});
}

exports.clean = cleanAll;
exports.build = build;
exports.default = build;
