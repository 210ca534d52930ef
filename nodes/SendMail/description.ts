/** Send Mail's parameters as the editor shows them. */
import type { INodeProperties } from 'n8n-workflow';
import { authenticationProperty, SMTP_ACCOUNT_TYPES } from '../bridge/authentication';
import { OPERATIONS } from './operations';

export const properties: INodeProperties[] = [
	authenticationProperty(SMTP_ACCOUNT_TYPES),
	{
		displayName: 'Resource',
		name: 'resource',
		type: 'hidden',
		noDataExpression: true,
		default: 'email',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		options: OPERATIONS.map(({ option }) => option),
		default: 'send',
	},
	...OPERATIONS.flatMap(({ option, properties }) =>
		properties.map((property) => shownFor(option.value, property)),
	),
];

function shownFor(operation: string, property: INodeProperties): INodeProperties {
	const show = { ...property.displayOptions?.show, operation: [operation] };
	return { ...property, displayOptions: { ...property.displayOptions, show } };
}
