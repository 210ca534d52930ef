/** The pause of a session that has nothing to do. */
import type { Clock } from '../clock';
import type { ImapClient } from './client';

/** How a pause ended; `refused` when the server does not want to idle, or ended it at once. */
export type RestEnd = 'woken' | 'time' | 'idle' | 'refused';

/**
 * Rests in IDLE (RFC 2177) or, without it, just waits.
 *
 * @param maxMs longest pause
 * @param onAwake gets the function that ends the pause
 * @throws MailError when the line breaks in IDLE
 */
export async function restOnLine(
	client: ImapClient,
	clock: Clock,
	maxMs: number,
	idles: boolean,
	onAwake: (awake: () => void) => void,
): Promise<RestEnd> {
	let cancel: () => void = () => undefined;
	const ended = new Promise<RestEnd>((resolve, reject) => {
		onAwake(() => resolve('woken'));
		cancel = clock.after(maxMs, () => resolve('time'));
		if (idles) client.idle().then((accepted) => resolve(accepted ? 'idle' : 'refused'), reject);
	});
	return await ended.finally(() => {
		cancel();
		onAwake(() => undefined);
	});
}
