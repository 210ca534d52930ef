/** Credentials as n8n's CredentialsHelper handles them: encrypted at rest, defaults and expressions resolved on use. */
import type {
	ICredentialDataDecryptedObject,
	ICredentialTestFunctions,
	IExecuteData,
	IHttpRequestOptions,
	INode,
	INodeCredentialsDetails,
	INodeCredentialTestResult,
	INodeProperties,
	IWorkflowExecuteAdditionalData,
	ICredentialsExpressionResolveValues,
	INodeTypes,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import { ICredentialsHelper, NodeHelpers, Workflow } from 'n8n-workflow';
import type { NodeTypes } from './nodeTypes';
import { PINNED_FIELDS } from './oauthTypes';
import type { Runtime } from './runtime';
import type { Store } from './store';

/** n8n evaluates credential expressions of a trigger in the frame of this node. */
const FRAME: INode = {
	id: 'credentials',
	name: '',
	type: 'n8n-nodes-base.noOp',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};

export class CredentialsHelper extends ICredentialsHelper {
	constructor(
		private readonly runtime: Runtime,
		private readonly store: Store,
		private readonly nodeTypes: NodeTypes,
	) {
		super();
	}

	/** Encrypts and stores; `id` is new or that of an existing credential. */
	async save(id: string, type: string, name: string, data: ICredentialDataDecryptedObject): Promise<void> {
		this.nodeTypes.credentialType(type);
		const credentials = new this.runtime.core.Credentials({ id, name }, type);
		await credentials.setData(data);
		this.store.credentials.put({ id, name, type, data: credentials.getDataToSave().data ?? '' });
	}

	async getCredentials({ id, name }: INodeCredentialsDetails, type: string) {
		const row = id ? this.store.credentials.get(id) : undefined;
		if (row?.type !== type) {
			throw new Error(
				`Credential with ID "${id}" does not exist for type "${type}" (asked for as "${name}").`,
			);
		}
		return new this.runtime.core.Credentials({ id: row.id, name: row.name }, row.type, row.data);
	}

	async getDecrypted(
		additionalData: IWorkflowExecuteAdditionalData,
		nodeCredentials: INodeCredentialsDetails,
		type: string,
		mode: WorkflowExecuteMode,
		executeData?: IExecuteData,
		raw?: boolean,
		values?: ICredentialsExpressionResolveValues,
	): Promise<ICredentialDataDecryptedObject> {
		const stored = await (await this.getCredentials(nodeCredentials, type)).getData();
		if (raw === true) return stored;
		return await this.resolve(additionalData, stored, type, mode, executeData, values);
	}

	/** Fills in the defaults of the type and evaluates expressions. */
	async resolve(
		additionalData: IWorkflowExecuteAdditionalData,
		stored: ICredentialDataDecryptedObject,
		type: string,
		mode: WorkflowExecuteMode,
		executeData?: IExecuteData,
		values?: ICredentialsExpressionResolveValues,
	): Promise<ICredentialDataDecryptedObject> {
		const properties = this.getCredentialsProperties(type);
		const isPinned = (name: string): boolean =>
			PINNED_FIELDS.includes(name) && properties.some((p) => p.name === name && p.type === 'hidden');
		const given = Object.fromEntries(Object.entries(stored).filter(([name]) => !isPinned(name)));
		const data = NodeHelpers.getNodeParameters(
			properties,
			given as never,
			true,
			false,
			null,
			null,
		) as ICredentialDataDecryptedObject;
		if (stored['oauthTokenData'] !== undefined) data['oauthTokenData'] = stored['oauthTokenData'];
		const keys = this.runtime.core.getAdditionalKeys(additionalData, mode, null, { isCredential: true });
		if (values) {
			const { workflow, node } = values;
			return workflow.expression.getParameterValue(
				data as never,
				values.runExecutionData,
				values.runIndex,
				values.itemIndex,
				node.name,
				values.connectionInputData,
				mode,
				keys,
				executeData,
				false,
				data,
			) as ICredentialDataDecryptedObject;
		}
		const frame = new Workflow({ nodes: [FRAME], connections: {}, active: false, nodeTypes: frameTypes });
		return await frame.expression.withIsolate(
			async () =>
				frame.expression.getComplexParameterValue(
					FRAME,
					data as never,
					mode,
					keys,
					undefined,
					undefined,
					data,
				) as ICredentialDataDecryptedObject,
		);
	}

	/** n8n's CredentialsTester for tests that are functions (SMTP and IMAP have no other). */
	async test(
		additionalData: IWorkflowExecuteAdditionalData,
		type: string,
		data: ICredentialDataDecryptedObject,
	): Promise<INodeCredentialTestResult> {
		const testFunction = this.nodeTypes.credentialTest(type);
		if (testFunction === undefined) {
			return { status: 'Error', message: 'No testing function found for this credential.' };
		}
		const resolved = await this.resolve(additionalData, data, type, 'internal');
		const context = new this.runtime.core.CredentialTestContext(additionalData);
		return await testFunction.call(context as unknown as ICredentialTestFunctions, {
			id: 'test',
			name: 'test',
			type,
			data: resolved,
		});
	}

	getCredentialsProperties(type: string): INodeProperties[] {
		const credentialType = this.nodeTypes.credentialType(type);
		const properties: INodeProperties[] = [];
		for (const parent of credentialType.extends ?? []) {
			NodeHelpers.mergeNodeProperties(properties, this.getCredentialsProperties(parent));
		}
		NodeHelpers.mergeNodeProperties(properties, credentialType.properties);
		return properties;
	}

	getParentTypes(type: string): string[] {
		const parents = this.nodeTypes.credentialType(type).extends ?? [];
		return parents.flatMap((parent) => [parent, ...this.getParentTypes(parent)]);
	}

	isCredentialUsableByNode(): boolean {
		return true;
	}

	async authenticate(_data: ICredentialDataDecryptedObject, _type: string, options: IHttpRequestOptions) {
		return options;
	}

	async preAuthentication(): Promise<undefined> {
		return undefined;
	}

	async runPreAuthentication(): Promise<undefined> {
		return undefined;
	}

	async updateCredentials(
		{ id, name }: INodeCredentialsDetails,
		type: string,
		data: ICredentialDataDecryptedObject,
	) {
		await this.save(id ?? '', type, name, data);
	}

	async updateCredentialsOauthTokenData(
		details: INodeCredentialsDetails,
		type: string,
		data: ICredentialDataDecryptedObject,
	) {
		const stored = await (await this.getCredentials(details, type)).getData();
		await this.save(details.id ?? '', type, details.name, {
			...stored,
			oauthTokenData: data['oauthTokenData'] ?? {},
		});
	}
}

const frameNode = {
	description: {
		displayName: 'Credentials',
		name: 'noOp',
		group: [],
		description: '',
		version: 1,
		defaults: {},
		inputs: [],
		outputs: [],
		properties: [],
	},
};
const frameTypes: INodeTypes = {
	getByName: () => frameNode as never,
	getByNameAndVersion: () => frameNode as never,
	getKnownTypes: () => ({}),
};
