/** Temporary folders and child processes that vanish with this process, also when it is killed. */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';

let guardian: Writable | undefined;

function tell(message: { group?: number; ended?: number; folder?: string }): void {
	if (!guardian) {
		const child = spawn(process.execPath, [join(__dirname, 'guardian.mjs')], {
			detached: true,
			stdio: ['pipe', 'ignore', 'ignore'],
		});
		child.unref();
		guardian = child.stdin;
		// The pipe must not keep this process alive; its end is the signal.
		(child.stdin as unknown as { unref(): void }).unref();
	}
	guardian.write(`${JSON.stringify(message)}\n`);
}

/** Removes a folder that somebody else made when this process ends, should it still be there. */
export function removeAtEnd(folder: string): void {
	tell({ folder });
}

/** A new empty folder under the system's temporary folder, removed when this process ends. */
export function temporaryFolder(name: string): string {
	const folder = mkdtempSync(join(tmpdir(), `mailroom-${name}-`));
	removeAtEnd(folder);
	return folder;
}

/** Kills the process group `pid` when this process ends, unless `groupEnded(pid)` was called before. */
export function killGroupAtEnd(pid: number): void {
	tell({ group: pid });
}

/** Says that the group's leader was seen to end and its rest killed. */
export function groupEnded(pid: number): void {
	tell({ ended: pid });
}
