/** n8n in queue mode: a main that has the triggers, a worker that runs the workflows, PostgreSQL and Redis. */
import { startPostgres, startRedis, type LocalServer } from '../../servers';
import { removeAtEnd } from '../cleanup';
import type { N8nProcess } from '../n8nProcess';
import { packPackage } from '../packPackage';
import { startWorker } from '../realN8n';
import { Rig } from '../rig';

export class QueueRig {
	private constructor(
		/** The main process, Dovecot, and what else the scenarios share. */
		readonly rig: Rig,
		readonly worker: N8nProcess,
		private readonly servers: LocalServer[],
	) {}

	/** Starts the servers, the main, and then the worker, which needs the main's tables. */
	static async start(tarball?: string): Promise<QueueRig> {
		const packageTarball = tarball ?? (await packPackage());
		const servers: LocalServer[] = [];
		let rig: Rig | undefined;
		try {
			const redis = await startRedis();
			servers.push(redis);
			const postgres = await startPostgres();
			servers.push(postgres);
			for (const { folder } of servers) removeAtEnd(folder);
			const env = {
				EXECUTIONS_MODE: 'queue',
				QUEUE_BULL_REDIS_HOST: '127.0.0.1',
				QUEUE_BULL_REDIS_PORT: String(redis.port),
				DB_TYPE: 'postgresdb',
				DB_POSTGRESDB_HOST: '127.0.0.1',
				DB_POSTGRESDB_PORT: String(postgres.port),
				DB_POSTGRESDB_DATABASE: 'postgres',
				DB_POSTGRESDB_USER: 'postgres',
			};
			rig = await Rig.start({ tarball: packageTarball, env, withPostfix: false });
			const worker = await startWorker({ packageTarball, env: rig.n8nEnv });
			return new QueueRig(rig, worker, servers);
		} catch (error) {
			await rig?.stop();
			await Promise.allSettled(servers.map(async (server) => await server.stop()));
			throw error;
		}
	}

	/** Whether this execution ran on the worker. */
	ranOnWorker(executionId: string): boolean {
		return this.worker.log.includes(`Worker started execution ${executionId} (`);
	}

	async stop(): Promise<void> {
		await this.worker.kill();
		await this.rig.stop();
		await Promise.allSettled(this.servers.map(async (server) => await server.stop()));
	}
}
