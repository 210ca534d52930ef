/** The wait after a failure, which ends early when a person has changed the credential meanwhile. */
import { accountFingerprint, type Account } from '../account/account';
import { connectionOf } from '../account/tokenLogin';
import { sleep, type Clock } from '../clock';

/** How often credentials are looked at in a long wait; no server is asked for that. */
export const CREDENTIAL_LOOK_MS = 20_000;

interface Reader {
	account(): Promise<Account>;
}

/**
 * Waits `ms`, or until one of the credentials is another or was connected again.
 *
 * @param readers the triggers, each of which can read its credential
 */
export async function waitForCredential(
	clock: Clock,
	ms: number,
	signal: AbortSignal,
	readers: readonly Reader[],
): Promise<void> {
	if (ms <= CREDENTIAL_LOOK_MS) {
		await sleep(clock, ms, signal);
		return;
	}
	const before = await marksOf(readers);
	for (let left = ms; left > 0; left -= CREDENTIAL_LOOK_MS) {
		if (!(await sleep(clock, Math.min(left, CREDENTIAL_LOOK_MS), signal))) return;
		if ((await marksOf(readers)) !== before) return;
	}
}

async function marksOf(readers: readonly Reader[]): Promise<string> {
	const marks = readers.map(async (reader) => {
		try {
			const account = await reader.account();
			return `${accountFingerprint(account)}:${await connectionOf(account)}`;
		} catch {
			return '';
		}
	});
	return (await Promise.all(marks)).join();
}
