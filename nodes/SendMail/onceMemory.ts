/**
 * Mails that were sent under an idempotency key, for the life of the process: a key is sent once, also by several
 * executions at the same time. What n8n stores for a workflow would not do: it belongs to triggers, and is saved whole.
 */
import type { Delivered } from './deliver';

/** Keys remembered; the oldest are forgotten. */
export const MAX_KEYS = 10_000;

const known = new Map<string, Promise<Delivered>>();

/**
 * Sends unless the key was sent before.
 *
 * @returns what became of it, and whether this call has sent it
 */
export async function once(
	key: string,
	send: () => Promise<Delivered>,
): Promise<{ delivered: Delivered; first: boolean }> {
	// What somebody else tries and fails at, or is stopped at, was not sent: then it is this one's turn.
	for (let before = known.get(key); before; before = known.get(key)) {
		const delivered = await before.catch(() => null);
		if (delivered?.settled) return { delivered, first: false };
	}
	const sending = send();
	known.set(key, sending);
	for (const oldest of known.keys()) {
		if (known.size <= MAX_KEYS) break;
		known.delete(oldest);
	}
	// What was not sent may be tried again under the same key.
	sending.then(
		({ settled }) => settled || known.delete(key),
		() => known.delete(key),
	);
	return { delivered: await sending, first: true };
}
