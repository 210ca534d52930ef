/**
 * The arrows of the house as one lint rule: nodes -> bridge -> mail, one importer for each library, and
 * nothing in the package that reaches for the file system, HTTP or the environment.
 *
 * It sees every way to name a module: import, import type, export from, import x = require(), import(),
 * require(), require.resolve() and import('…').Type. A name that is computed is refused, since nobody can check it.
 */
import { builtinModules } from 'node:module';
import path from 'node:path';

/** Who may name a library at all. */
const LIBRARIES = {
	'markdown-it': ['nodes/mail/message/markdown.ts'],
	imapflow: ['nodes/mail/imap/client.ts'],
	nodemailer: ['nodes/mail/smtp/login.ts', 'nodes/mail/message/compose.ts'],
	mailparser: ['nodes/mail/message/read/n8nFormats.ts'],
	'iconv-lite': ['nodes/mail/message/read/mime/codec.ts'],
	htmlparser2: ['nodes/mail/message/read/html/tokens.ts'],
	'ical.js': ['nodes/mail/message/read/calendar.ts'],
};
/** What runs in the parser's thread may load its libraries at once: the thread exists for nothing else. */
const LOADED_IN_THE_PARSERS_THREAD = 'nodes/mail/message/read/';

/** Node's own modules that a mail package has no business with; `module` and `vm` could load the others. */
const FORBIDDEN_BUILTINS = [
	'fs',
	'http',
	'https',
	'http2',
	'child_process',
	'cluster',
	'process',
	'module',
	'vm',
];

/**
 * The layers, first match wins. `own` means the folder of the importing file's layer.
 * `n8n`: 'no', 'types' (import type only) or 'yes'. n8n-core is never allowed: n8n does not promise it to packages.
 */
const LAYERS = [
	{ name: 'nodes/mail', match: /^nodes\/mail\//, mayImport: [/^nodes\/mail\//], n8n: 'no' },
	{
		name: 'nodes/bridge',
		match: /^nodes\/bridge\//,
		mayImport: [/^nodes\/bridge\//, /^nodes\/mail\//],
		n8n: 'yes',
	},
	{
		name: 'credentials',
		match: /^credentials\//,
		mayImport: [/^credentials\//, /^nodes\/mail\/account\/providers(\.ts)?$/],
		n8n: 'types',
	},
	{
		name: 'a node',
		match: /^nodes\/([^/]+)\//,
		mayImport: [/^nodes\/bridge\//, /^nodes\/mail\//],
		own: true,
		n8n: 'yes',
	},
];

const isBuiltin = (name) => builtinModules.includes(name.replace(/^node:/, ''));
const packageOf = (name) =>
	name
		.split('/')
		.slice(0, name.startsWith('@') ? 2 : 1)
		.join('/');

/**
 * Says what is wrong with `file` (relative to the repository, with slashes) naming the module `name`, or undefined.
 * `use` is 'type' (erased by the compiler), 'static' (loaded with the file) or 'lazy' (loaded when called).
 */
export function faultOf(file, name, use) {
	const layer = LAYERS.find((candidate) => candidate.match.test(file));
	if (!layer) return undefined;

	if (name.startsWith('.')) {
		const target = path.posix.join(path.posix.dirname(file), name);
		const folder = layer.own ? layer.match.exec(file)[0] : undefined;
		const allowed =
			layer.mayImport.some((pattern) => pattern.test(target)) || (folder && target.startsWith(folder));
		return allowed
			? undefined
			: `${layer.name} may not import ${target}: the arrows are nodes -> bridge -> mail.`;
	}
	if (isBuiltin(name)) {
		const first = name.replace(/^node:/, '').split('/')[0];
		return FORBIDDEN_BUILTINS.includes(first) ? `The package does not use Node's "${first}".` : undefined;
	}

	const library = packageOf(name);
	const importers = Object.hasOwn(LIBRARIES, library) ? LIBRARIES[library] : undefined;
	if (importers) {
		if (!importers.includes(file)) return `Only ${importers.join(' and ')} may import ${library}.`;
		if (use === 'static' && !file.startsWith(LOADED_IN_THE_PARSERS_THREAD)) {
			return `Load ${library} at first use (await import), not with the file: n8n loads every node at boot.`;
		}
		return undefined;
	}
	if (name === 'n8n-workflow' && (layer.n8n === 'yes' || (layer.n8n === 'types' && use === 'type')))
		return undefined;
	if (name === 'n8n-workflow' && layer.n8n === 'types')
		return `${layer.name} may import only types of n8n-workflow.`;
	return `${layer.name} may not import "${name}".`;
}

/** Whether nothing of this import or export declaration is left at run time. */
function isTypeOnly(node) {
	if (node.importKind === 'type' || node.exportKind === 'type') return true;
	const specifiers = node.specifiers ?? [];
	return specifiers.length > 0 && specifiers.every((s) => s.importKind === 'type' || s.exportKind === 'type');
}

/** The text of a string literal or of a template without holes; undefined when it is computed. */
function textOf(node) {
	if (node?.type === 'Literal' && typeof node.value === 'string') return node.value;
	if (node?.type === 'TemplateLiteral' && node.expressions.length === 0) return node.quasis[0].value.cooked;
	return undefined;
}

/** `require` itself, or `require` as a property of whatever: module.require, process.mainModule.require. */
const isRequire = (callee) =>
	(callee.type === 'Identifier' && callee.name === 'require') ||
	(callee.type === 'MemberExpression' &&
		(callee.property.name === 'require' ||
			(callee.object.type === 'Identifier' && callee.object.name === 'require')));

const arrows = {
	meta: { type: 'problem', schema: [] },
	create(context) {
		const file = path.relative(context.cwd, context.filename).split(path.sep).join('/');

		function check(node, source, use) {
			const name = textOf(source);
			const message =
				name === undefined
					? 'Name the module as a plain string, so that this rule can check it.'
					: faultOf(file, name, use);
			if (message) context.report({ node, message });
		}
		const declaration = (node) => {
			if (node.source) check(node, node.source, isTypeOnly(node) ? 'type' : 'static');
		};
		const insideFunction = (node) =>
			context.sourceCode.getAncestors(node).some((ancestor) => /Function/.test(ancestor.type));

		return {
			ImportDeclaration: declaration,
			ExportNamedDeclaration: declaration,
			ExportAllDeclaration: declaration,
			ImportExpression: (node) => check(node, node.source, 'lazy'),
			TSImportType: (node) => check(node, node.source ?? node.argument?.literal, 'type'),
			TSImportEqualsDeclaration(node) {
				if (node.moduleReference.type !== 'TSExternalModuleReference') return;
				check(node, node.moduleReference.expression, node.importKind === 'type' ? 'type' : 'static');
			},
			"Identifier[name='require']"(node) {
				const called = node.parent.type === 'CallExpression' && node.parent.callee === node;
				if (called || node.parent.type === 'MemberExpression') return;
				context.report({ node, message: 'Call require by its own name, so that this rule can check it.' });
			},
			CallExpression(node) {
				if (isRequire(node.callee)) check(node, node.arguments[0], insideFunction(node) ? 'lazy' : 'static');
			},
		};
	},
};

export default { meta: { name: 'mailroom' }, rules: { arrows } };
