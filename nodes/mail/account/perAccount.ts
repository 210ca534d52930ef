/** Things of which each account has one, kept for as long as they are of use. */
import { accountFingerprint, type Account } from './account';

/** Idle ones are forgotten above this: a credential that is another one for each person makes many accounts. */
export const MAX_IDLE = 500;

export class PerAccount<T> {
	private readonly known = new Map<string, T>();

	/** @param isIdle whether one can be forgotten and made anew without a difference */
	constructor(private readonly isIdle: (one: T) => boolean) {}

	/** The same for accounts that are equal in every field; made at its first use. */
	of(account: Account, make: () => T): T {
		const key = accountFingerprint(account);
		const known = this.known.get(key);
		if (known !== undefined) return known;
		if (this.known.size >= MAX_IDLE) this.forgetIdle();
		const made = make();
		this.known.set(key, made);
		return made;
	}

	all(): T[] {
		return [...this.known.values()];
	}

	private forgetIdle(): void {
		for (const [key, one] of this.known) if (this.isIdle(one)) this.known.delete(key);
	}
}
