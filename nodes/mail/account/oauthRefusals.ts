/** What goes wrong with OAuth2: no token is to be had, or the mail server does not take it. The first that fits wins. */
import { also, BAD_LOGIN } from './passwordRefusals';
import type { DiagnosisRow } from './refusals';

/** Code of every failure to get a token, whatever the provider of the login said. */
export const NO_TOKEN = 'NO_TOKEN';

const CREDENTIAL = 'Open the credential';
const MICROSOFT_PAGE =
	'https://learn.microsoft.com/en-us/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth';
const MICROSOFT_CODES = 'https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes';

const noToken = { code: [NO_TOKEN] };

/** Before any mail server is asked. These come first of all, since the words may speak of networks and certificates too. */
export const TOKEN_REFUSALS: readonly DiagnosisRow[] = [
	{
		id: 'oauth-not-connected',
		class: 'credentials',
		cause: 'This account has not been connected yet, so there is no permission to log in with.',
		nextStep: `${CREDENTIAL}, click the button that signs in, and allow access to the mail.`,
		when: [{ ...noToken, text: /not connected/i }],
	},
	{
		id: 'oauth-client-secret-expired',
		class: 'configuration',
		cause: 'The client secret of the app registration has expired.',
		nextStep: `Create a new secret under Certificates & secrets in Microsoft Entra, and paste its value. ${CREDENTIAL} for that.`,
		url: MICROSOFT_CODES,
		when: [{ ...noToken, text: /AADSTS7000222/ }],
	},
	{
		id: 'oauth-tenant-wrong',
		class: 'configuration',
		cause:
			'The sign-in addresses do not suit the app: the tenant does not exist or is not the one of the app.',
		nextStep: `${CREDENTIAL} and put the tenant ID in place of "common" in Authorization URL and Access Token URL.`,
		url: MICROSOFT_CODES,
		when: [{ ...noToken, text: /AADSTS(90002|900023|50194|50020|500011|700016|7000229)\b/ }],
	},
	{
		id: 'oauth-client-wrong',
		class: 'configuration',
		cause: 'The provider does not know this client ID, or its secret is wrong.',
		nextStep: `${CREDENTIAL} and compare Client ID and Client Secret with the provider's console; with Microsoft it is the secret's value, not its ID.`,
		when: [
			{ ...noToken, oauthError: ['invalid_client'] },
			{ ...noToken, text: /AADSTS(7000215|7000218|700027)|invalid_client|client authentication failed/i },
		],
	},
	{
		id: 'oauth-consent-missing',
		class: 'credentials',
		cause:
			'Nobody has allowed the app to use the mail: the consent of the user or of the administrator is missing.',
		nextStep: `Let the administrator grant consent for the mail permissions of the app. Then: ${CREDENTIAL.toLowerCase()} and sign in again.`,
		when: [
			{
				...noToken,
				oauthError: ['consent_required', 'access_denied', 'admin_policy_enforced', 'org_internal'],
			},
			{ ...noToken, text: /AADSTS(65001|65004|90094|90097|500113)\b|consent_required|admin_policy_enforced/ },
		],
	},
	{
		id: 'oauth-sign-in-needed',
		class: 'credentials',
		cause:
			'The provider wants to see the person again: a second factor, a new device rule or a changed password.',
		nextStep: `Reconnect the account: ${CREDENTIAL.toLowerCase()} and sign in again.`,
		when: [
			{ ...noToken, oauthError: ['interaction_required', 'login_required'] },
			{ ...noToken, text: /AADSTS(50076|50078|50079|50158|53003|50058)\b|interaction_required|invalid_rapt/ },
		],
	},
	{
		id: 'oauth-refresh-token-missing',
		class: 'credentials',
		cause: 'The access has run out, and the provider gave nothing to renew it with (no refresh token).',
		nextStep: `Ask for offline access (scope "offline_access", or access_type=offline), then reconnect the account: ${CREDENTIAL.toLowerCase()} and sign in again.`,
		when: [{ ...noToken, text: /no refresh token/i }],
	},
	{
		id: 'oauth-reconnect',
		class: 'credentials',
		cause:
			'Google no longer honours the permission for this account: it was revoked or the password changed, or it ran out, which it does after 7 days while the app is in testing.',
		nextStep: `Reconnect the account: ${CREDENTIAL.toLowerCase()} and sign in again. If it ends every 7 days, publish the app (Google Cloud console > Google Auth Platform > Audience).`,
		url: 'https://developers.google.com/identity/protocols/oauth2#expiration',
		when: [
			{ ...noToken, provider: ['gmail'], oauthError: ['invalid_grant'] },
			{ ...noToken, provider: ['gmail'], text: /needs to be reconnected|invalid_grant/i },
		],
	},
	{
		id: 'oauth-reconnect',
		class: 'credentials',
		cause:
			'The permission to use this account is no longer good: it was revoked, ran out, or the password was changed.',
		nextStep: `Reconnect the account: ${CREDENTIAL.toLowerCase()} and sign in again.`,
		when: [
			{ ...noToken, oauthError: ['invalid_grant'] },
			{
				...noToken,
				text: /needs to be reconnected|invalid_grant|AADSTS(700082|700084|70008|50173|70043)\b/i,
			},
		],
	},
	{
		id: 'oauth-scope-unknown',
		class: 'configuration',
		cause: 'The provider does not give the permissions that were asked for (scope).',
		nextStep: `${CREDENTIAL} and check the scope; for an application without a user, Microsoft wants https://outlook.office365.com/.default.`,
		when: [
			{ ...noToken, oauthError: ['invalid_scope'] },
			{ ...noToken, text: /AADSTS(70011|28000|1002012)\b|invalid_scope/ },
		],
	},
	{
		id: 'oauth-grant-not-allowed',
		class: 'configuration',
		cause: 'The provider does not allow this app to sign in in this way.',
		nextStep: `${CREDENTIAL} and choose another grant type, or allow this one for the app at the provider.`,
		when: [{ ...noToken, oauthError: ['unauthorized_client', 'unsupported_grant_type'] }],
	},
	{
		id: 'oauth-request-refused',
		class: 'configuration',
		cause:
			'The provider did not understand the request for a token, so something in the credential is not as it expects.',
		nextStep: `${CREDENTIAL} and compare the addresses, the client and the way it authenticates (body or header) with the provider's page.`,
		when: [
			{ ...noToken, oauthError: ['invalid_request', 'invalid_target'] },
			{
				...noToken,
				text: /HTTP status 4(?!08|25|29)\d\d|Expected JSON response|Expected "\w+" to exist|Invalid URL/i,
			},
		],
	},
	{
		id: 'oauth-provider-unavailable',
		class: 'transient',
		cause: 'The provider that issues the tokens could not be reached, or had a problem of its own.',
		nextStep:
			'A new attempt in a few minutes mostly works. If not, check the Access Token URL and the network.',
		when: [noToken],
	},
];

