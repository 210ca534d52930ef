/** The places for runs at a time of one trigger, which all its mailboxes share, each in its turn. */

/** One mailbox of the trigger. */
export interface PlaceUser {
	/** Runs under way, and those that have ended but still hold their place. */
	readonly taken: number;
	/** Whether it has mail that could start now, and a line to fetch it over. */
	readonly canStart: boolean;
	/** A place may be free. */
	wake(): void;
}

export class Places {
	/** Who has started a run longest ago comes first. */
	private users: PlaceUser[] = [];

	constructor(private readonly limit: number) {}

	join(user: PlaceUser): void {
		this.users.push(user);
	}

	/** Whether a place is free that no other mailbox is to have before. */
	isFreeFor(user: PlaceUser): boolean {
		const { free } = this;
		if (free <= 0 || this.users.length === 1) return free > 0;
		const before = this.users.slice(0, this.users.indexOf(user));
		return free > before.filter(({ canStart }) => canStart).length;
	}

	/** The mailbox has started a run; others come first now. */
	started(user: PlaceUser): void {
		this.users = [...this.users.filter((other) => other !== user), user];
		this.changed(user);
	}

	/** A place may have become free, or a mailbox may not want its turn any more. */
	changed(by: PlaceUser): void {
		if (this.users.length === 1 || this.free <= 0) return;
		for (const user of this.users) if (user !== by && user.canStart) user.wake();
	}

	private get free(): number {
		return this.limit - this.users.reduce((sum, { taken }) => sum + taken, 0);
	}
}
