/** C1 in a real n8n: its process is killed in the middle of runs, half of the time with successful executions not saved. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeAtEnd, temporaryFolder } from '../../e2e/cleanup';
import { packPackage } from '../../e2e/packPackage';
import { startN8n, type RealN8n } from '../../e2e/realN8n';
import { Recorder } from '../../e2e/recorder';
import { chain, imapTrigger, request, wait } from '../../e2e/workflows';
import { eventually, startDovecot, type Dovecot } from '../../servers';
import { NO_FIGURES, type Figures, type Row, type RowContext } from '../campaign';
import { mail } from './lab';

const USER = { user: 'killed@example.test', password: 'correct horse 7' };
const KILLS = 32;
const PARALLEL = 5;
const RUN_SECONDS = 1;
const BEGIN_LIMIT_MS = 60_000;
const END_LIMIT_MS = 120_000;
/** In which a second run would show itself. */
const DOUBLES_MS = 5_000;

interface Stage {
	n8n: RealN8n;
	dovecot: Dovecot;
	recorder: Recorder;
}

async function withN8n(work: (stage: Stage) => Promise<Figures>): Promise<Figures> {
	const dovecot = await startDovecot({ users: [USER] });
	removeAtEnd(dovecot.folder);
	const recorder = await Recorder.start();
	try {
		const authority = join(temporaryFolder('ca'), 'ca.pem');
		writeFileSync(authority, dovecot.ca);
		const n8n = await startN8n({
			packageTarball: await packPackage(),
			env: { NODE_EXTRA_CA_CERTS: authority },
		});
		try {
			return await work({ n8n, dovecot, recorder });
		} finally {
			await n8n.kill();
		}
	} finally {
		await recorder.stop();
		await dovecot.stop();
	}
}

async function publish({ n8n, dovecot, recorder }: Stage, save: boolean): Promise<void> {
	const credential = await n8n.rest.createCredential({
		name: USER.user,
		type: 'mailAccountApi',
		data: {
			...{ provider: 'custom', user: USER.user, password: USER.password },
			...{ imapHost: dovecot.host, imapPort: dovecot.ports.imaps, imapSecurity: 'tls' },
		},
	});
	const report = (name: string) =>
		request(
			name,
			`=${recorder.url}/${name.toLowerCase()}?s={{ encodeURIComponent($('IMAP Trigger').item.json.subject) }}`,
		);
	const settings = save ? {} : { saveDataSuccessExecution: 'none' };
	const nodes = [imapTrigger(credential), report('Begin'), wait(RUN_SECONDS), report('End')];
	const { id } = await n8n.rest.createWorkflow(chain('killed', nodes, settings));
	await n8n.rest.publish(id);
}

async function kills(stage: Stage, save: boolean, { random, long }: RowContext): Promise<Figures> {
	const { n8n, dovecot, recorder } = stage;
	await publish(stage, save);
	const sent: string[] = [];
	const send = async (count: number) => {
		const subjects = Array.from({ length: count }, (_, i) => `killed ${sent.length + i + 1}`);
		sent.push(...subjects);
		await dovecot.deliver(
			USER.user,
			subjects.map((subject) => mail(subject)),
		);
	};
	const begun = () => recorder.at('/begin').map(({ query }) => query['s'] ?? '');
	const ended = () => recorder.at('/end').map(({ query }) => query['s'] ?? '');
	const missing = () => {
		const all = new Set(ended());
		return sent.filter((subject) => !all.has(subject));
	};
	let happened = 0;
	const wanted = long ? KILLS / 2 : 2;
	for (let tries = 0; happened < wanted && tries < wanted * 2; tries++) {
		const before = begun().length;
		await send(3 + Math.floor(random() * 6));
		await eventually(BEGIN_LIMIT_MS, 'a run', () => begun().length > before);
		await sleep(random() * RUN_SECONDS * 1_300);
		const open = begun().length - ended().length;
		await n8n.kill();
		if (open > 0) happened++;
		// Some mail comes while n8n is down.
		await send(Math.floor(random() * 3));
		await n8n.start();
	}
	const from = performance.now();
	await eventually(END_LIMIT_MS, 'all mails', () => missing().length === 0).catch(() => undefined);
	const recoveryMs = Math.round(performance.now() - from);
	await sleep(DOUBLES_MS);
	const lost = missing();
	const doubled = begun().length - new Set(begun()).size;
	const endedTwice = ended().length - new Set(ended()).size;
	const problems: string[] = [];
	if (lost.length > 0) problems.push(`${lost.length} lost: ${lost.slice(0, 5).join(', ')}`);
	if (doubled > happened * PARALLEL) problems.push(`${doubled} doubled in ${happened} kills`);
	if (happened < wanted) problems.push(`only ${happened} of ${wanted} kills met a run`);
	return {
		...NO_FIGURES,
		...{ sent: sent.length, delivered: sent.length - lost.length, lost: lost.length, doubled },
		...{
			recoveryMs,
			happened,
			missed: problems,
			notes: { kills: happened, 'ran to the end twice': endedTwice },
		},
	};
}

export const realN8nRows: Row[] = [true, false].map((save) => ({
	id: save ? 'R1a' : 'R1b',
	fault: `kill -9 of a real n8n in the middle of runs, successful executions ${save ? 'saved' : 'not saved'}`,
	proof: 'a run had told of its begin and not of its end',
	bar: '0 lost, doubled ≤ in flight',
	longOnly: true,
	needs: ['dovecot'],
	run: async (context) => await withN8n(async (stage) => await kills(stage, save, context)),
}));
