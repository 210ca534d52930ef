/** A harness killed at a given step goes on like n8n: which rows it finds, what runs again, what static data says. */
import { ChildEngine } from './childEngine';
import { FIXTURE, workflow } from './contract';
import { ControlServer } from './control';
import type { Step } from './n8nStandIn/types';

const TIMEOUT_MS = 60_000;
const RUN_MS = 300;

const control = new ControlServer();
beforeAll(async () => await control.start());
afterAll(async () => await control.stop());

test.each<{ step: Step; after: string[]; saved: unknown }>([
	{ step: 'staticSaved', after: [], saved: 7 },
	{ step: 'inserted', after: ['success'], saved: 7 },
	{ step: 'running', after: ['crashed'], saved: 7 },
	{ step: 'finished', after: ['success'], saved: 7 },
	{ step: 'told', after: ['success'], saved: 7 },
])(
	'killed at $step: $after',
	async ({ step, after, saved }) => {
		const engine = new ChildEngine({ packageDir: FIXTURE });
		try {
			await engine.start({ killAt: step });
			const id = await engine.addWorkflow(workflow(control));
			await engine.publish(id);
			const remote = await control.next(id);
			await remote
				.emit({ static: 7, key: 'k', json: { action: 'delay', ms: RUN_MS } })
				.catch(() => undefined);
			await engine.died();
			await engine.start();
			const again = await control.next(id);
			expect(again.hello.activation).toBe('init');
			expect(await again.do('getStatic')).toBe(saved);
			const known = await (await again.emit({ key: 'k' })).done();
			expect(known.outcome).toBe(after.length === 0 ? 'success' : 'undefined');
			// The row found new needs its time.
			await new Promise((resolve) => setTimeout(resolve, 3 * RUN_MS));
			const rows = (await engine.executions(id)).map(({ status }) => status);
			expect(rows).toEqual(after.length === 0 ? ['success'] : after);
		} finally {
			await engine.stop();
		}
	},
	TIMEOUT_MS,
);
