/**
 * n8n's engine in a process of its own, to be killed: one workflow on one mailbox. Everything that happens is a line in
 * a file, written before the next thing happens, so that the file tells what a kill met.
 */
import { appendFileSync } from 'node:fs';
import type { IDataObject } from 'n8n-workflow';
import { startEngine } from '../../engine';
import type { Step } from '../../engine/n8nStandIn/types';

export interface KillChildOptions {
	packageDir: string;
	stateDir: string;
	/** The file of lines. */
	log: string;
	saveSuccessful: boolean;
	account: IDataObject;
	/** Parameters of the trigger. */
	trigger: IDataObject;
	/** How long each run takes. */
	runMs: number;
	/** Kills itself when a run first reaches this step after so many others have. */
	killAt?: { step: Step; after: number };
}

export type KillLine =
	| { kind: 'step'; step: Step; execution: string }
	| { kind: 'begin' | 'done'; subject: string; execution: string }
	| { kind: 'killed' };

async function main(options: KillChildOptions): Promise<void> {
	const note = (line: KillLine) => appendFileSync(options.log, `${JSON.stringify(line)}\n`);
	let left = options.killAt?.after ?? 0;
	const engine = await startEngine({
		packageDir: options.packageDir,
		stateDir: options.stateDir,
		saveSuccessful: options.saveSuccessful,
		onStep: (step, { executionId = '' }) => {
			note({ kind: 'step', step, execution: executionId });
			if (step === options.killAt?.step && left-- <= 0) process.kill(process.pid, 'SIGKILL');
		},
	});
	const push = engine.collected.push.bind(engine.collected);
	engine.collected.push = (...entries) => {
		for (const { node, items, executionId } of entries) {
			const kind = node === 'Begin' ? ('begin' as const) : ('done' as const);
			for (const { json } of items) note({ kind, subject: String(json['subject']), execution: executionId });
		}
		return push(...entries);
	};
	process.once('SIGTERM', () => void engine.stop(300).finally(() => process.exit(0)));
	if (engine.workflows().length === 0) await publish(engine, options);
	process.send?.('ready');
}

async function publish(
	engine: Awaited<ReturnType<typeof startEngine>>,
	{ account, trigger, runMs }: KillChildOptions,
): Promise<void> {
	const mailAccountApi = await engine.addCredential('mailAccountApi', 'Me', account);
	const nodes = [
		{
			name: 'IMAP Trigger',
			type: 'n8n-nodes-mailroom.imapTrigger',
			parameters: trigger as never,
			credentials: { mailAccountApi },
		},
		{ name: 'Begin', type: 'test.collect' },
		{ name: 'Work', type: 'test.delay', parameters: { ms: runMs } },
		{ name: 'Done', type: 'test.collect' },
	];
	const connections = Object.fromEntries(
		nodes
			.slice(1)
			.map(({ name }, index) => [
				nodes[index]?.name ?? '',
				{ main: [[{ node: name, type: 'main' as const, index: 0 }]] },
			]),
	);
	await engine.addWorkflow({ nodes, connections }).activate();
}

process.once('disconnect', () => process.exit(0));
main(JSON.parse(process.argv[2] ?? '{}') as KillChildOptions).catch((error: Error) => {
	process.stderr.write(`${error.stack}\n`);
	process.exit(1);
});
