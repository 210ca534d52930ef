/** One account's refused logins, remembered for all who use it, so that many triggers do not lock it (D19, D20). */
import { accountFingerprint, type Account } from '../account/account';
import { REFUSED_STEPS_MS } from '../backoff';
import type { Clock } from '../clock';
import type { MailError } from '../errors';

interface Refusal {
	error: MailError;
	until: number;
	count: number;
}

/** Accounts remembered; a process has far fewer whose login is refused. */
const MAX_REFUSALS = 1_000;
/** The one who waited as long as told must not find the gate still closed. */
const EARLIER_MS = 1_000;

export class LoginGate {
	private readonly refusals = new Map<string, Refusal>();

	constructor(private readonly clock: Clock) {}

	/** @throws the refusal, while it is too early to ask the server again */
	check(account: Account): void {
		const refusal = this.refusals.get(accountFingerprint(account));
		if (refusal && this.clock.now() < refusal.until) throw refusal.error;
	}

	/** The server did not let the account in. */
	refused(account: Account, error: MailError): void {
		if (error.code !== 'LOGIN' || error.retry !== 'credentials') return;
		const key = accountFingerprint(account);
		const count = this.refusals.get(key)?.count ?? 0;
		const wait = REFUSED_STEPS_MS[Math.min(count, REFUSED_STEPS_MS.length - 1)] ?? 0;
		if (this.refusals.size >= MAX_REFUSALS) this.refusals.clear();
		this.refusals.set(key, { error, until: this.clock.now() + wait - EARLIER_MS, count: count + 1 });
	}

	/** The server let the account in. */
	accepted(account: Account): void {
		this.refusals.delete(accountFingerprint(account));
	}
}
