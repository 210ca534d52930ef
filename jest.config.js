/**
 * Three projects, so that `npm test` can run them apart. A test belongs to one by its folder or by its name:
 *
 * - unit: light, several at once, on the TypeScript source. Whatever the other two do not claim.
 * - integration: starts real servers or tools; one file after the other, because these load the machine and measure
 *   time. test/servers, test/package, and anything.real.test.ts.
 * - engine: the same, and what it tests is the built package in n8n's own engine, so dist is brought up to date
 *   first (test/dist.ts). test/engine, test/faults, and anything.engine.test.ts.
 *
 * Nothing is forced to exit: a test that leaves a socket or a timer open is a fault
 * (find it with `npx jest --detectOpenHandles <file>`).
 */
const INTEGRATION = ['<rootDir>/test/{servers,package}/**/*.test.ts', '**/*.real.test.ts'];
const ENGINE = ['<rootDir>/test/{engine,faults}/**/*.test.ts', '**/*.engine.test.ts'];
const NOT_UNIT = ['<rootDir>/test/(servers|package|engine|faults)/', '\\.(real|engine)\\.test\\.ts$'];

const common = {
	testEnvironment: 'node',
	roots: ['<rootDir>/test'],
	transform: {
		// Types are checked by `npm run typecheck`, once for everything and not again in every worker.
		'^.+\\.ts$': ['ts-jest', { tsconfig: 'test/tsconfig.json', diagnostics: false }],
	},
};

module.exports = {
	// For a machine that is busy with other things; what must be fast is measured in test/bench.
	testTimeout: 30_000,
	projects: [
		{
			...common,
			displayName: 'unit',
			testMatch: ['**/*.test.ts'],
			testPathIgnorePatterns: ['/node_modules/', ...NOT_UNIT],
		},
		{ ...common, displayName: 'integration', testMatch: INTEGRATION },
		{
			...common,
			displayName: 'engine',
			testEnvironment: '<rootDir>/test/engine/jestEnvironment.js',
			testMatch: ENGINE,
			globalSetup: '<rootDir>/test/dist.ts',
		},
	],
};
