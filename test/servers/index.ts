/** Mail servers for tests, demo and e2e: real ones when installed, our own where only Node is needed. */
export * from './certificates';
export { type CourierOptions, startCourier } from './courier';
export { type CyrusOptions, startCyrus } from './cyrus';
export * from './dovecot';
export * from './embedded';
export * from './mailServer';
export type { AcceptedMail, SmtpFaults } from './embeddedSmtp';
export type { CommandFault, ImapFaults } from './imap/faults';
export { type ImapServer, startImapServer } from './imap/server';
export { Mailbox, MailStore, type StoredMessage } from './imap/store';
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
export * from './faultProxy';
export * from './oauth';
export { describeAtRealServers, READER, REAL_SERVERS, type RealServer } from './realServers';
export * from './proxies';
export * from './scripted';
export * from './postfix';
export type { LocalServer } from './localServer';
export { startPostgres, startRedis } from './queueServers';
export * from './realProxies';
