import { existsSync } from 'node:fs';
import { accepts, describeWith, eventually, type LocalServer, startPostgres, startRedis } from './index';

describeWith(['redis', 'postgres'], 'the servers of queue mode', () => {
	it.each([
		['redis', startRedis],
		['postgres', startPostgres],
	])(
		'%s listens while it is wanted, and leaves nothing behind',
		async (_name, start) => {
			let server: LocalServer | undefined;
			try {
				server = await start();
				expect(await accepts(server.port)).toBe(true);
				await server.stop();
				const { port, folder } = server;
				await eventually(2_000, 'closed port', async () => !(await accepts(port)));
				expect(existsSync(folder)).toBe(false);
			} finally {
				await server?.stop();
			}
		},
		30_000,
	);
});
