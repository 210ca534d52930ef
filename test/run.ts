/**
 * `npm test`: build, type check, lint, unit tests, integration tests, tests in n8n's engine. Arguments go on to jest: `npm test -- imap`.
 *
 * A failed stage does not hide the others, except that nothing reads a package that could not be built. The last
 * line counts jest's tests: "N passed, N failed" (and ", N skipped"). A stage that fails without one counts as a failure.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROOT } from './dist';
import { howToGet, missingParts, type PartName } from './servers/parts';

interface Count {
	passed: number;
	failed: number;
	skipped: number;
}

/** The part of jest's JSON report that is used here. */
interface JestReport {
	numPassedTests: number;
	numFailedTests: number;
	numPendingTests: number;
	numTodoTests: number;
	numRuntimeErrorTestSuites: number;
	testResults: { name: string; status: string }[];
}

/** What some tests need beside npm; without it they are skipped, or fail with MAILROOM_REQUIRE_ALL=1. */
const PARTS: PartName[] = ['dovecot', 'postfix', 'openssl'];

/** Unit tests share the two processors of a small machine; the others get it for themselves, they measure time. */
const WORKERS = { unit: 2, integration: 1, engine: 1 };

const jestArguments = process.argv.slice(2);
const reports = fs.mkdtempSync(path.join(os.tmpdir(), 'mailroom-test-'));
const stages: { name: string; ok: boolean; seconds: number }[] = [];
const total: Count = { passed: 0, failed: 0, skipped: 0 };

/** Runs a program of the development dependencies, with its output going straight through. */
function run(script: string, args: string[]): boolean {
	const file = path.join(ROOT, 'node_modules', script);
	return spawnSync(process.execPath, [file, ...args], { cwd: ROOT, stdio: 'inherit' }).status === 0;
}

function stage(name: string, work: () => boolean): boolean {
	console.log(`\n=== ${name}`);
	const startedAt = process.hrtime.bigint();
	const ok = work();
	const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
	stages.push({ name, ok, seconds });
	console.log(`=== ${name}: ${ok ? 'ok' : 'FAILED'} in ${seconds.toFixed(1)} s`);
	return ok;
}

/** A stage that is right or wrong as a whole. */
function check(name: string, work: () => boolean): boolean {
	const ok = stage(name, work);
	if (!ok) total.failed += 1;
	return ok;
}

/** One project of jest.config.js. Selecting by arguments may leave a project without tests. */
function jest(project: keyof typeof WORKERS): boolean {
	const file = path.join(reports, `${project}.json`);
	const ok = run('jest/bin/jest.js', [
		'--selectProjects',
		project,
		`--maxWorkers=${WORKERS[project]}`,
		'--json',
		`--outputFile=${file}`,
		...(jestArguments.length > 0 ? ['--passWithNoTests'] : []),
		...jestArguments,
	]);
	if (!fs.existsSync(file)) {
		// Jest itself broke down, or found nothing to run.
		total.failed += ok ? 0 : 1;
		return ok;
	}
	const report = JSON.parse(fs.readFileSync(file, 'utf8')) as JestReport;
	total.passed += report.numPassedTests;
	// A file that does not even load has no tests to count, but it is a failure.
	const failures = report.numFailedTests + report.numRuntimeErrorTestSuites;
	total.failed += ok ? failures : Math.max(failures, 1);
	total.skipped += report.numPendingTests + report.numTodoTests;
	return ok && failures === 0;
}

const built = check('build', () => run('gulp/bin/gulp.js', ['build']));
check('type check', () => run('typescript/bin/tsc', ['--noEmit', '-p', 'test/tsconfig.json']));
check('lint', () => run('eslint/bin/eslint.js', ['.']));
check('format', () => run('prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.']));
const failedChecks = total.failed;
stage('unit tests', () => jest('unit'));
stage('integration tests', () => jest('integration'));
if (built) stage('engine tests', () => jest('engine'));

fs.rmSync(reports, { recursive: true, force: true });

if (total.passed + total.failed === failedChecks) {
	console.log('\nNo test matches these arguments.');
	total.failed += 1;
}
console.log('\nStage                Result  Seconds');
for (const { name, ok, seconds } of stages) {
	console.log(`${name.padEnd(20)} ${ok ? 'ok    ' : 'FAILED'}  ${seconds.toFixed(1).padStart(7)}`);
}
if (!built) console.log('engine tests         not run: the package could not be built');
const missing = missingParts(PARTS);
if (missing.length > 0) {
	console.log(`\nMissing here, so the tests that need it did not run:\n${howToGet(missing)}`);
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 ? 1 : 0;
