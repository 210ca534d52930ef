/** The benchmark of Send Mail beside n8n's own node, in one real n8n, over TLS to the same Postfix. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../e2e/cleanup';
import { packPackage } from '../../e2e/packPackage';
import { startN8n, type RealN8n } from '../../e2e/realN8n';
import type { Execution, WorkflowNode } from '../../e2e/restClient';
import { chain, CREDENTIAL_TYPE, manualTrigger, node, sendMail } from '../../e2e/workflows';
import {
	HOST,
	startDovecot,
	startFaultProxy,
	startPostfix,
	type Dovecot,
	type FaultProxy,
	type Postfix,
} from '../../servers';
import { quietMachine } from '../quiet';
import { measure, median, report, type BenchOptions, type Figure, type Measurement } from '../figures';

const USER = 'bob@example.test';
const PASSWORD = 'pass-word 7!';
const MAILS = 300;
/** n8n's own node needs half a second for each over a long line. */
const THEIR_MAILS_FAR = 60;
const FAR_MS = 50;
const EXECUTIONS = 300;
const THEIR_EXECUTIONS = 60;
const RUN_LIMIT_MS = 300_000;
const NAME = 'Mail';
/** Ours is measured so often, and the middle one counts: it is over in a second, on a machine that does other things. */
const REPEATS = 5;
/** How long to wait for others to leave the machine, before each run. */
const QUIET_LIMIT_MS = 60_000;

/**
 * Postfix keeps what it has accepted: on a small machine its delivery would take the time that is measured. Without
 * it a client that does nothing but write ready-made mails gets about a thousand a second accepted.
 */
const HOLD_ALL = { smtpd_recipient_restrictions: 'check_recipient_access static:HOLD, permit' };

type Where = 'near' | 'far';
type Pair = Record<'ours' | 'theirs', { id: string; name: string }>;

class Bench {
	private constructor(
		private readonly dovecot: Dovecot,
		private readonly postfix: Postfix,
		private readonly proxy: FaultProxy,
		private readonly n8n: RealN8n,
		/** For Postfix itself, and for the long line to it. */
		private readonly credentials: Record<Where, Pair>,
	) {}

	static async start(): Promise<Bench> {
		const dovecot = await startDovecot({ users: [{ user: USER, password: PASSWORD }] });
		const postfix = await startPostfix({ deliverTo: dovecot, settings: HOLD_ALL });
		const proxy = await startFaultProxy(postfix.ports.smtps);
		const authority = join(temporaryFolder('ca'), 'ca.pem');
		writeFileSync(authority, dovecot.ca);
		const n8n = await startN8n({
			packageTarball: await packPackage(),
			env: { NODE_EXTRA_CA_CERTS: authority },
		});
		const access = { user: USER, password: PASSWORD };
		const pair = async (port: number): Promise<Pair> => ({
			ours: await n8n.rest.createCredential({
				name: `ours ${port}`,
				type: CREDENTIAL_TYPE,
				data: { ...access, provider: 'custom', smtpHost: HOST, smtpPort: port, smtpSecurity: 'tls' },
			}),
			theirs: await n8n.rest.createCredential({
				name: `theirs ${port}`,
				type: 'smtp',
				data: { ...access, host: HOST, port, secure: true },
			}),
		});
		proxy.delayMs = FAR_MS;
		const credentials = { near: await pair(postfix.ports.smtps), far: await pair(proxy.port) };
		return new Bench(dovecot, postfix, proxy, n8n, credentials);
	}

	async stop(): Promise<void> {
		await this.n8n.stop();
		await this.proxy.stop();
		await this.postfix.stop();
		await this.dovecot.stop();
	}

	measurements(): Measurement[] {
		return [
			{ name: 'one run', run: async () => [await this.oneRun('near', MAILS, 50)] },
			{ name: 'one run far away', run: async () => [await this.oneRun('far', THEIR_MAILS_FAR, 20)] },
			{ name: 'one mail each', run: async () => [await this.oneEach()] },
		];
	}

