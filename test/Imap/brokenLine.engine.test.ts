/** A connection that breaks while messages are worked on. */
import { inMailbox, messageId, raw, Rig } from './rig';

jest.setTimeout(120_000);

let rig: Rig;
beforeAll(async () => (rig = await Rig.start('embedded', 20)));
afterEach(() => delete rig.place.embedded!.imap.faults.onCommand);
afterAll(async () => await rig.stop());

/** So scattered that several commands are needed. */
function fill(user: string, count: number): { id: string }[] {
	const mailbox = rig.place.embedded!.mailbox(user);
	return Array.from({ length: count }, (_none, i) => {
		mailbox.add({ raw: raw(`m${i}`), uid: 100_000 + i * 3 });
		return { id: `INBOX;UIDVALIDITY=${mailbox.uidValidity}/;UID=${100_000 + i * 3}` };
	});
}

function resetAtFirst(command: RegExp): void {
	let done = false;
	rig.place.embedded!.imap.faults.onCommand = ({ text }) => {
		if (done || !command.test(text)) return undefined;
		done = true;
		return 'reset';
	};
}

test('only what was under way is not known; the rest of the mailbox goes on', async () => {
	const account = await rig.account();
	const items = fill(account.user, 1_200);
	resetAtFirst(/^UID MOVE/);
	const parameters = { operation: 'move', message: '={{ $json.id }}', destination: 'Archive' };
	const ran = await account.run(parameters, items, { onError: 'continueRegularOutput' });
	const unknown = ran.json.filter(({ error }) => error);
	expect(unknown.length).toBeGreaterThan(100);
	expect(unknown.length).toBeLessThan(1_000);
	for (const { error } of unknown) expect(error).toMatch(/not known/);
	expect(rig.place.embedded!.messages(account.user, 'Archive')).toHaveLength(1_200 - unknown.length);
	expect(rig.place.embedded!.messages(account.user)).toHaveLength(unknown.length);
});

test('reading goes on over a new one, and nothing is missing', async () => {
	const account = await rig.account();
	const items = fill(account.user, 60);
	resetAtFirst(/^UID FETCH.*1001(20|21|22|23|24|25|26|27|28|29).*BODY\.PEEK\[\]/);
	const ran = await account.run({ operation: 'get', message: '={{ $json.id }}' }, items);
	expect(ran.error).toBeUndefined();
	expect(ran.json.map(({ subject }) => subject)).toEqual(items.map((_item, i) => `m${i}`));
});

test('a copy that may have been made says so, and where to look', async () => {
	const account = await rig.account('one');
	resetAtFirst(/^UID COPY/);
	const parameters = { operation: 'copy', message: messageId('one'), destination: 'Archive' };
	const ran = await account.run(parameters);
	expect(ran.error?.message).toMatch(/Whether the message was handled is not known/);
	expect(ran.error?.description).toContain('Look into the mailbox "Archive" before you try again');
	expect(inMailbox(await account.everything(), 'Archive')).toEqual([]);
});
