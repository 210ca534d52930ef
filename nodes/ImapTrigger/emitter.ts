/** From messages to an execution of the workflow, and from its end to an outcome (D6, D7). */
import type { INodeExecutionData, IRun, ITriggerFunctions } from 'n8n-workflow';
import type { Acknowledge, Outcome, Run, StartRun } from '../mail/imap/outcome';
import type { ItemSettings } from '../bridge/formats/itemSettings';
import { toItem } from '../bridge/formats/item';
import { rememberRun, type TriggerRecord } from './registry';

type Context = Pick<ITriggerFunctions, 'emit' | 'helpers'>;

export interface EmitterOptions {
	acknowledge: Acknowledge;
	item: ItemSettings;
	record: TriggerRecord;
	/** Set when n8n's engine takes no files. */
	withoutFiles?: boolean;
	/** Something a person should know. */
	report(message: string): void;
}

/** n8n's Engine 2.0 cannot tell how a run ended, nor take files from a trigger; this is how its refusal begins. */
const ENGINE_2 = /^Engine 2\.0/;

/** Makes the function by which the deliveries of one trigger start its workflow. */
export function createEmitter(context: Context, options: EmitterOptions): StartRun {
	let previous: Promise<unknown> = Promise.resolve();
	return async (run) => {
		// Preparing attachments takes its time; still the runs start in the order they came in.
		const turn = previous.then(async () => await begin(context, options, run));
		previous = turn.catch(() => undefined);
		try {
			return await (
				await turn
			).outcome;
		} catch (error) {
			// What it reads from may be closed with the trigger; that is no failure of the run.
			if (run.isStopped()) return null;
			return { kind: 'unclear', reason: error instanceof Error ? error.message : String(error) };
		}
	};
}

/** @returns when the workflow was started; the outcome is wrapped so that it is not waited for */
async function begin(
	context: Context,
	options: EmitterOptions,
	run: Run,
): Promise<{ outcome: Promise<Outcome | null> }> {
	const known = options.record.runs.get(run.key);
	if (known) return { outcome: known };
	const items: INodeExecutionData[] = [];
	for (const message of run.messages) {
		if (!run.isStopped()) items.push(await toItem(context, message, options.item, run.attempt));
	}
	// Closed in the meantime: the successor starts it, or the next activation.
	if (run.isStopped()) return { outcome: Promise.resolve(null) };
	if (options.acknowledge === 'started') {
		handOff(context, options, items, run);
		return { outcome: Promise.resolve({ kind: 'unconfirmed' }) };
	}
	const done = context.helpers.createDeferredPromise<IRun>();
	const outcome = outcomeOf(done.promise).then((result) => {
		if (result.kind !== 'unclear' || !ENGINE_2.test(result.reason)) return result;
		handOffFromNowOn(options);
		// Refused before anything ran, so the same run may be handed over without waiting for its end.
		handOff(context, options, items, run);
		return { kind: 'unconfirmed' } as const;
	});
	run.save();
	context.emit([items], undefined, done, run.key);
	rememberRun(options.record, run.key, outcome);
	// When n8n could not say, the same key is tried again, and then has to reach n8n.
	void outcome.then(({ kind }) => {
		if (kind === 'unclear' || kind === 'duplicate') options.record.runs.delete(run.key);
	});
	return { outcome };
}

/** Starts the workflow without asking how it ends; without files, which Engine 2.0 would refuse. */
function handOff(context: Context, options: EmitterOptions, items: INodeExecutionData[], run: Run): void {
	run.save();
	const given = options.withoutFiles ? items.map(({ json }) => ({ json })) : items;
	context.emit([given], undefined, undefined, run.key);
}

function handOffFromNowOn(options: EmitterOptions): void {
	if (options.acknowledge === 'started') return;
	options.acknowledge = 'started';
	options.withoutFiles = true;
	options.report(
		'This workflow uses Engine 2.0, which cannot tell how a run ended. Mails are marked as soon as it has started, and come without files.',
	);
}

async function outcomeOf(done: Promise<IRun | undefined>): Promise<Outcome> {
	try {
		return outcomeOfRun(await done);
	} catch (error) {
		return await outcomeOfRejection(error);
	}
}

function outcomeOfRun(run: IRun | undefined): Outcome {
	if (run === undefined) return { kind: 'duplicate' };
	switch (run.status) {
		case 'success':
		case 'waiting':
			return { kind: 'succeeded' };
		default:
			return { kind: 'failed', reason: run.data?.resultData?.error?.message ?? run.status };
	}
}

/** n8n rejects for a run that was cancelled, and when it could not start one. */
async function outcomeOfRejection(error: unknown): Promise<Outcome> {
	const {
		name = '',
		reason,
		message = String(error),
	} = (error ?? {}) as { name?: string; reason?: string; message?: string };
	// At shutdown nobody knows how the run ends: it stays in flight, and the next start finds out (D8).
	if (reason === 'shutdown' || name.includes('SystemShutdown')) return await new Promise(() => undefined);
	const cancelled = reason === 'manual' || reason === 'timeout' || name.includes('ExecutionCancelled');
	return cancelled ? { kind: 'failed', reason: message } : { kind: 'unclear', reason: message };
}
