/** What expressions and people write into the filters of Get Many. */
import { raw, Rig } from './rig';

jest.setTimeout(120_000);

let rig: Rig;
beforeAll(async () => (rig = await Rig.start('embedded', 20)));
afterEach(() => delete rig.place.embedded!.imap.faults.onCommand);
afterAll(async () => await rig.stop());

test('a filter counts whatever it is given as, or is refused: never are all mails let through', async () => {
	const account = await rig.account('invoice 4711', 'other');
	const subjects = async (filters: object) => {
		const ran = await account.run({ operation: 'getMany', mailbox: 'INBOX', filters }, [{ number: 4711 }]);
		return ran.error?.message ?? ran.json.map(({ subject }) => subject);
	};
	expect(await subjects({ subject: '={{ $json.number }}' })).toEqual(['invoice 4711']);
	expect(await subjects({ unread: '={{ "false" }}' })).toEqual([]);
	expect(await subjects({ since: 'soon' })).toMatch(/"Since" is no date/);
	expect(await subjects({ largerThan: 'big' })).toMatch(/"Larger Than \(KB\)" has to be a number/);
	expect(await subjects({ subject: '={{ ["a"] }}' })).toMatch(/"Subject Contains" has to be text/);
	expect(await subjects({ imapSearch: 'UID some' })).toMatch(/UID needs numbers/);
});

test('since is a moment, whatever the time zone', async () => {
	const account = await rig.account();
	const mailbox = rig.place.embedded!.mailbox(account.user);
	// Half past eleven in the evening and half past midnight, in Berlin; both on the 22nd by the server's clock.
	mailbox.add({ raw: raw('yesterday'), internalDate: new Date('2026-11-22T22:30:00Z') });
	mailbox.add({ raw: raw('today'), internalDate: new Date('2026-11-22T23:30:00Z') });
	const filters = { since: '2026-11-23T00:00:00.000+01:00' };
	for (const format of ['summary', 'message']) {
		const ran = await account.run({ operation: 'getMany', mailbox: 'INBOX', filters, format });
		expect(ran.json.map(({ subject }) => subject)).toEqual(['today']);
	}
});

test('line breaks are no lost connection', async () => {
	const account = await rig.account('one');
	const list = { operation: 'getMany', mailbox: 'INBOX' };
	expect((await account.run({ ...list, filters: { subject: 'one\nor two' } })).json).toEqual([]);
	const header = await account.run({ ...list, filters: { headerName: 'X-A', headerText: 'a\nb' } });
	expect(header.error?.message).toMatch(/characters that no command can carry/);
	const mailbox = await account.run({ ...list, mailbox: 'A\nB' });
	expect(mailbox.error?.message).toMatch(/The mailbox "A\nB" does not exist/);
	expect(mailbox.error?.description).toContain('"INBOX"');
});
