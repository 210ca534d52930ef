/** The JSON schema (draft-07) of the item, from its TypeScript type; comments become descriptions. */
import path from 'node:path';
import ts from 'typescript';

export interface Schema {
	type?: string | string[];
	description?: string;
	properties?: Record<string, Schema>;
	required?: string[];
	additionalProperties?: boolean | Schema;
	items?: Schema;
	enum?: unknown[];
	anyOf?: Schema[];
}

const ROOT = path.join(__dirname, '../..');
const FILE = path.join(ROOT, 'nodes/bridge/formats/messageItem.ts');

/** @throws Error naming what in the type has no place in JSON */
export function messageSchema(): Schema {
	const options = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: true, noLib: false };
	const program = ts.createProgram([FILE], { ...options, target: ts.ScriptTarget.ES2022 });
	const checker = program.getTypeChecker();
	const source = program.getSourceFile(FILE);
	const declared = source?.statements.find(
		(statement): statement is ts.InterfaceDeclaration =>
			ts.isInterfaceDeclaration(statement) && statement.name.text === 'MessageItem',
	);
	if (!declared) throw new Error(`MessageItem is not in ${FILE}`);
	return ofType(checker, checker.getTypeAtLocation(declared));
}

function ofType(checker: ts.TypeChecker, type: ts.Type): Schema {
	if (type.isUnion()) return ofUnion(checker, type);
	if (type.flags & ts.TypeFlags.Null) return { type: 'null' };
	if (type.isStringLiteral()) return { type: 'string', enum: [type.value] };
	if (type.flags & ts.TypeFlags.String) return { type: 'string' };
	if (type.flags & ts.TypeFlags.Number) return { type: 'number' };
	if (type.flags & ts.TypeFlags.Boolean) return { type: 'boolean' };
	if (checker.isArrayType(type)) {
		const [element] = checker.getTypeArguments(type as ts.TypeReference);
		return { type: 'array', items: ofType(checker, element as ts.Type) };
	}
	const values = checker.getIndexTypeOfType(type, ts.IndexKind.String);
	if (values) return { type: 'object', additionalProperties: ofType(checker, values) };
	if (!(type.flags & ts.TypeFlags.Object)) throw new Error(`No JSON: ${checker.typeToString(type)}`);
	return ofObject(checker, type);
}

function ofObject(checker: ts.TypeChecker, type: ts.Type): Schema {
	const properties: Record<string, Schema> = {};
	for (const symbol of checker.getPropertiesOfType(type)) {
		const schema = ofType(checker, checker.getTypeOfSymbol(symbol));
		const own = ts.displayPartsToString(symbol.getDocumentationComment(checker)).replace(/\s+/g, ' ').trim();
		properties[symbol.name] = own === '' ? schema : { description: own, ...schema };
	}
	return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

function ofUnion(checker: ts.TypeChecker, type: ts.UnionType): Schema {
	const isNull = (one: ts.Type) => (one.flags & ts.TypeFlags.Null) !== 0;
	const nullable = type.types.some(isNull);
	const others = type.types.filter((one) => !isNull(one));
	const allow = (schema: Schema): Schema => {
		if (!nullable || typeof schema.type !== 'string') return schema;
		return { ...schema, type: [schema.type, 'null'], ...(schema.enum && { enum: [...schema.enum, null] }) };
	};
	// `boolean` is a union of its two values.
	if (others.every((one) => one.flags & ts.TypeFlags.BooleanLiteral)) return allow({ type: 'boolean' });
	if (others.every((one) => one.isStringLiteral()))
		return allow({ type: 'string', enum: others.map((one) => (one as ts.StringLiteralType).value) });
	const [only] = others;
	if (others.length === 1 && only) return allow(ofType(checker, only));
	throw new Error(`No schema for ${checker.typeToString(type)}`);
}

/** What of a value does not fit its schema, as sentences; empty when all fits. */
export function misfits(value: unknown, schema: Schema, at = 'item'): string[] {
	const types = [schema.type ?? []].flat();
	const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
	if (!types.includes(type)) return [`${at} is ${type}, not ${types.join(' or ')}`];
	if (schema.enum && !schema.enum.includes(value)) return [`${at} is ${JSON.stringify(value)}`];
	if (Array.isArray(value))
		return value.flatMap((one, index) => misfits(one, schema.items ?? {}, `${at}[${index}]`));
	if (type !== 'object') return [];
	const object = value as Record<string, unknown>;
	const missing = (schema.required ?? [])
		.filter((key) => !(key in object))
		.map((key) => `${at}.${key} is missing`);
	const wrong = Object.entries(object).flatMap(([key, one]) => {
		const property = schema.properties?.[key] ?? (schema.additionalProperties || undefined);
		return property && property !== true
			? misfits(one, property, `${at}.${key}`)
			: [`${at}.${key} is not in the schema`];
	});
	return [...missing, ...wrong];
}