const token = { login: ['token'] } as const;

/** The mail server refused the token. After the refusals that name another reason. */
export const OAUTH_REFUSALS: readonly DiagnosisRow[] = [
	{
		id: 'oauth-not-offered',
		class: 'configuration',
		cause: '{server} takes no login with OAuth2 (neither XOAUTH2 nor OAUTHBEARER).',
		nextStep: 'Check the host, or use an account type with a password.',
		when: [{ ...token, text: /Unsupported authentication mechanism|No matching authentication method/ }],
	},
	{
		id: 'oauth-wrong-audience',
		class: 'credentials',
		cause: 'The token is for another service of Microsoft, mostly Graph, not for mail over IMAP and SMTP.',
		nextStep: `${CREDENTIAL}, remove every scope that does not begin with https://outlook.office.com/, and sign in again.`,
		url: MICROSOFT_PAGE,
		when: also(BAD_LOGIN, { ...token, tokenFault: ['wrong-audience'] }),
	},
	{
		id: 'oauth-scope-missing',
		class: 'credentials',
		cause: 'The token does not allow mail over {protocol}: the permission (scope) for it is missing.',
		nextStep: `Add it to the app (Microsoft: IMAP.AccessAsUser.All and SMTP.Send, or for an application IMAP.AccessAsApp and SMTP.SendAsApp; Google: https://mail.google.com/). Then reconnect the account: ${CREDENTIAL.toLowerCase()} and sign in again.`,
		providerPage: true,
		when: [
			...also(BAD_LOGIN, { ...token, tokenFault: ['scope-missing'] }),
			{ ...token, oauthError: ['insufficient_scope'] },
		],
	},
	{
		id: 'oauth-token-expired',
		class: 'credentials',
		cause: 'The token has run out and was not renewed.',
		nextStep: `Reconnect the account: ${CREDENTIAL.toLowerCase()} and sign in again.`,
		when: also(BAD_LOGIN, { ...token, tokenFault: ['expired'] }),
	},
	{
		id: 'oauth-mailbox-refused',
		class: 'credentials',
		cause:
			'Microsoft issued a token just now, but does not open this mailbox for it: the user name is not its main address, {protocol} is off for it, or it belongs to somebody else who has not shared it.',
		nextStep:
			'Check the user name (and the shared mailbox), and that the mailbox allows {protocol}. For an application: register its service principal in Exchange Online and give it FullAccess to the mailbox.',
		url: MICROSOFT_PAGE,
		when: also(BAD_LOGIN, { ...token, tokenFault: ['fresh'], provider: ['outlook', 'microsoft365'] }),
	},
	{
		id: 'oauth-refused-though-new',
		class: 'credentials',
		cause:
			'{provider} refused a token that was issued just now: it belongs to another user, does not allow {protocol}, or {protocol} is off for the mailbox.',
		nextStep: `Check the user name and the scope. Then reconnect the account: ${CREDENTIAL.toLowerCase()} and sign in again.`,
		providerPage: true,
		when: also(BAD_LOGIN, { ...token, tokenFault: ['fresh'] }),
	},
	{
		id: 'oauth-refused',
		class: 'credentials',
		cause: '{provider} did not accept the token: it ran out, was revoked, or belongs to another user.',
		nextStep: `Reconnect the account: ${CREDENTIAL.toLowerCase()} and sign in again. The user name has to be the address of the mailbox.`,
		providerPage: true,
		when: [
			...also(BAD_LOGIN, token),
			{ ...token, oauthError: ['invalid_token', 'invalid_request', '400', '401'] },
		],
	},
];
