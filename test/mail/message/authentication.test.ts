/** Whose verdicts count: RFC 8601 §5, threat T7. */
import { authenticationOf } from '../../../nodes/mail/message/read/authentication';

const REAL =
	'mx.receiver.example; dkim=pass (good; signature) header.d=Sender.example header.s=a; spf=softfail smtp.mailfrom=<x@bounce.example>; dmarc=fail (p=NONE) header.from=sender.example';
const FORGED = 'mx.receiver.example; dkim=pass header.d=bank.example; dmarc=pass header.from=bank.example';
const TRUSTED = ['MX.receiver.example'];

test('the verdicts of a trusted server, comments left out', () => {
	expect(authenticationOf([REAL], TRUSTED)).toEqual({
		server: 'mx.receiver.example',
		dkim: [{ result: 'pass', domain: 'sender.example' }],
		spf: { result: 'softfail', domain: 'bounce.example' },
		dmarc: { result: 'fail', domain: 'sender.example' },
	});
});

test('a forged field below the real one is not looked at, same name or not', () => {
	expect(authenticationOf([REAL, FORGED], TRUSTED)?.dmarc?.result).toBe('fail');
	expect(
		authenticationOf(['mx.google.com; dmarc=pass header.from=bank.example', REAL], TRUSTED)?.dmarc?.result,
	).toBe('fail');
});

test.each<[string, string[], string[]]>([
	['nobody is trusted', [FORGED], []],
	['blank names', [FORGED], ['', ' ']],
	['others only', [FORGED], ['mx.other.example']],
	['no field', [], TRUSTED],
	['a server whose name only begins so', ['mx.receiver.example.evil.example; dmarc=pass'], TRUSTED],
])('%s: null', (_why, fields, trusted) => {
	expect(authenticationOf(fields, trusted)).toBeNull();
});

test('a trusted server that found nothing says so', () => {
	expect(authenticationOf(['mx.receiver.example 1; none'], TRUSTED)).toEqual({
		server: 'mx.receiver.example',
		dkim: [],
		spf: null,
		dmarc: null,
	});
});

test('several signatures are all told, within a limit', () => {
	const field = `mx.receiver.example; ${Array.from({ length: 500 }, (_, i) => `dkim=pass header.d=d${i}.example`).join('; ')}`;
	expect(authenticationOf([field], TRUSTED)?.dkim).toHaveLength(20);
});

test('a property inside quotes is none', () => {
	const field = 'mx.receiver.example; dkim=pass header.i="x header.d=bank.example"@evil.example';
	expect(authenticationOf([field], TRUSTED)?.dkim).toEqual([{ result: 'pass', domain: 'evil.example' }]);
});

describe('Microsoft 365, which does not write its name', () => {
	const field =
		'spf=pass (sender IP is 192.0.2.7) smtp.mailfrom=sender.example; dkim=pass (signature was verified) header.d=sender.example;dmarc=pass action=none header.from=sender.example;compauth=pass reason=100';

	test('counts when it is trusted by the name of its servers', () => {
		expect(authenticationOf([field], ['protection.outlook.com'])).toEqual({
			server: 'protection.outlook.com',
			dkim: [{ result: 'pass', domain: 'sender.example' }],
			spf: { result: 'pass', domain: 'sender.example' },
			dmarc: { result: 'pass', domain: 'sender.example' },
		});
	});

	test('does not count else', () => {
		expect(authenticationOf([field], TRUSTED)).toBeNull();
		expect(authenticationOf([field, REAL], TRUSTED)?.server).toBe('mx.receiver.example');
	});
});

test('results inside comments and quotes are none', () => {
	const field =
		'mx.receiver.example; spf=fail (dmarc=pass; dkim=pass) smtp.mailfrom="a;dmarc=pass"@x.example';
	expect(authenticationOf([field], TRUSTED)).toMatchObject({
		dkim: [],
		dmarc: null,
		spf: { result: 'fail' },
	});
});
