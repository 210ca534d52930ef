import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import { RunAccounts } from '../../nodes/bridge/runAccounts';

const DATA = {
	provider: 'custom',
	user: 'ada@example.test',
	password: 'pass-word 7!',
	smtpHost: 'mail.test',
};

/** A context with so many items whose credential is what `dataOf` gives for an item. */
function accounts(count: number, dataOf: (itemIndex: number) => ICredentialDataDecryptedObject) {
	const read: number[] = [];
	const run = new RunAccounts({
		helpers: {},
		getInputData: () => Array.from({ length: count }, () => ({ json: {} })),
		getCredentials: (async (_type: string, itemIndex = 0) => {
			read.push(itemIndex);
			return { smtpPort: 465, smtpSecurity: 'tls', ...dataOf(itemIndex) };
		}) as never,
	} as unknown as ConstructorParameters<typeof RunAccounts>[0]);
	const all = async () =>
		await Promise.all(
			Array.from({ length: count }, async (_none, index) => await run.of('mailAccountApi', index)),
		);
	return { read, all };
}

test('one that is the same for all items is read seventeen times for three hundred', async () => {
	const { read, all } = accounts(300, () => DATA);
	const found = await all();
	expect(new Set(found).size).toBe(1);
	expect(found[0]).toMatchObject({ user: 'ada@example.test', smtp: { host: 'mail.test' } });
	expect(read).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 44, 80, 117, 153, 190, 226, 263, 299, 300]);
});

test.each<[string, (itemIndex: number) => ICredentialDataDecryptedObject]>([
	['differs', (index) => ({ ...DATA, user: `user${index}@example.test` })],
	[
		'fails where there is no item',
		(index) => {
			if (index >= 12) throw new Error('no such item');
			return { ...DATA, user: `user${index}@example.test` };
		},
	],
	[
		'is empty where there is no item',
		(index) => ({ ...DATA, user: index < 12 ? `user${index}@example.test` : '' }),
	],
])('one that %s is read for each item', async (_name, dataOf) => {
	const found = await accounts(12, dataOf).all();
	expect(found.map(({ user }) => user)).toEqual(
		Array.from({ length: 12 }, (_none, index) => `user${index}@example.test`),
	);
});

test('one for every fifth item is not taken for the one of all', async () => {
	const userOf = (index: number) => (index % 5 === 4 ? 'second@example.test' : 'first@example.test');
	const found = await accounts(20, (index) => ({ ...DATA, user: userOf(index) })).all();
	expect(found.map(({ user }) => user)).toEqual(Array.from({ length: 20 }, (_none, index) => userOf(index)));
});

test('a few items read their own', async () => {
	const { read, all } = accounts(3, () => DATA);
	await all();
	expect(read).toEqual([0, 1, 2]);
});

test('what is wrong with the credential is told to each item', async () => {
	const { all } = accounts(15, () => ({ ...DATA, smtpHost: '' }));
	await expect(all()).rejects.toMatchObject({ code: 'ACCOUNT' });
});

test('one that some later items name, and that falls back elsewhere, is not taken for the one of all', async () => {
	const userOf = (index: number) =>
		index < 90 ? 'first@example.test' : index < 100 ? 'second@example.test' : '';
	const found = await accounts(100, (index) => ({
		...DATA,
		user: userOf(index) || 'first@example.test',
	})).all();
	expect(found.slice(85, 95).map(({ user }) => user)).toEqual([
		...Array<string>(5).fill('first@example.test'),
		...Array<string>(5).fill('second@example.test'),
	]);
});
