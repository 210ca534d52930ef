/** Messages fetched and parsed, kept until their runs may start. */
import type { ReceivedMessage } from '../message/parsed';

/** Bytes kept. */
export const MAX_READY_BYTES = 64 * 1024 * 1024;

export class ReadyMessages {
	private readonly messages = new Map<number, ReceivedMessage>();
	private held = 0;

	get(uid: number): ReceivedMessage | undefined {
		return this.messages.get(uid);
	}

	has(uid: number): boolean {
		return this.messages.has(uid);
	}

	get bytes(): number {
		return this.held;
	}

	add(message: ReceivedMessage): void {
		this.delete(message.uid);
		this.messages.set(message.uid, message);
		this.held += message.source.length;
	}

	/** Forgets what nobody waits for any more. */
	keep(isWanted: (uid: number) => boolean): void {
		for (const uid of this.messages.keys()) if (!isWanted(uid)) this.delete(uid);
	}

	/** Forgets the latest, except those needed soon, until half of the room is free; they are fetched again in their time. */
	makeRoom(isNeededSoon: (uid: number) => boolean): void {
		for (const uid of [...this.messages.keys()].reverse()) {
			if (this.held <= MAX_READY_BYTES / 2) return;
			if (!isNeededSoon(uid)) this.delete(uid);
		}
	}

	clear(): void {
		this.messages.clear();
		this.held = 0;
	}

	private delete(uid: number): void {
		this.held -= this.messages.get(uid)?.source.length ?? 0;
		this.messages.delete(uid);
	}
}
