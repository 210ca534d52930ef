import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';
import { mailAccountFields } from './mailAccountFields';

/** Delegated permissions of Exchange Online, and one to renew them. */
const USER_SCOPE =
	'https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access';
/** An application gets what an administrator has granted. */
const APPLICATION_SCOPE = 'https://outlook.office365.com/.default';

const TENANT_HINT = 'Put your tenant ID in place of "common" if the app is for one organization only';
const AS_USER = { show: { grantType: ['authorizationCode'] } };

/** A mailbox at Microsoft that is opened by signing in (OAuth2), or by an application on its own. */
export class MailAccountMicrosoftOAuth2Api implements ICredentialType {
	name = 'mailAccountMicrosoftOAuth2Api';

	displayName = 'Mail Account (Microsoft)';

	icon: Icon = { light: 'file:mailAccount.svg', dark: 'file:mailAccount.dark.svg' };

	documentationUrl =
		'https://github.com/n8n-nodes-mailroom/n8n-nodes-mailroom/blob/main/docs/accounts.md#microsoft-by-oauth2';

	extends = ['microsoftOAuth2Api'];

	properties: INodeProperties[] = [
		{
			displayName: 'Sign In As',
			name: 'grantType',
			type: 'options',
			options: [
				{
					name: 'User',
					value: 'authorizationCode',
					description: 'Somebody signs in once, in the browser',
				},
				{
					name: 'Application',
					value: 'clientCredentials',
					description:
						'Nobody signs in; an administrator has given the app access to the mailbox (Microsoft 365 only)',
				},
			],
			default: 'authorizationCode',
			description: 'Who opens the mailbox',
		},
		{
			displayName: 'Authorization URL',
			name: 'authUrl',
			type: 'string',
			default: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
			hint: TENANT_HINT,
			displayOptions: AS_USER,
		},
		{
			displayName: 'Access Token URL',
			name: 'accessTokenUrl',
			type: 'string',
			default: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
			hint: TENANT_HINT,
		},
		{
			displayName: 'Send Additional Body Properties',
			name: 'sendAdditionalBodyProperties',
			type: 'hidden',
			default: false,
		},
		{
			displayName:
				'Put your tenant ID in place of "common" in the address. The app needs the permissions IMAP.AccessAsApp and SMTP.SendAsApp with the consent of an administrator, and FullAccess to the mailbox in Exchange Online.',
			name: 'applicationNotice',
			type: 'notice',
			default: '',
			displayOptions: { show: { grantType: ['clientCredentials'] } },
		},
		{
			displayName: 'Scope',
			name: 'scope',
			type: 'hidden',
			default: `={{ $self["mailScope"] || ($self["grantType"] === "clientCredentials" ? "${APPLICATION_SCOPE}" : "${USER_SCOPE}") }}`,
		},
		{
			displayName: 'Microsoft Graph API Base URL',
			name: 'graphApiBaseUrl',
			type: 'hidden',
			default: 'https://graph.microsoft.com',
		},
		...mailAccountFields({
			providers: ['microsoft365', 'outlook', 'custom'],
			login: 'oauth2',
			fields: [
				{
					displayName: 'Shared Mailbox',
					name: 'sharedMailbox',
					type: 'string',
					default: '',
					placeholder: 'info@example.com',
					description:
						'Address of a mailbox that the user may open, if it is not the user’s own. It is also the sender then.',
					displayOptions: AS_USER,
				},
				{
					displayName: 'Mail Scope',
					name: 'mailScope',
					type: 'string',
					default: '',
					placeholder: 'https://partner.outlook.cn/IMAP.AccessAsUser.All offline_access',
					description: 'Permissions to ask for; only national clouds need others than the usual ones',
					displayOptions: { show: { provider: ['custom'] } },
				},
			],
		}),
	];
}