	/** Many mails in one run of the node. */
	private async oneRun(where: Where, theirMails: number, bar: number): Promise<Figure> {
		const rates: number[] = [];
		let quiet = 0;
		for (let count = 0; count < REPEATS; count++) {
			if (await quietMachine(QUIET_LIMIT_MS)) quiet++;
			rates.push(await this.rate(this.ourNode(where), MAILS));
		}
		const ours = median(rates);
		const theirs = await this.rate(this.theirNode(where), theirMails);
		return {
			what: `${MAILS} mails over TLS in one run, ${where === 'far' ? `round trip ${FAR_MS} ms` : 'same machine'}`,
			ours: `${ours.toFixed(1)}/s${quiet < REPEATS ? ` (others used the machine in ${REPEATS - quiet} of ${REPEATS} runs)` : ''}`,
			theirs: `${theirs.toFixed(1)}/s (${theirMails} mails)`,
			ratio: ours / theirs,
			bar: `≥ ${bar}×`,
			ok: ours / theirs >= bar,
		};
	}

	/** One mail in each of many executions, one after the other. */
	private async oneEach(): Promise<Figure> {
		const ours = median(await this.timesOf(this.ourNode('far'), EXECUTIONS));
		const theirs = median(await this.timesOf(this.theirNode('far'), THEIR_EXECUTIONS));
		return {
			what: `${EXECUTIONS} executions of one mail each, round trip ${FAR_MS} ms, time in the node (median)`,
			ours: `${ours.toFixed(0)} ms`,
			theirs: `${theirs.toFixed(0)} ms (${THEIR_EXECUTIONS} executions)`,
			ratio: theirs / ours,
			bar: '≥ 3×',
			ok: theirs / ours >= 3,
		};
	}

	private async rate(mail: WorkflowNode, mails: number): Promise<number> {
		const numbers = JSON.stringify({ n: Array.from({ length: mails }, (_none, index) => index) });
		const many = node('Many', 'n8n-nodes-base.set', { mode: 'raw', jsonOutput: numbers, options: {} }, 3.4);
		const split = node('Split', 'n8n-nodes-base.splitOut', { fieldToSplitOut: 'n', options: {} });
		const workflow = chain(`${mails} mails`, [manualTrigger(), many, split, mail]);
		const { id } = await this.n8n.rest.createWorkflow(workflow);
		const execution = await this.n8n.rest.runManually(id, 'Start', RUN_LIMIT_MS);
		const run = nodeRun(execution);
		const sent = run.data?.main?.[0]?.length ?? 0;
		if (sent !== mails) throw new Error(`${sent} of ${mails} mails were sent`);
		return (mails / run.executionTime) * 1_000;
	}

	private async timesOf(mail: WorkflowNode, executions: number): Promise<number[]> {
		const { id } = await this.n8n.rest.createWorkflow(chain('one mail', [manualTrigger(), mail]));
		const times: number[] = [];
		for (let count = 0; count < executions; count++) {
			times.push(nodeRun(await this.n8n.rest.runManually(id, 'Start')).executionTime);
		}
		return times;
	}

	private ourNode(where: Where): WorkflowNode {
		return sendMail(this.credentials[where].ours, CONTENT, NAME);
	}

	private theirNode(where: Where): WorkflowNode {
		const parameters = { ...CONTENT, options: { appendAttribution: false } };
		return {
			...node(NAME, 'n8n-nodes-base.emailSend', parameters, 2.1),
			credentials: { smtp: this.credentials[where].theirs },
		};
	}
}

const CONTENT = {
	fromEmail: USER,
	toEmail: USER,
	subject: 'Benchmark',
	emailFormat: 'text',
	text: 'Hello, this is a mail of an ordinary length.\n'.repeat(20),
};

function nodeRun(execution: Execution) {
	const run = execution.data.resultData.runData[NAME]?.[0] as
		{ executionTime: number; data?: { main?: unknown[][] }; error?: { message: string } } | undefined;
	if (!run || execution.status !== 'success') {
		throw new Error(`The run failed: ${execution.data.resultData.error?.message ?? execution.status}`);
	}
	return run;
}

export async function main(options: BenchOptions): Promise<{ passed: number; failed: number }> {
	const bench = await Bench.start();
	try {
		return report('send', await measure(bench.measurements(), options), options);
	} finally {
		await bench.stop();
	}
}
