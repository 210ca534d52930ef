/** From messages to an execution of the workflow, and from its end to an outcome (D6, D7). */
import type { IRun, ITriggerFunctions } from 'n8n-workflow';
import type { Acknowledge, Outcome, Run, StartRun } from '../mail/imap/outcome';
import { toItem } from './item';
import { rememberRun, type TriggerRecord } from './registry';
import type { AttachmentMode } from './settings';

type Context = Pick<ITriggerFunctions, 'emit' | 'helpers'>;

export interface EmitterOptions {
	acknowledge: Acknowledge;
	attachmentMode: AttachmentMode;
	record: TriggerRecord;
}

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
			return { kind: 'unclear', reason: error instanceof Error ? error.message : String(error) };
		}
	};
}

/** @returns when the workflow was started; the outcome is wrapped so that it is not waited for */
async function begin(
	context: Context,
	options: EmitterOptions,
	run: Run,
): Promise<{ outcome: Promise<Outcome> }> {
	const known = options.record.runs.get(run.key);
	if (known) return { outcome: known };
	const items = [];
	for (const message of run.messages)
		items.push(await toItem(context, message, options.attachmentMode, run.attempt));
	// Closed in the meantime: the successor starts it, or the next activation.
	if (run.isStopped()) return { outcome: new Promise(() => undefined) };
	if (options.acknowledge === 'started') {
		run.save();
		context.emit([items], undefined, undefined, run.key);
		return { outcome: Promise.resolve({ kind: 'unconfirmed' }) };
	}
	const done = context.helpers.createDeferredPromise<IRun>();
	const outcome = outcomeOf(done.promise);
	run.save();
	context.emit([items], undefined, done, run.key);
	rememberRun(options.record, run.key, outcome);
	// When n8n could not say, the same key is tried again, and then has to reach n8n.
	void outcome.then(({ kind }) => {
		if (kind === 'unclear' || kind === 'duplicate') options.record.runs.delete(run.key);
	});
	return { outcome };
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
