/** The wait after a failure: what a person mends in the credential counts within a minute. */
import { CREDENTIAL_LOOK_MS, waitForCredential } from '../../../nodes/mail/imap/credentialWait';
import { FakeClock } from '../../fakeClock';
import { testAccount } from '../account/accounts';

const HOUR_MS = 60 * 60_000;

/** @returns how long it was waited, when the port of the account is put right after ten minutes */
async function waited(ms: number, mended: boolean): Promise<number> {
	const clock = new FakeClock();
	const account = async () => {
		const isRight = mended && clock.now() >= 600_000;
		return await Promise.resolve(
			testAccount({ imap: { host: 'h', port: isRight ? 993 : 143, security: 'tls' } }),
		);
	};
	let end = 0;
	void waitForCredential(clock, ms, new AbortController().signal, [{ account }]).then(
		() => (end = clock.now()),
	);
	await clock.advance(2 * HOUR_MS);
	return end;
}

it('ends when the credential is another, whatever was wrong with it', async () => {
	expect(await waited(HOUR_MS, true)).toBeLessThanOrEqual(600_000 + CREDENTIAL_LOOK_MS);
});

it('is as long as it should be otherwise', async () => {
	expect(await waited(HOUR_MS, false)).toBe(HOUR_MS);
	expect(await waited(5_000, true)).toBe(5_000);
});
