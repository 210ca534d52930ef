/**
 * What n8n's process sets up once before any workflow: environment, logger, encryption key, binary data on disk,
 * expression engine. Shared by all engines of a process and taken down with the last of them.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import type * as BackendCommon from '@n8n/backend-common';
import type { Container as ContainerType } from '@n8n/di';
import { Expression } from 'n8n-workflow';

/** Fixed, so that a restarted process reads the credentials of a kept state folder. */
const ENCRYPTION_KEY = 'mailroom-test-engine';
/** n8n's own defaults (@n8n/config, expression-engine.config). */
const EXPRESSION_TIMEOUT_MS = 5000;
const EXPRESSION_MEMORY_MB = 128;
const EXPRESSION_CACHE = 1024;
/** isolated-vm 7 has prebuilt binaries from this Node on. */
const FIRST_NODE_WITH_VM = 24;

const BRIDGE_CHATTER = /^\[(QuickJs|IsolatedVm)Bridge\]/;

export interface LogLine {
	level: 'error' | 'warn' | 'info' | 'debug';
	message: string;
	meta?: unknown;
}
export type LogSink = (line: LogLine) => void;
type Core = typeof import('n8n-core');

export interface Runtime {
	core: Core;
	container: typeof ContainerType;
	logger: BackendCommon.Logger;
	/** Which of n8n's expression engines runs: `vm` as in production, `quickjs` where isolated-vm cannot load. */
	expressionEngine: 'vm' | 'quickjs';
	/** The folder of binary data. */
	binaryDir: string;
}

const sinks = new Set<LogSink>();
let home: string | undefined;
let users = 0;
let shared: Promise<Runtime> | undefined;

/**
 * Gets the process ready for one more engine.
 * @param stateDir where binary data shall outlive the process; the first engine of a process decides for all
 */
export async function acquireRuntime(stateDir: string | undefined, sink: LogSink): Promise<Runtime> {
	users += 1;
	sinks.add(sink);
	shared ??= prepare(stateDir);
	try {
		return await shared;
	} catch (error) {
		await releaseRuntime(sink);
		throw error;
	}
}

/** The counterpart of {@link acquireRuntime}. */
export async function releaseRuntime(sink: LogSink): Promise<void> {
	sinks.delete(sink);
	users -= 1;
	if (users > 0) return;
	shared = undefined;
	await Expression.disposeExpressionEngine();
	removeHome();
}

async function prepare(stateDir: string | undefined): Promise<Runtime> {
	const folder = makeHome(stateDir);
	process.env['N8N_USER_FOLDER'] = folder;
	process.env['N8N_ENCRYPTION_KEY'] = ENCRYPTION_KEY;
	process.env['N8N_RUNNERS_ENABLED'] = 'false';
	offerPeer(folder);
	const core = loadCore();
	// n8n-core's own copies of these two, wherever npm has put them.
	const fromCore = createRequire(require.resolve('n8n-core'));
	const { Container } = fromCore('@n8n/di') as { Container: typeof ContainerType };
	const { Logger } = fromCore('@n8n/backend-common') as typeof BackendCommon;
	const logger = createLogger() as unknown as InstanceType<typeof Logger>;
	Container.set(Logger, logger);
	const { LoggerProxy } = fromCore('n8n-workflow') as typeof import('n8n-workflow');
	LoggerProxy.init(logger);
	setEncryptionKey(core, Container);
	const binaryDir = path.join(stateDir ?? folder, 'storage');
	const config = Container.get(core.BinaryDataConfig);
	config.mode = 'filesystem';
	config.localStoragePath = binaryDir;
	await Container.get(core.BinaryDataService).init();
	return { core, container: Container, logger, expressionEngine: await startExpressionEngine(), binaryDir };
}

/** n8n loads node classes in another way when NODE_ENV is `test`, as jest sets it. */
function loadCore(): Core {
	const before = process.env['NODE_ENV'];
	process.env['NODE_ENV'] = 'production';
	try {
		return createRequire(__filename)('n8n-core') as Core;
	} finally {
		if (before === undefined) delete process.env['NODE_ENV'];
		else process.env['NODE_ENV'] = before;
	}
}

function makeHome(stateDir: string | undefined): string {
	if (stateDir !== undefined) mkdirSync(stateDir, { recursive: true });
	home = mkdtempSync(path.join(stateDir ?? os.tmpdir(), `mailroom-engine-${process.pid}-`));
	process.removeListener('exit', removeHome);
	process.once('exit', removeHome);
	return home;
}

function removeHome(): void {
	if (home !== undefined) rmSync(home, { recursive: true, force: true });
	home = undefined;
}

/**
 * n8n finds `n8n-workflow` for packages through NODE_PATH. Here NODE_PATH offers that one and nothing else, so that
 * a package outside this checkout fails when it lacks a dependency of its own.
 */
function offerPeer(folder: string): void {
	const peers = path.join(folder, 'peers');
	mkdirSync(peers, { recursive: true });
	const target = path.dirname(require.resolve('n8n-workflow/package.json'));
	rmSync(path.join(peers, 'n8n-workflow'), { force: true });
	symlinkSync(target, path.join(peers, 'n8n-workflow'));
	process.env['NODE_PATH'] = peers;
	(Module as unknown as { _initPaths(): void })._initPaths();
}

/** As n8n's KeyManagerService without key rotation: the instance key, wrapped. */
function setEncryptionKey(core: Core, container: typeof ContainerType): void {
	const cipher = container.get(core.Cipher);
	const key = {
		id: 'instance',
		value: cipher.encryptDEKWithInstanceKey(ENCRYPTION_KEY),
		algorithm: 'aes-256-cbc' as const,
		format: 'no-prefix' as const,
	};
	container.get(core.EncryptionKeyProxy).setProvider({
		getActiveKey: async () => key,
		getLegacyKey: async () => key,
		getKeyById: async () => null,
	});
}

/**
 * Starts n8n's `vm` engine, or its `quickjs` engine on a Node for which isolated-vm has no binary. Both refuse an
 * expression outside an acquired isolate, which is the rule that triggers trip over.
 */
async function startExpressionEngine(): Promise<'vm' | 'quickjs'> {
	const nodeMajor = Number(process.versions.node.split('.')[0]);
	const engine = nodeMajor >= FIRST_NODE_WITH_VM ? 'vm' : 'quickjs';
	await Expression.initExpressionEngine({
		engine,
		poolSize: 1,
		maxCodeCacheSize: EXPRESSION_CACHE,
		bridgeTimeout: EXPRESSION_TIMEOUT_MS,
		bridgeMemoryLimit: EXPRESSION_MEMORY_MB,
		// Isolates only for executions that have expressions: 100 ms of CPU each, the rule is the same.
		lazyAcquire: true,
	});
	if (engine === 'quickjs') {
		const why = `isolated-vm has no binary for Node ${process.versions.node}`;
		tell({ level: 'info', message: `engine: n8n's quickjs expression engine in place of vm (${why})` });
	}
	return engine;
}

function tell(line: LogLine): void {
	// Each isolate reports its birth and death; no test wants that.
	if (line.level !== 'error' && BRIDGE_CHATTER.test(line.message)) return;
	for (const sink of sinks) sink(line);
}

function createLogger() {
	const at = (level: LogLine['level']) => (message: string, meta?: unknown) => tell({ level, message, meta });
	const logger = {
		error: at('error'),
		warn: at('warn'),
		info: at('info'),
		debug: at('debug'),
		scoped: (): unknown => logger,
	};
	return logger;
}
