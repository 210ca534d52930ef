import { createRequire } from 'node:module';
import path from 'node:path';
import type { ICredentialType, IDataObject, INodeType, INodeTypes, IVersionedNodeType } from 'n8n-workflow';
import { NodeHelpers } from 'n8n-workflow';
import type { Runtime } from './runtime';
import { OAUTH_TYPES } from './oauthTypes';
import { N8N_CREDENTIALS } from './testNodes';

/** The package as n8n-core's loader sees it. */
export type LoadedPackage = InstanceType<Runtime['core']['PackageDirectoryLoader']>;

/**
 * Loads a built package as n8n does at boot.
 * @param directory a folder with package.json and what its `n8n` block names
 * @throws when package.json or a listed file is missing or does not load
 */
export async function loadPackage(runtime: Runtime, directory: string): Promise<LoadedPackage> {
	purge(directory);
	const loader = new runtime.core.PackageDirectoryLoader(path.resolve(directory));
	await loader.loadAll();
	return loader;
}

/** A booted n8n has fresh modules; one process that boots twice must forget those of the package. */
function purge(directory: string): void {
	const root = path.resolve(directory) + path.sep;
	const { cache } = createRequire(__filename);
	for (const file of Object.keys(cache)) {
		const [top] = file.startsWith(root) ? file.slice(root.length).split(path.sep) : [];
		if (top !== undefined && top !== 'node_modules' && top !== 'test') delete cache[file];
	}
}

/** All node and credential types an engine knows: those of the package and the harness's own. */
export class NodeTypes implements INodeTypes {
	private readonly types = new Map<string, INodeType | IVersionedNodeType>();
	private readonly credentialTypes = new Map<string, ICredentialType>();

	constructor(loader: LoadedPackage, testNodes: Record<string, INodeType>) {
		for (const [name, { type }] of Object.entries(loader.nodeTypes)) {
			this.types.set(`${loader.packageName}.${name}`, type);
			if ('execute' in type && type.description.usableAsTool)
				this.types.set(`${loader.packageName}.${name}Tool`, asTool(type));
		}
		for (const [name, type] of Object.entries(testNodes)) this.types.set(name, type);
		for (const type of [...N8N_CREDENTIALS, ...OAUTH_TYPES]) this.credentialTypes.set(type.name, type);
		for (const [name, { type }] of Object.entries(loader.credentialTypes))
			this.credentialTypes.set(name, type);
	}

	getByName(name: string): INodeType | IVersionedNodeType {
		const type = this.types.get(name);
		if (type === undefined) {
			throw new Error(`Unrecognized node type: ${name}. Known: ${[...this.types.keys()].join(', ')}`);
		}
		return type;
	}

	getByNameAndVersion(name: string, version?: number): INodeType {
		return NodeHelpers.getVersionedNodeType(this.getByName(name), version);
	}

	getKnownTypes(): IDataObject {
		return Object.fromEntries([...this.types.keys()].map((name) => [name, {}]));
	}

	credentialType(name: string): ICredentialType {
		const type = this.credentialTypes.get(name);
		if (type === undefined) throw new Error(`Unrecognized credential type: ${name}`);
		return type;
	}

	/** The test function that some node of the package names for a credential type. */
	credentialTest(credentialType: string) {
		for (const type of this.types.values()) {
			const versions = 'nodeVersions' in type ? Object.values(type.nodeVersions) : [type];
			for (const node of versions) {
				for (const { name, testedBy } of node.description.credentials ?? []) {
					if (name !== credentialType || typeof testedBy !== 'string') continue;
					return node.methods?.credentialTest?.[testedBy];
				}
			}
		}
		return undefined;
	}
}

/**
 * What an agent is connected to: a twin of the node, which n8n makes at boot. Older agents call it, newer ones have n8n run
 * it like any node; there it has only the second output.
 */
function asTool(node: INodeType): INodeType {
	const description = { ...node.description, outputs: ['main' as const, 'ai_tool' as const] };
	return Object.assign(Object.create(node) as INodeType, { description });
}
