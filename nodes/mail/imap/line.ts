/** The life of a watch's line to the server, as one value and one function. Times are monotonic ms. Pure. */
import type { MailError } from '../errors';

export type Line =
	/** No session; being made. */
	| { state: 'connecting'; downSince: number }
	/** The mailbox is open. */
	| { state: 'live'; since: number }
	/** No session; the next attempt comes later. */
	| { state: 'waiting'; downSince: number; because: MailError }
	/** Nobody wants it any more. */
	| { state: 'closed' };

export type LineEvent =
	| { kind: 'attempt'; now: number }
	| { kind: 'opened'; now: number }
	| { kind: 'lost'; now: number; because: MailError }
	| { kind: 'left' };

/** What the line is after an event. `closed` is for good. */
export function transition(line: Line, event: LineEvent): Line {
	if (line.state === 'closed' || event.kind === 'left') return { state: 'closed' };
	switch (event.kind) {
		case 'attempt':
			return { state: 'connecting', downSince: downSince(line, event.now) };
		case 'opened':
			return { state: 'live', since: event.now };
		case 'lost':
			return { state: 'waiting', downSince: downSince(line, event.now), because: event.because };
	}
}

/** How long there has been no session (ms); 0 while there is one. */
export function downFor(line: Line, now: number): number {
	return line.state === 'closed' ? 0 : now - downSince(line, now);
}

function downSince(line: Line, now: number): number {
	return line.state === 'connecting' || line.state === 'waiting' ? line.downSince : now;
}
