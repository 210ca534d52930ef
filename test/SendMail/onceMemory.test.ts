import type { Delivered } from '../../nodes/SendMail/deliver';
import { once } from '../../nodes/SendMail/onceMemory';

let key = 0;
beforeEach(() => key++);

const delivered = (settled: boolean): Delivered => ({ json: {}, error: null, settled });

/** What is sent under the key while another one is being sent, which then ends so. */
async function second(firstEnds: () => Promise<Delivered>): Promise<{ sent: number; firsts: unknown[] }> {
	let end: () => void = () => undefined;
	const ended = new Promise<void>((resolve) => (end = resolve));
	let sent = 0;
	const first = once(String(key), async () => await ended.then(firstEnds)).catch(() => null);
	const others = [1, 2].map(
		async () =>
			await once(String(key), async () => {
				sent++;
				return delivered(true);
			}),
	);
	end();
	await first;
	return { sent, firsts: (await Promise.all(others)).map((other) => other.first) };
}

test('who comes while a mail with the same key is sent waits for it, and does not send', async () => {
	expect(await second(async () => delivered(true))).toEqual({ sent: 0, firsts: [false, false] });
});

test.each<[string, () => Promise<Delivered>]>([
	['was refused', async () => delivered(false)],
	['was stopped or could not be made', async () => await Promise.reject(new Error('cancelled'))],
])('when that one %s, exactly one of the others sends', async (_name, ends) => {
	expect(await second(ends)).toEqual({ sent: 1, firsts: [true, false] });
});
