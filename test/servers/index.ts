/** Mail servers for tests, demo and e2e: real ones when installed, our own where only Node is needed. */
export * from './certificates';
export * from './dovecot';
export {
	accepts,
	eventually,
	freePorts,
	HOST,
	listen,
	temporaryFolder,
	type TestUser,
	within,
} from './local';
export { describeWith, findProgram, howToGet, missingParts, type PartName, requireAll } from './parts';
