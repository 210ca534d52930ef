import parseList from 'nodemailer/lib/addressparser';
import { readAddresses, toAsciiDomain, type AddressInput } from '../../../nodes/mail/message/address';

const read = (input: AddressInput) => readAddresses(input, 'To Email', (list) => parseList(list));

test.each<[AddressInput, string[]]>([
	['bob@example.test', ['bob@example.test']],
	[' bob@example.test , eve@example.test ,', ['bob@example.test', 'eve@example.test']],
	['Bob <bob@example.test>', ['Bob <bob@example.test>']],
	['"Doe, Bob" <bob@example.test>', ['Doe, Bob <bob@example.test>']],
	['"bob smith"@example.test', ['"bob smith"@example.test']],
	['Team: bob@example.test, Eve <eve@example.test>;', ['bob@example.test', 'Eve <eve@example.test>']],
	['undisclosed-recipients:;', []],
	[
		['bob@example.test', ['eve@example.test', null]],
		['bob@example.test', 'eve@example.test'],
	],
	[{ address: 'bob@example.test', name: 'Bob' }, ['Bob <bob@example.test>']],
	[[{ address: 'bob@example.test' }], ['bob@example.test']],
	[
		{ value: [{ address: 'bob@example.test', name: 'Bob' }, { address: 'eve@example.test' }] },
		['Bob <bob@example.test>', 'eve@example.test'],
	],
	['bob@example.test, BOB@EXAMPLE.test', ['bob@example.test']],
	['bob@müller.test', ['bob@müller.test']],
	['jörg@example.test', ['jörg@example.test']],
	["o'brien+tag=x@example.test", ["o'brien+tag=x@example.test"]],
	['bob@[127.0.0.1]', ['bob@[127.0.0.1]']],
	['bob@[IPv6:::1]', ['bob@[IPv6:::1]']],
	['bob@localhost', ['bob@localhost']],
	['bob@example.test (Bob), < eve@example.test >', ['Bob <bob@example.test>', 'eve@example.test']],
	['', []],
	[null, []],
	[undefined, []],
	[[], []],
])('%j', (input, expected) => {
	expect(read(input).map(({ address, name }) => (name ? `${name} <${address}>` : address))).toEqual(expected);
});

test.each<[AddressInput, RegExp]>([
	['bob', /"bob" in "To Email" cannot be used: it has no @/],
	['Bob Doe', /no @/],
	['@example.test', /no @/],
	['bob@', /after the @ is no domain/],
	['bob@exa mple.test', /more than an address/],
	['bob@example .test', /more than an address|no domain/],
	['Bob bob@example.test', /more than an address/],
	['eve@example.test, Bob bob@example.test', /more than an address/],
	['bob@-example.test', /after the @ is no domain/],
	['bob@example..test', /after the @ is no domain/],
	[`bob@${'x'.repeat(64)}.test`, /after the @ is no domain/],
	['.bob@example.test', /before the @/],
	['bo..b@example.test', /before the @/],
	['bob.@example.test', /before the @/],
	[`${'x'.repeat(65)}@example.test`, /too long/],
	[{ address: 'bob@example.test\r\nRCPT TO:<eve@example.test>' }, /line break/],
	[{ address: 'bob@example.test', name: 'a\nBcc: eve@example.test' }, /line break/],
	['bob@example.test\n,eve@example.test', /line break/],
	['bob@example.test\0', /line break|before the @|no domain/],
	[{ address: 'bob@example.test>\u0000' }, /./],
	[{ address: 'a>,<b@example.test' }, /before the @/],
	[{ address: 'bob@example.test>' }, /no domain/],
	[{ address: 'bob@example.test', name: 'x'.repeat(301) }, /longer than 300/],
	[{ address: 7 } as never, /it is not an address/],
	[{ name: 'Bob' }, /it is empty/],
	[{ path: '/etc/passwd' } as never, /it is empty/],
])('%j is refused with a sentence', (input, message) => {
	let error: Error | undefined;
	try {
		read(input);
	} catch (caught) {
		error = caught as Error;
	}
	expect(error).toMatchObject({ name: 'MailError', code: 'ADDRESS' });
	expect(error?.message).toMatch(message);
	expect(error?.message).not.toMatch(/[\r\n\0]/);
});

test('a long address is shown short', () => {
	expect(() => read(`${'x'.repeat(5_000)}`)).toThrow(/^The address "x{80}…"/);
});

test.each([
	['bob@müller.test', 'bob@xn--mller-kva.test'],
	['bob@example.test', 'bob@example.test'],
	['jörg@straße.test', 'jörg@xn--strae-oqa.test'],
	['bob@[127.0.0.1]', 'bob@[127.0.0.1]'],
])('%s in ASCII', (address, expected) => expect(toAsciiDomain(address)).toBe(expected));
