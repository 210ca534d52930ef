/**
 * The accounts of one run of a node. To read a credential n8n asks its database and derives keys, which costs more than
 * to send a mail, so a credential that is the same for all items is read once for all of them.
 */
import type { IExecuteFunctions } from 'n8n-workflow';
import type { Account } from '../mail/account/account';
import { accountFrom, readAccount, type AccountType, type CredentialReader } from './account';

/** Below it every item reads its own: to find out whether they share one takes three reads. */
export const MIN_ITEMS_TO_SHARE = 4;

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
	 * does not exist; those over its number, such as for accounts in turn, differ for the second item.
	 */
	private async findShared(type: AccountType): Promise<Account | null> {
		try {
			const [first, ...others] = await Promise.all(
				[0, 1, this.count].map(async (index) => await this.context.getCredentials(type, index)),
			);
			const same = others.every((other) => JSON.stringify(other) === JSON.stringify(first));
			return first && same ? accountFrom(this.context, type, first, 0) : null;
		} catch {
			return null;
		}
	}
}
