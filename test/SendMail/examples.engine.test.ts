/** @jest-environment ./test/engine/jestEnvironment.js */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { INode } from 'n8n-workflow';
import type { WorkflowJson } from '../engine';
import { account, Senders } from './senders';

const FOLDER = path.resolve(__dirname, '../../examples');
const TYPE = 'n8n-nodes-mailroom.sendMail';

let senders: Senders;
beforeAll(async () => (senders = await Senders.start()), 60_000);
afterAll(async () => await senders.stop());

const files = readdirSync(FOLDER).filter((file) =>
	readFileSync(path.join(FOLDER, file), 'utf8').includes(TYPE),
);

test('there are examples', () => expect(files.length).toBeGreaterThan(2));

/** Each Send Mail of an example, alone and as a dry run: its parameters are understood and make a mail. */
test.each(files)('%s', async (file) => {
	const example = JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as WorkflowJson;
	expect(JSON.stringify(example)).not.toContain('credentials');
	const nodes = example.nodes.filter(({ type }) => type === TYPE) as INode[];
	for (const node of nodes.filter(({ parameters }) => (parameters['operation'] ?? 'send') === 'send')) {
		const credential = await senders.engine.addCredential(
			'mailAccountApi',
			'Account',
			account({ smtpHost: 'localhost' }),
		);
		const workflow = senders.engine.addWorkflow({
			nodes: [
				{ name: 'Start', type: 'n8n-nodes-base.manualTrigger' },
				{
					...node,
					parameters: { ...node.parameters, safetyOptions: { dryRun: true } },
					credentials: { mailAccountApi: credential },
				},
			],
			connections: { Start: { main: [[{ node: node.name, type: 'main', index: 0 }]] } },
		});
		const run = await workflow.run({ items: [{ json: { name: 'Ada', address: 'ada@example.com' } }] });
		const [item] = run.data.resultData.runData[node.name]?.[0]?.data?.['main']?.[0] ?? [];
		expect(item?.json).toMatchObject({ dryRun: true });
	}
});
