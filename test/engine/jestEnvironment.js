'use strict';
/**
 * Jest environment that lets tests load the engine outside jest's sandbox: n8n-core, the package under test and
 * Node's own modules then share one set of globals, as in n8n. Inside the sandbox `socketError instanceof Error`
 * is false, and code that branches on it takes another way than it does for users.
 */
const { TestEnvironment } = require('jest-environment-node');

module.exports = class EngineEnvironment extends TestEnvironment {
	async setup() {
		await super.setup();
		this.global.loadOutsideJest = (file) => {
			require('tsx/cjs/api').register();
			return require(file);
		};
	}
};
