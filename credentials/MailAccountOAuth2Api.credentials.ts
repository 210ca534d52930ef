import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';
import { ALL_PROVIDERS, mailAccountFields } from './mailAccountFields';

/** A mailbox at any other provider that lets programs sign in with OAuth2. */
export class MailAccountOAuth2Api implements ICredentialType {
	name = 'mailAccountOAuth2Api';

	displayName = 'Mail Account (Other OAuth2)';

	icon: Icon = { light: 'file:mailAccount.svg', dark: 'file:mailAccount.dark.svg' };

	documentationUrl =
		'https://github.com/n8n-nodes-mailroom/n8n-nodes-mailroom/blob/main/docs/accounts.md#other-providers-by-oauth2';

	extends = ['oAuth2Api'];

	properties: INodeProperties[] = [
		{
			displayName: 'Scope',
			name: 'scope',
			type: 'hidden',
			// n8n forgets a scope of its own field when an account is connected again.
			default: '={{ $self["mailScope"] }}',
		},
		{
			displayName: 'Mail Scope',
			name: 'mailScope',
			type: 'string',
			default: '',
			placeholder: 'https://mail.example.com/imap offline_access',
			description: 'Permissions to ask for, separated by spaces; the provider names them',
		},
		...mailAccountFields({ providers: ALL_PROVIDERS, login: 'oauth2', fields: [] }),
	];
}
