import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';
import { mailAccountFields } from './mailAccountFields';

/** A mailbox at Google that is opened by signing in (OAuth2) instead of by a password. */
export class MailAccountGoogleOAuth2Api implements ICredentialType {
	name = 'mailAccountGoogleOAuth2Api';

	displayName = 'Mail Account (Google)';

	icon: Icon = { light: 'file:mailAccount.svg', dark: 'file:mailAccount.dark.svg' };

	documentationUrl =
		'https://github.com/n8n-nodes-mailroom/n8n-nodes-mailroom/blob/main/docs/accounts.md#google-by-oauth2';

	extends = ['googleOAuth2Api'];

	properties: INodeProperties[] = [
		{
			displayName: 'Scope',
			name: 'scope',
			type: 'hidden',
			default: 'https://mail.google.com/',
		},
		...mailAccountFields({ providers: ['gmail'], login: 'oauth2', fields: [] }),
	];
}
