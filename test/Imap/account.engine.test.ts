import { PASSWORD, Rig } from './rig';

jest.setTimeout(60_000);

test('account check: an item for each stage, and the stage that failed says why', async () => {
	const rig = await Rig.start('embedded', 1);
	try {
		const account = await rig.account('one');
		const good = await account.run({ resource: 'account', operation: 'check' });
		expect(good.error).toBeUndefined();
		expect(good.json.map(({ ok }) => ok)).not.toContain(false);
		expect(good.json.map(({ stage }) => stage)).toEqual(expect.arrayContaining(['tls', 'login', 'mailbox']));
		rig.place.embedded!.imap.faults.onCommand = ({ name }) =>
			/LOGIN|AUTHENTICATE/.test(name) ? { reply: '%TAG% NO [AUTHENTICATIONFAILED] no\r\n' } : undefined;
		const bad = await account.run({ resource: 'account', operation: 'check' });
		expect(bad.json.at(-1)).toMatchObject({ side: 'imap', stage: 'login', ok: false });
		expect(bad.json.at(-1)!['error']).toMatch(/[A-Z].*\./);
	} finally {
		await rig.stop();
	}
});

test('a person who tries again after a refused login is not told what the server said before', async () => {
	const rig = await Rig.start('embedded', 1);
	try {
		const account = await rig.account('one');
		await rig.place.embedded!.setPassword(account.user, 'not yet the one in the credential');
		const list = { resource: 'message', operation: 'getMany' };
		expect((await account.run(list)).error?.message).toMatch(/refused/);
		await rig.place.embedded!.setPassword(account.user, PASSWORD);
		expect((await account.run(list)).json).toMatchObject([{ subject: 'one' }]);
	} finally {
		await rig.stop();
	}
});
