/** What a person should know while nobody looks at the editor: the error workflow hears of it, else the log (D21). */
import { NodeOperationError, type IDataObject, type ITriggerFunctions } from 'n8n-workflow';
import type { MailError } from '../mail/errors';

type Context = Pick<ITriggerFunctions, 'emit' | 'getNode' | 'logger'> &
	Partial<Pick<ITriggerFunctions, 'saveFailedExecution'>>;

export interface Reports {
	/** Something happened that a person should know. */
	note(message: string): void;
	down(error: MailError): void;
	back(downMs: number): void;
}

/** @param runOnOutage whether an outage, and its end, start the workflow too */
export function createReports(context: Context, runOnOutage: boolean): Reports {
	const start = (json: IDataObject) => {
		if (runOnOutage) context.emit([[{ json: { ...json, at: new Date().toISOString() } }]]);
	};
	const tell = (message: string, description: string) => {
		context.logger.warn(
			`IMAP Trigger "${context.getNode().name}": ${message} ${description.replace(/\n/g, ' ')}`.trim(),
		);
		// Newer n8n records a failed execution and starts the error workflow, and the trigger goes on.
		if (typeof context.saveFailedExecution !== 'function') return;
		context.saveFailedExecution(
			new NodeOperationError(context.getNode(), message, { description, level: 'warning' }),
		);
	};
	return {
		note: (message) => tell(message, ''),
		down: (error) => {
			start({ event: 'outage', reason: error.message, details: error.description });
			tell(
				`No mail can be received at the moment. ${error.message}`,
				`${error.description}\nThe trigger keeps trying and will say when it is back.`,
			);
		},
		back: (downMs) => {
			start({ event: 'recovered', downForSeconds: Math.round(downMs / 1000) });
			tell(
				`Recovered: mail is received again after ${duration(downMs)}.`,
				'What arrived in the meantime is being delivered.',
			);
		},
	};
}

function duration(ms: number): string {
	const minutes = Math.round(ms / 60_000);
	if (minutes < 1) return `${Math.round(ms / 1000)} s`;
	return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
