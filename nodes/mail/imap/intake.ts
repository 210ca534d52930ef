/** What a session reads for its triggers: which messages next, how many at a time, and what became of each. */
import type { MailboxDelivery } from './delivery';
import { FETCH_ATTEMPTS, fetchMessages, quarantined } from './fetch';
import type { FilesOnServer } from './filesOnServer';
import { inTurn } from './inTurn';
import { isLineError } from './lineLost';
import { MAX_READY_BYTES, ReadyMessages } from './readyMessages';
import type { SessionParts } from './session';

const SECOND_MS = 1_000;
/** Messages fetched in one round trip: at first few, so that a slow line manages; more when they come quickly. */
export const FIRST_PAGE_SIZE = 25;
export const LARGEST_PAGE_SIZE = 200;
const QUICK_FETCH_MS = SECOND_MS;

export class Intake {
	private readonly ready = new ReadyMessages();
	private readonly misses = new Map<number, number>();
	private pageSize = FIRST_PAGE_SIZE;
	/** The message that was read last. */
	private lastGiven: number | undefined;

	/** @param present gives the triggers that know the mailbox as it is now */
	constructor(
		private readonly parts: SessionParts,
		private readonly files: FilesOnServer,
		private readonly present: () => MailboxDelivery[],
	) {}

	/** The numbers name other messages now. */
	clear(): void {
		this.ready.clear();
		this.parts.breakers.clear();
	}

	/** The next UIDs to fetch, also for runs that have to wait: a share for every trigger, in turn, as far as memory allows. */
	nextPage(): number[] {
		const { breakers, isVisit } = this.parts;
		const size = Math.min(this.pageSize, breakers.pageLimit);
		if (this.ready.bytes >= MAX_READY_BYTES) {
			const soon = new Set(this.present().flatMap((delivery) => delivery.upcoming(size)));
			this.ready.makeRoom((uid) => soon.has(uid));
		}
		const room = this.ready.bytes < MAX_READY_BYTES ? size : 1;
		// Half of the room is for what may start at once. What a visit does not hand over is forgotten with it.
		const ahead = this.ready.bytes < MAX_READY_BYTES / 2 && !isVisit;
		const wishes = this.present().map((delivery) =>
			delivery.upcoming(room, ahead).filter((uid) => !this.ready.has(uid)),
		);
		const page = inTurn(wishes, room);
		// By itself, or it would take the others along.
		const suspect = page.findIndex((uid) => breakers.isSuspect(uid));
		return suspect < 0 ? page : page.slice(0, Math.max(1, suspect));
	}

	/** Reads a page, and starts what can be started as soon as it is there. @throws MailError */
	async read(uids: readonly number[]): Promise<void> {
		const { breakers, clock, mailbox } = this.parts;
		const from = clock.now();
		const [first = 0] = uids;
		if (breakers.isGivenUp(first)) {
			breakers.worked(first);
			this.ready.add(quarantined(mailbox, first, 'The connection broke each time this message was read.'));
			this.offerAll();
			return;
		}
		const open = new Set(uids);
		try {
			await this.fetch(uids, open);
		} catch (error) {
			if (isLineError(error)) this.broke([...open]);
			throw error;
		}
		const isQuick = clock.now() - from < QUICK_FETCH_MS;
		this.pageSize = isQuick ? Math.min(2 * this.pageSize, LARGEST_PAGE_SIZE) : FIRST_PAGE_SIZE;
	}

	offerAll(): void {
		const present = this.present();
		for (const delivery of present) delivery.offer((uid) => this.ready.get(uid));
		this.ready.keep((uid) => present.some((delivery) => delivery.wants(uid)));
	}

	private async fetch(uids: readonly number[], open: Set<number>): Promise<void> {
		const { breakers, client, deliveries, isVisit, mailbox } = this.parts;
		let read = 0;
		const limits = {
			maxMessageBytes: Math.max(...this.present().map((delivery) => delivery.options.maxMessageBytes)),
			// Also for what is not kept: marks and new mail wait for the end of the page.
			hasRoom: () => this.ready.bytes < MAX_READY_BYTES && read < MAX_READY_BYTES,
			// For several triggers the mail is fetched once, so it has to be kept (D16).
			filesOnServer: isVisit || deliveries.size > 1 ? undefined : this.files,
			given: this.lastGiven,
		};
		await fetchMessages(client, mailbox, uids, limits, (uid, fetched) => {
			open.delete(uid);
			breakers.worked(uid);
			if (fetched.kind === 'message') {
				this.ready.add(fetched.message);
				this.lastGiven = uid;
				read += fetched.message.size;
				this.parts.onWorking();
			} else if (fetched.kind === 'gone') for (const delivery of this.present()) delivery.gone(uid);
			else this.missed(uid);
			this.offerAll();
		});
	}

	private missed(uid: number): void {
		const misses = (this.misses.get(uid) ?? 0) + 1;
		this.misses.set(uid, misses);
		if (misses >= FETCH_ATTEMPTS) {
			this.misses.delete(uid);
			const reason = `The mail server lists this message but did not give its content in ${FETCH_ATTEMPTS} attempts.`;
			this.ready.add(quarantined(this.parts.mailbox, uid, reason));
			return;
		}
		this.defer(uid, SECOND_MS * 2 ** (misses - 1));
	}

	private broke(uids: readonly number[]): void {
		const waitMs = this.parts.breakers.broke(uids);
		for (const uid of waitMs > 0 ? uids : []) this.defer(uid, waitMs);
	}

	private defer(uid: number, waitMs: number): void {
		for (const delivery of this.present()) if (delivery.wants(uid)) delivery.defer(uid, waitMs);
	}
}
