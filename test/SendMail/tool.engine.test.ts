/**
 * @jest-environment ./test/engine/jestEnvironment.js
 *
 * Send Mail as the tool of an AI agent, in n8n's own engine.
 */
import type { IDataObject, INode } from 'n8n-workflow';
import { itemsOf } from '../engine';
import { startFakeSmtp, type FakeReply, type FakeSmtp, type Stage } from '../mail/smtp/fakeSmtp';
import { account, Senders, USER } from './senders';

let senders: Senders;
let server: FakeSmtp;
let answer: (stage: Stage, line: string) => FakeReply | undefined;

beforeAll(async () => {
	senders = await Senders.start();
	server = await startFakeSmtp({ answer: (stage, line) => answer(stage, line) });
}, 60_000);
afterAll(async () => {
	await senders.stop();
	await server.stop();
});
beforeEach(() => {
	answer = () => undefined;
	server.messages.length = 0;
});

interface Said {
	said?: string;
	failed?: string;
}

/** An agent that calls Send Mail once for each of these. */
async function call(
	calls: IDataObject[],
	{
		together = false,
		parameters = {},
		node = {},
	}: { together?: boolean; parameters?: IDataObject; node?: Partial<INode> } = {},
): Promise<Said[]> {
	const credential = await senders.engine.addCredential(
		'mailAccountApi',
		'Account',
		account({ smtpPort: server.port }),
	);
	const workflow = senders.engine.addWorkflow({
		nodes: [
			{ name: 'Start', type: 'n8n-nodes-base.manualTrigger' },
			{ name: 'Agent', type: 'test.agent', parameters: { together } },
			{
				name: 'Send Mail',
				type: 'n8n-nodes-mailroom.sendMailTool',
				parameters: {
					operation: 'send',
					fromEmail: USER,
					toEmail: '={{ $fromAI("to", "", "string") }}',
					subject: '={{ $fromAI("subject", "", "string") }}',
					emailFormat: 'text',
					text: 'Hello',
					...parameters,
				} as INode['parameters'],
				credentials: { mailAccountApi: credential },
				...node,
			},
		],
		connections: {
			Start: { main: [[{ node: 'Agent', type: 'main', index: 0 }]] },
			'Send Mail': { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
		},
	});
	const run = await workflow.run({ items: calls.map((json) => ({ json })) });
	return itemsOf(run, 'Agent').map(({ json }) => json as Said);
}

const BOB = { to: 'bob@example.test', subject: 'Hello' };
const RETRY = { retryOnFail: true, maxTries: 3, waitBetweenTries: 10 };

test('sends what the agent asks for, and tells it the outcome', async () => {
	const [result] = await call([BOB]);
	expect(JSON.parse(result?.said ?? '')).toEqual([
		expect.objectContaining({ outcome: 'accepted', accepted: ['bob@example.test'] }),
	]);
	expect(server.messages.map(({ to }) => to)).toEqual([['bob@example.test']]);
});

test('a recipient that is not allowed: the agent is told, nothing is sent', async () => {
	const [result] = await call([BOB], {
		parameters: { safetyOptions: { allowedRecipients: '@example.org' } },
	});
	expect(result?.failed).toMatch(/may not be sent to bob@example\.test/);
	expect(server.messages).toEqual([]);
});

test('what may have been accepted is not sent again, neither by Retry On Fail nor when the agent asks again', async () => {
	answer = (stage) => (stage === 'end' && server.messages.length === 1 ? { then: 'reset' } : undefined);
	const results = await call([BOB, { ...BOB, to: 'eve@example.test' }, BOB], { node: RETRY });
	expect(server.messages.map(({ to }) => to[0])).toEqual(['bob@example.test', 'eve@example.test']);
	expect(results[0]?.failed).toMatch(/may or may not have been accepted/);
	expect(results[1]?.said).toContain('accepted');
	expect(results[2]).toEqual(results[0]);
});

test('the same where n8n runs the tool like any node; the agent reads the next step in the message', async () => {
	answer = (stage) => (stage === 'end' ? { then: 'reset' } : undefined);
	const tool = { ...RETRY, type: 'n8n-nodes-mailroom.sendMailTool' };
	const { error } = await senders.send({ smtpPort: server.port }, {}, undefined, tool);
	expect(server.messages).toHaveLength(1);
	expect(error?.message).toMatch(/may or may not have been accepted\.\n.*not sent again by itself/);
});

test('the same mail twice is sent twice, when the agent wants it', async () => {
	await call([BOB, BOB]);
	expect(server.messages).toHaveLength(2);
});

test('calls at the same time are all sent, each as a mail of its own', async () => {
	const names = ['bob', 'carl', 'dora', 'eve'];
	const calls = names.map((name) => ({ to: `${name}@example.test`, subject: name }));
	const results = await call(calls, { together: true });
	expect(server.messages.map(({ to }) => to[0]).sort()).toEqual(calls.map(({ to }) => to));
	const ids = results.map(({ said }) => (JSON.parse(said ?? '') as { messageId: string }[])[0]?.messageId);
	expect(new Set(ids).size).toBe(names.length);
});

test('of calls at the same time, one that may have been accepted stays so while others go well', async () => {
	answer = (stage, line) =>
		stage === 'end' && line === '.' && server.messages.at(-1)?.to[0]?.startsWith('bob')
			? { then: 'reset' }
			: undefined;
	const calls = ['bob', 'carl', 'dora'].map((name) => ({ to: `${name}@example.test`, subject: name }));
	await call(calls, { together: true, node: RETRY });
	expect(server.messages.map(({ to }) => to[0]).sort()).toEqual(calls.map(({ to }) => to));
});
