/**
 * Ends what a test process started, whatever way that process dies: it reads what to watch on stdin, and when
 * stdin closes (the other side exited or was killed) it kills the process groups and removes the folders.
 */
import { rm } from 'node:fs/promises';
import process from 'node:process';
import { createInterface } from 'node:readline';

const groups = new Set();
const folders = new Set();

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
	const { group, ended, folder } = JSON.parse(line);
	if (group !== undefined) groups.add(group);
	if (ended !== undefined) groups.delete(ended);
	if (folder !== undefined) folders.add(folder);
});
lines.on('close', async () => {
	for (const group of groups) {
		try {
			process.kill(-group, 'SIGKILL');
		} catch {
			// It had ended by itself.
		}
	}
	for (const folder of folders)
		await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});
// Ctrl-C reaches every process of the terminal; the guardian has work to do after it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
