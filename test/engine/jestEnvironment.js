'use strict';
/**
 * Jest environment that lets tests load the engine outside jest's sandbox: n8n-core, the package under test and
 * Node's own modules then share one set of globals, as in n8n. Inside the sandbox `socketError instanceof Error`
 * is false, and code that branches on it takes another way than it does for users.
 */
const { TestEnvironment } = require('jest-environment-node');

/** Once for all test files of this process: each registration doubles the work of resolving a module. */
const TYPESCRIPT_LOADED = Symbol.for('n8n-nodes-mailroom.tsx');

module.exports = class EngineEnvironment extends TestEnvironment {
	async setup() {
		await super.setup();
		this.global.loadOutsideJest = (file) => {
			if (!process[TYPESCRIPT_LOADED]) {
				require('tsx/cjs/api').register();
				process[TYPESCRIPT_LOADED] = true;
			}
			return require(file);
		};
	}
};
