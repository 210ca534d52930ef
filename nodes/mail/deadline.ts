import type { Clock } from './clock';
import { MailError } from './errors';

/**
 * Gives an operation a time limit of its own. The libraries' watchdogs do not cover a server that drips single bytes
 * or a command inside a fetch loop, so every await on a server goes through here; when time is up `destroy` must end
 * the socket, which also ends the operation that is still waiting on it.
 *
 * @param ms time limit in milliseconds
 * @param what what is being done, to complete "The server did not answer in time while …"
 * @throws MailError `TIMEOUT`, or what the operation throws
 */
export async function withDeadline<T>(
	clock: Clock,
	ms: number,
	what: string,
	operation: () => Promise<T>,
	destroy: () => void,
): Promise<T> {
	return await new Promise<T>((resolve, reject) => {
		const cancel = clock.after(ms, () => {
			reject(
				new MailError(
					'TIMEOUT',
					`The mail server did not answer within ${Math.round(ms / 1000)} s while ${what}.`,
					{
						retry: 'transient',
						nextStep: 'The connection was given up; a new one is tried when there is more to do.',
					},
				),
			);
			destroy();
		});
		operation().then(
			(value) => {
				cancel();
				resolve(value);
			},
			(error: unknown) => {
				cancel();
				reject(error instanceof Error ? error : new Error(String(error)));
			},
		);
	});
}
