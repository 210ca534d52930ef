/** n8n's own OAuth2 credential types, as far as types that extend them depend on their fields (n8n-nodes-base 2.41). */
import type { ICredentialType, INodeProperties } from 'n8n-workflow';

const field = (name: string, value = '', more: Partial<INodeProperties> = {}): INodeProperties => ({
	displayName: name,
	name,
	type: 'string',
	default: value,
	...more,
});
const hidden = (name: string, value = ''): INodeProperties => field(name, value, { type: 'hidden' });
const choice = (name: string, values: string[]): INodeProperties =>
	field(name, values[0] ?? '', {
		type: 'options',
		options: values.map((value) => ({ name: value, value })),
	});

/** Hidden fields of these names always have their default, whatever is stored (credentials-helper.js, OAUTH_PINNED_FIELDS). */
export const PINNED_FIELDS = ['authUrl', 'accessTokenUrl', 'grantType', 'authentication', 'usePkce'];

export const OAUTH_TYPES: ICredentialType[] = [
	{
		name: 'oAuth2Api',
		displayName: 'OAuth2 API',
		properties: [
			choice('grantType', ['authorizationCode', 'clientCredentials', 'pkce']),
			field('authUrl', '', { displayOptions: { show: { grantType: ['authorizationCode', 'pkce'] } } }),
			field('accessTokenUrl'),
			field('clientId'),
			hidden('clientCredentialType', 'clientSecret'),
			field('clientSecret', '', { typeOptions: { password: true } }),
			field('scope'),
			field('authQueryParameters'),
			choice('authentication', ['header', 'body']),
		],
	},
	{
		name: 'googleOAuth2Api',
		displayName: 'Google OAuth2 API',
		extends: ['oAuth2Api'],
		properties: [
			hidden('grantType', 'authorizationCode'),
			hidden('authUrl', 'https://accounts.google.com/o/oauth2/v2/auth'),
			hidden('accessTokenUrl', 'https://oauth2.googleapis.com/token'),
			hidden('authQueryParameters', 'access_type=offline&prompt=consent'),
			hidden('authentication', 'body'),
		],
	},
	{
		name: 'microsoftOAuth2Api',
		displayName: 'Microsoft OAuth2 API',
		extends: ['oAuth2Api'],
		properties: [
			hidden('grantType', 'authorizationCode'),
			field('authUrl', 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize'),
			field('accessTokenUrl', 'https://login.microsoftonline.com/common/oauth2/v2.0/token'),
			hidden('authQueryParameters', 'response_mode=query&prompt=select_account'),
			hidden('authentication', 'body'),
		],
	},
];
