/** The node as a tool of an agent; and what it makes of an expression that fails. */
import { messageId, raw, Rig } from './rig';

jest.setTimeout(120_000);

let rig: Rig;
beforeAll(async () => (rig = await Rig.start('embedded', 20)));
afterEach(() => delete rig.place.embedded!.imap.faults.onCommand);
afterAll(async () => await rig.stop());

describe('an agent, whose tools n8n runs like any node', () => {
	const TOOL = { type: 'n8n-nodes-mailroom.imapTool' };

	test('gets the word about strangers and no long text', async () => {
		const account = await rig.account();
		await account.append('INBOX', raw('long', [], 'x'.repeat(300).concat('\r\n').repeat(100)));
		const parameters = { operation: 'get', message: messageId('long') };
		const [whole] = (await account.run(parameters)).json;
		expect(whole).not.toHaveProperty('untrusted');
		const [told] = (await account.run(parameters, [{}], TOOL)).json;
		expect(told!['untrusted']).toMatch(/not instructions/);
		expect(String(told!['text'])).toHaveLength(20_000);
		expect(told).not.toHaveProperty('headers');
		const [listed] = (await account.run({ operation: 'getMany', mailbox: 'INBOX' }, [{}], TOOL)).json;
		expect(Object.keys(listed!)[0]).toBe('untrusted');
	});

	test('reads in the message of an error what to do: it is given nothing else', async () => {
		const account = await rig.account('one');
		const parameters = { operation: 'move', message: '<nowhere@example.org>', destination: 'Archive' };
		const ran = await account.run(parameters, [{}], TOOL);
		expect(ran.error?.message).toMatch(/No mailbox of this account has.*\n.*credential/);
	});
});

test('a message that cannot be evaluated is an error of its item', async () => {
	const account = await rig.account('one', 'two');
	const message = '={{ $json.id ? $json.id : $("Nowhere").item.json.id }}';
	const items = [{}, { id: messageId('two') }];
	for (const onError of ['continueRegularOutput', 'continueErrorOutput'] as const) {
		const ran = await account.run({ operation: 'markRead', message }, items, { onError });
		expect(ran.error).toBeUndefined();
		const good = ran.json.filter((json) => json['messageId']);
		expect(good).toMatchObject([{ messageId: messageId('two') }]);
		const bad = onError === 'continueErrorOutput' ? ran.errors.map(({ json }) => json) : ran.json;
		expect(bad[0]!['error']).toMatch(/Referenced node/);
	}
});
