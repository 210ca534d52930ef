/** Logins refused without a word about the reason: what the provider accepts as a password tells the likely one. */
import type { DiagnosisRow, Pattern } from './refusals';

/** A refused login without a reason; imapflow marks every refusal as a failed login, so only codes and words count. */
export const BAD_LOGIN: readonly Pattern[] = [
	{ side: 'imap', responseCode: ['AUTHENTICATIONFAILED'] },
	{
		side: 'imap',
		text: /\b(login|log-?on|authenticat\w+)\b.{0,20}\b(fail\w*|error|incorrect|invalid|denied|rejected)|invalid (credentials|login|user|password)|(bad|wrong|incorrect) (user\s?name|password|login|credentials)|password (error|is (incorrect|invalid))|ERR\.LOGIN\.PASSERR/i,
	},
	{ side: 'smtp', responseCode: ['535', '534', '526'] },
	{ side: 'smtp', enhancedCode: ['5.7.8'] },
	{ side: 'smtp', code: ['EAUTH'] },
];

/** Adds a condition to each of several patterns. */
export const also = (patterns: readonly Pattern[], more: Pattern): Pattern[] =>
	patterns.map((pattern) => ({ ...pattern, ...more }));

export const PASSWORD_REFUSALS: readonly DiagnosisRow[] = [
	{
		id: 'app-password-needed',
		class: 'credentials',
		cause:
			'{provider} refused user name or password. It accepts only an app password from programs, not the password you use in the browser.',
		nextStep: '{password advice}',
		providerPage: true,
		when: also(BAD_LOGIN, { provider: ['gmail', 'yahoo', 'icloud', 'fastmail', 'yandex', 'mailru'] }),
	},
	{
		id: 'authorisation-code-needed',
		class: 'credentials',
		cause:
			'{provider} refused user name or password. It accepts only an authorisation code from programs, not the password you use in the browser.',
		nextStep: '{password advice}',
		providerPage: true,
		when: also(BAD_LOGIN, { provider: ['qq', 'exmail', 'netease163', 'netease126'] }),
	},
	{
		id: 'bridge-password-needed',
		class: 'credentials',
		cause:
			'Proton Mail Bridge refused user name or password. It wants its own password, not the one of the Proton account.',
		nextStep: '{password advice}',
		providerPage: true,
		when: also(BAD_LOGIN, { provider: ['protonBridge'] }),
	},
	{
		id: 'wrong-password',
		class: 'credentials',
		cause: '{provider} refused user name or password.',
		nextStep: '{password advice}',
		providerPage: true,
		when: BAD_LOGIN,
	},
];
