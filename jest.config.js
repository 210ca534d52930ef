/**
 * Two projects, so that `npm test` can run them apart:
 *
 * - unit: light, several at once. Everything under test/ that is not named below; it runs on the TypeScript source.
 * - integration: what loads n8n's engine, starts real servers or looks at the built package. These load the machine
 *   and measure time, so one file runs after the other. Whatever reads dist finds it built (test/dist.ts).
 *
 * A test belongs to `integration` by its folder (below) or by its name: anything.real.test.ts.
 * Nothing is forced to exit: a test that leaves a socket or a timer open is a fault
 * (find it with `npx jest --detectOpenHandles <file>`).
 */
const FOLDERS = ['engine', 'servers', 'package', 'faults'];
const SUFFIX = '.real.test.ts';

const common = {
	testEnvironment: 'node',
	roots: ['<rootDir>/test'],
	transform: {
		// Types are checked by `npm run typecheck`, once for everything and not again in every worker.
		'^.+\\.ts$': ['ts-jest', { tsconfig: 'test/tsconfig.json', diagnostics: false }],
	},
};

module.exports = {
	projects: [
		{
			...common,
			displayName: 'unit',
			testMatch: ['**/*.test.ts'],
			testPathIgnorePatterns: ['/node_modules/', `<rootDir>/test/(${FOLDERS.join('|')})/`, `${SUFFIX}$`],
		},
		{
			...common,
			displayName: 'integration',
			testMatch: [`<rootDir>/test/{${FOLDERS.join(',')}}/**/*.test.ts`, `**/*${SUFFIX}`],
			globalSetup: '<rootDir>/test/dist.ts',
		},
	],
};
