/**
 * The accounts of one run of a node. To read a credential n8n asks its database and derives keys, which costs more than
 * to send a mail, so a credential that is the same for all items is read once for all of them.
 */
import type { IExecuteFunctions } from 'n8n-workflow';
import type { Account } from '../mail/account/account';
import { accountFrom, readAccount, type AccountType, type CredentialReader } from './account';

/** Read to find out whether all items share one: the first so many, so many spread over all, and one that does not exist. */
const LOOKED_AT = 8;
/** Below it every item reads its own. */
export const MIN_ITEMS_TO_SHARE = 2 * LOOKED_AT + 2;

export class RunAccounts {
	private readonly count: number;
	private readonly shared = new Map<AccountType, Promise<Account | null>>();

	constructor(private readonly context: CredentialReader & Pick<IExecuteFunctions, 'getInputData'>) {
		this.count = context.getInputData().length;
	}

	/** @throws MailError `ACCOUNT`; and what n8n throws when it cannot give the credential */
	async of(type: AccountType, itemIndex: number): Promise<Account> {
		if (this.count < MIN_ITEMS_TO_SHARE) return await this.read(type, itemIndex);
		let shared = this.shared.get(type);
		if (!shared) {
			shared = this.findShared(type);
			this.shared.set(type, shared);
		}
		return (await shared) ?? (await this.read(type, itemIndex));
	}

	private async read(type: AccountType, itemIndex: number): Promise<Account> {
		return await readAccount(this.context, type, itemIndex);
	}

	/**
	 * The fields of a credential may be expressions. Those over the item give something else, or fail, for an item that
	 * does not exist; those over its number, such as for accounts in turn, differ for one of the first items; and those
	 * that fall back where an item lacks something mostly differ for one of those from the rest.
	 */
	private async findShared(type: AccountType): Promise<Account | null> {
		try {
			const [first, ...others] = await Promise.all(
				this.lookedAt().map(async (index) => await this.context.getCredentials(type, index)),
			);
			const same = others.every((other) => JSON.stringify(other) === JSON.stringify(first));
			return first && same ? accountFrom(this.context, type, first, 0) : null;
		} catch {
			return null;
		}
	}

	private lookedAt(): number[] {
		const first = [...Array(LOOKED_AT).keys()];
		const rest = this.count - LOOKED_AT;
		const spread = first.map((step) => LOOKED_AT - 1 + Math.ceil(((step + 1) * rest) / LOOKED_AT));
		return [...first, ...spread, this.count];
	}
}
