/** A lock between processes of one machine: a file that names its owner; a dead owner's lock is taken over. */
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const RETRY_MS = 500;

/**
 * Runs `work` while holding the lock at `path`; waits without limit for a living owner.
 * @param log told once when there is somebody to wait for
 */
export async function withLock<T>(
	path: string,
	log: (line: string) => void,
	work: () => Promise<T>,
): Promise<T> {
	const own = `${path}.${process.pid}`;
	// Written aside and linked into place, so that nobody ever reads a lock without its owner.
	await writeFile(own, String(process.pid));
	try {
		for (let told = false; !(await tryLink(own, path));) {
			const owner = Number(await readFile(path, 'utf8').catch(() => '0'));
			if (owner > 0 && !isAlive(owner)) {
				await takeAway(path, `${own}.dead`);
			} else {
				if (!told) log(`Waiting for process ${owner}, which is doing the same`);
				told = true;
				await sleep(RETRY_MS);
			}
		}
		try {
			return await work();
		} finally {
			await rm(path, { force: true });
		}
	} finally {
		await rm(own, { force: true });
	}
}

async function tryLink(own: string, path: string): Promise<boolean> {
	try {
		await link(own, path);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
		throw error;
	}
}

/** Removes a dead owner's lock; one that a third process took in between is put back. */
async function takeAway(path: string, aside: string): Promise<void> {
	await rename(path, aside).catch(() => {});
	const owner = Number(await readFile(aside, 'utf8').catch(() => '0'));
	if (owner > 0 && isAlive(owner)) await tryLink(aside, path);
	await rm(aside, { force: true });
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
}
