/** The node's parameters as the editor shows them. */
import type { INodeProperties } from 'n8n-workflow';
import { authenticationProperty, IMAP_ACCOUNT_TYPES } from '../bridge/authentication';
import { RESOURCES, type Resource } from './operations';

export const properties: INodeProperties[] = [
	authenticationProperty(IMAP_ACCOUNT_TYPES),
	{
		displayName: 'Resource',
		name: 'resource',
		type: 'options',
		noDataExpression: true,
		options: RESOURCES.map(({ option }) => option),
		default: 'message',
	},
	...RESOURCES.flatMap(propertiesOf),
];

function propertiesOf(resource: Resource): INodeProperties[] {
	const { option, operations } = resource;
	const operation: INodeProperties = {
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		options: operations.map((one) => one.option),
		default: resource.default,
		displayOptions: { show: { resource: [option.value] } },
	};
	// A property that several operations have is written once.
	const users = new Map<INodeProperties, string[]>();
	for (const { option: user, properties } of operations) {
		for (const property of properties) users.set(property, [...(users.get(property) ?? []), user.value]);
	}
	const fields = [...users].map(([property, values]) => shownFor(option.value, values, property));
	return [operation, ...fields];
}

function shownFor(resource: string, operations: string[], property: INodeProperties): INodeProperties {
	const show = { ...property.displayOptions?.show, resource: [resource], operation: operations };
	return { ...property, displayOptions: { ...property.displayOptions, show } };
}
