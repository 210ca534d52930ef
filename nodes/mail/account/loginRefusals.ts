/** What servers say instead of letting us in, other than that the password is wrong. The first that fits wins. */
import { also } from './passwordRefusals';
import type { DiagnosisRow } from './refusals';

export const LOGIN_REFUSALS: readonly DiagnosisRow[] = [
	{
		id: 'app-password-needed',
		class: 'credentials',
		cause: '{provider} refused the password, because it accepts only an app password from programs.',
		nextStep: '{password advice}',
		providerPage: true,
		when: [
			{
				text: /application.specific password|InvalidSecondFactor|NEOBHODIM parol|app(lication)? password is required/i,
			},
			{ enhancedCode: ['5.7.9'], text: /password/i },
		],
	},
	{
		id: 'exmail-login-refused',
		class: 'credentials',
		cause:
			'{provider} refused the login. "System busy" is part of its answer to a wrong client password and to a service that is off, not a sign of load.',
		nextStep:
			'Check that the administrator allows IMAP/SMTP for you and that the service is on in your mailbox settings, then generate a new client password and paste it here.',
		providerPage: true,
		when: [
			{ text: /authentication failed, system busy/i },
			{ provider: ['exmail'], text: /account is abnormal, service is not open/i },
		],
	},
	{
		id: 'qq-login-refused',
		class: 'credentials',
		cause:
			'{provider} refused the login with one answer for several reasons: the IMAP/SMTP service is off, the authorisation code is wrong or void, or there were too many logins.',
		nextStep:
			'Check in the web settings that the service is on, generate a new authorisation code and paste it here; then wait 15 minutes.',
		url: 'https://service.mail.qq.com/cgi-bin/help?subtype=1&id=28&no=1001256',
		when: [{ text: /account is abnormal, service is not open/i }],
	},
	{
		id: 'authorisation-code-needed',
		class: 'credentials',
		cause: '{provider} refused the password, because it accepts only an authorisation code from programs.',
		nextStep: '{password advice}',
		providerPage: true,
		when: [
			{ text: /authorization code|ERR\.LOGIN\.REQCODE|授权码/i },
			// In GBK the words are lost, but not the page about the codes.
			{ text: /service\.mail\.qq\.com\S+no=1001256/i },
		],
	},
	{
		id: 'credentials-or-imap-disabled',
		class: 'credentials',
		cause:
			'{provider} refused the login: the app password is wrong, or mail programs are not allowed in the settings.',
		nextStep: '{password advice}',
		providerPage: true,
		when: [{ text: /invalid credentials or IMAP is disabled/i }],
	},
	{
		id: 'imap-disabled',
		class: 'configuration',
		cause:
			'Gmail did not even look at the password, because access by IMAP is switched off for this mailbox.',
		nextStep:
			'Switch on IMAP in Gmail under Settings > Forwarding and POP/IMAP; in a company, the administrator may have to allow it first.',
		url: 'https://support.google.com/mail/answer/7126229',
		when: [{ side: 'imap', text: /not enabled for IMAP use|IMAP access is disabled for your domain/i }],
	},
	{
		id: 'imap-disabled',
		class: 'configuration',
		cause:
			'{provider} did not even look at the password, because access by IMAP is switched off for this mailbox.',
		nextStep:
			'Switch on IMAP in the web settings of the mailbox; in a company, the administrator may have to allow it first.',
		providerPage: true,
		when: [
			{
				side: 'imap',
				text: /yet to enable IMAP|IMAP.{0,15}\b(is )?(disabled|not enabled|turned off|not allowed)/i,
			},
		],
	},
	{
		id: 'client-access-disabled',
		class: 'configuration',
		cause: '{provider} does not let mail programs use this mailbox.',
		nextStep: 'Allow mail programs in the web settings of the mailbox. {password advice}',
		providerPage: true,
		when: [
			{ text: /does not have access rights to this service/i },
			{ text: /\bUser has no permission/i },
			// The same in Chinese, of which GBK leaves only the code.
			{ provider: ['netease163', 'netease126'], code: ['EAUTH'], responseCode: ['550'] },
		],
	},
	{
		id: 'smtp-auth-disabled',
		class: 'configuration',
		cause:
			'Microsoft 365 does not let programs send from this mailbox: Authenticated SMTP is switched off for it or for the whole organisation.',
		nextStep:
			'Ask the administrator to allow Authenticated SMTP for this mailbox (admin centre > Users > Mail > Manage email apps).',
		url: 'https://aka.ms/smtp_auth_disabled',
		when: [{ text: /SmtpClientAuthentication is disabled/i }],
	},
	{
		id: 'account-locked',
		class: 'credentials',
		cause: '{provider} has locked this account.',
		nextStep:
			'Sign in on the web and follow the instructions there, or ask the administrator to unlock it. Stop the workflow until then: every try prolongs the lock.',
		when: also([{ side: 'imap' }, { responseCode: ['53'] }, { code: ['EAUTH'] }], {
			text: /account (is |has been )?(temporarily )?(locked|suspended|blocked|deactivated)|user is blocked/i,
		}),
	},
	{
		id: 'login-policy',
		class: 'credentials',
		cause:
			'The rules of the organisation at Microsoft forbid this login, although the password may be right.',
		nextStep:
			'Ask the administrator which rule it is: security defaults, conditional access or Authenticated SMTP. Signing in with OAuth2 mostly satisfies them.',
		providerPage: true,
		when: [{ text: /did not meet the criteria to be authenticated/i }],
	},
	{
		id: 'password-login-blocked',
		class: 'configuration',
		cause: '{provider} no longer accepts a user name and password from programs.',
		nextStep: 'Use an account type that signs in with OAuth2.',
		url: 'https://learn.microsoft.com/en-us/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth',
		when: [
			{ text: /basic auth\w* is (disabled|not supported)|BasicAuthBlocked/i },
			{ enhancedCode: ['5.7.30'] },
			...also(
				[
					{ side: 'imap', text: /(LOGIN|AUTHENTICATE) failed/i },
					{ responseCode: ['535'], enhancedCode: ['5.7.3'] },
				],
				{
					provider: ['outlook', 'microsoft365'],
					login: ['password'],
				},
			),
		],
	},
	{
		id: 'web-login-required',
		class: 'credentials',
		cause: '{provider} found this login suspicious and wants to see you in a browser first.',
		nextStep: 'Sign in on the web, confirm that it was you, and try again. {password advice}',
		providerPage: true,
		when: [
			{ text: /web login required|log in (via|with|through) your web browser|prove you are not a robot/i },
			{ responseCode: ['WEBALERT'] },
			{ responseCode: ['534'], enhancedCode: ['5.7.14'] },
		],
	},
	{
		// Not the password: retrying soon would only add to the sessions that may have caused it.
		id: 'authenticated-not-connected',
		class: 'limit',
		cause:
			'Microsoft accepted the login, but did not open the mailbox: too many sessions at once, IMAP off for the mailbox, or a user name that is not its main address.',
		nextStep:
			'Close other programs that use the mailbox and wait some minutes. If it stays, check that IMAP is allowed for it and that the user name is its main address; an application (OAuth2 without a user) needs FullAccess to the mailbox.',
		when: [{ text: /authenticated but not connected/i }],
	},
	{
		id: 'unsafe-login',
		class: 'configuration',
		cause: '{provider} let us in, but blocks the mailbox because it holds this login to be unsafe.',
		nextStep:
			'Sign in on the web, confirm the security check, and generate a new authorisation code. If it stays, write to kefu@188.com, as the server says.',
		when: [{ text: /unsafe login/i }],
	},
	{
		id: 'too-many-login-attempts',
		class: 'limit',
		cause:
			'{provider} refuses more logins for a while, because there were too many, mostly with a wrong password.',
		nextStep: 'Put the password right first, then wait an hour. {password advice}',
		providerPage: true,
		when: [
			{
				text: /too many (bad |failed |invalid )*(log-?in|auth\w*) (attempts|failures)|login frequency|auth error limit/i,
			},
		],
	},
	{
		id: 'throttled',
		class: 'throttled',
		cause: '{provider} asks us to slow down: this account made too many requests or moved too much data.',
		nextStep: 'Wait some minutes before the next attempt. If it happens often, poll less or spread the work.',
		when: [
			{ code: ['ETHROTTLE'] },
			{
				text: /throttl|bandwidth limit|rate limit|too many (messages|requests|commands)/i,
			},
		],
	},
	{
		id: 'too-many-connections',
		class: 'limit',
		cause: '{provider} allows only a limited number of connections at a time, and all are taken.',
		nextStep:
			'A new attempt after some minutes helps. Close other mail programs for this mailbox, or let fewer workflows use it at once.',
		when: [
			{ side: 'imap', responseCode: ['LIMIT'] },
			{
				text: /too many (simultaneous |concurrent |open |smtp |imap )*(connections|sessions)|(maximum|max) (number of )?(\w+ )?connections|connections? limit exceeded/i,
			},
			{ responseCode: ['432'] },
		],
	},
	{
		id: 'encryption-required',
		class: 'configuration',
		cause: '{provider} takes no password over an unencrypted connection.',
		nextStep: 'Set the security in the credential to TLS or STARTTLS. {port advice}',
		when: [
			{ side: 'imap', responseCode: ['PRIVACYREQUIRED'] },
			{ side: 'smtp', responseCode: ['538'] },
			{
				text: /issue a STARTTLS|plaintext auth\w* (is )?disallowed|encryption required|LOGINDISABLED|login is disabled|only allowed .{0,10}(ssl|tls)|without (ssl|tls|encryption)/i,
			},
		],
	},
	{
		id: 'password-expired',
		class: 'credentials',
		cause: 'The password has expired.',
		nextStep: 'Set a new one with {provider}, then enter it here.',
		providerPage: true,
		when: [{ side: 'imap', responseCode: ['EXPIRED'] }, { text: /password (has )?expired/i }],
	},
	{
		id: 'ask-administrator',
		class: 'credentials',
		cause: '{provider} let the password pass, but not this user.',
		nextStep:
			'Ask the administrator of the mail server: access is refused on purpose, or the account needs attention.',
		when: [{ side: 'imap', responseCode: ['CONTACTADMIN', 'AUTHORIZATIONFAILED'] }],
	},
	{
		id: 'server-unavailable',
		class: 'transient',
		cause: '{provider} has a problem of its own at the moment.',
		nextStep: 'Nothing has to be changed; a new attempt in a few minutes mostly works.',
		when: [
			{ side: 'imap', responseCode: ['UNAVAILABLE', 'INUSE', 'SERVERBUG'] },
			{ side: 'smtp', responseCode: ['421'] },
			// Postfix as it comes refuses to relay with 454 as well.
			{ side: 'smtp', responseCode: ['454'], text: /^(?!.*relay)/i },
			{ code: ['EAUTH'], responseCode: ['4'] },
			{
				text: /temporary (authentication|auth\w*|login|system|server) (failure|problem|error)|internal (server )?error|account is temporarily unavailable/i,
			},
		],
	},
	{
		id: 'login-needed',
		class: 'configuration',
		cause:
			'{provider} sends only for users who log in, and no user name and password were given or accepted.',
		nextStep: 'Fill in user and password in the credential.',
		when: [
			{ side: 'smtp', responseCode: ['530'] },
			{ side: 'smtp', enhancedCode: ['5.7.57'] },
			{ code: ['ENOAUTH'] },
		],
	},
	{
		id: 'login-not-offered',
		class: 'configuration',
		cause: '{server} offers no login with user name and password.',
		nextStep:
			'Check host and port. {port advice} Port 25 is for mail between servers and mostly takes no login; an own server may need its login switched on for encrypted connections.',
		when: [{ side: 'smtp', responseCode: ['502', '503', '504'], text: /auth/i }],
	},
];
