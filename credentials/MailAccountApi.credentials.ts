import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';
import { ALL_PROVIDERS, mailAccountFields } from './mailAccountFields';

/** One mail account for sending and receiving, with a password or app password. */
export class MailAccountApi implements ICredentialType {
	name = 'mailAccountApi';

	displayName = 'Mail Account';

	icon: Icon = { light: 'file:mailAccount.svg', dark: 'file:mailAccount.dark.svg' };

	documentationUrl = 'https://github.com/n8n-nodes-mailroom/n8n-nodes-mailroom/blob/main/docs/accounts.md';

	properties: INodeProperties[] = mailAccountFields({
		providers: ALL_PROVIDERS,
		login: 'password',
		fields: [
			{
				displayName: 'Password',
				name: 'password',
				type: 'string',
				typeOptions: { password: true },
				default: '',
				description: 'Password or app password; many providers accept only an app password here',
			},
		],
	});
}
