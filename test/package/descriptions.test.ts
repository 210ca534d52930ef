/**
 * n8n's linters read only what is written out inside a node's class. Our descriptions are put together from parts, so
 * here the finished description is written out as such a class, and linted.
 */
import fs from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';
import { ROOT } from '../dist';
import { lint } from './lint';

/** Off in eslint.config.mjs only because they cannot see what stands elsewhere or is computed. */
const ON_HERE = {
	'@n8n/community-nodes/icon-validation': 'error',
	'n8n-nodes-base/node-filename-against-convention': 'error',
	'n8n-nodes-base/node-param-default-missing': 'error',
} as const;

/** What a rule may say all the same, by the line it speaks about. */
const EXCEPTIONS: { rule: string; line: RegExp }[] = [
	// n8n writes its own name in small letters, titles included.
	{ rule: 'n8n-nodes-base/node-param-display-name-miscased', line: /\(n8n\)'/ },
];

const N8N_RULE = /^(@n8n\/community-nodes|n8n-nodes-base)\//;

const { n8n } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
	n8n: { nodes: string[]; credentials: string[] };
};

/** The class in the source of a compiled file: n8n finds it by the name of the file. */
function instanceOf(compiled: string): { file: string; name: string; instance: object } {
	const file = compiled.replace(/^dist\//, '').replace(/\.js$/, '.ts');
	const name = path.basename(file).split('.')[0]!;
	// eslint-disable-next-line @typescript-eslint/no-require-imports -- the name is known only now
	const module = require(path.join(ROOT, file)) as Record<string, new () => object>;
	return { file, name, instance: new module[name]!() };
}

/** A value as a person would write it: keys without quotes, as n8n's rules expect them. */
function written(value: unknown): string {
	const all = Number.POSITIVE_INFINITY;
	return inspect(value, {
		depth: all,
		maxArrayLength: all,
		maxStringLength: all,
		breakLength: all,
		compact: false,
	}).replace(/(inputs|outputs): \[\s*'main'\s*\]/g, '$1: [NodeConnectionTypes.Main]');
}

const nodes = n8n.nodes.map((compiled) => {
	const { file, name, instance } = instanceOf(compiled);
	const { description } = instance as { description: object };
	const code = `import { NodeConnectionTypes, type INodeType, type INodeTypeDescription } from 'n8n-workflow';
export class ${name} implements INodeType {
	description: INodeTypeDescription = ${written(description)};
}
`;
	return { file, code };
});

const credentials = n8n.credentials.map((compiled) => {
	const { file, name, instance } = instanceOf(compiled);
	const fields = Object.entries(instance).map(([key, value]) => {
		const type = key === 'properties' ? ': INodeProperties[]' : '';
		return `	${key}${type} = ${written(value)};`;
	});
	const code = `import type { ICredentialType, INodeProperties } from 'n8n-workflow';
export class ${name} implements ICredentialType {
${fields.join('\n')}
}
`;
	return { file, code };
});

const cases = [...nodes, ...credentials];
const answers = lint(cases, ON_HERE);

test.each(cases.map(({ file, code }, index) => ({ file, code, index })))(
	"$file pleases n8n's linters when it is written out",
	({ code, index }) => {
		const lines = code.split('\n');
		const isExpected = (rule: string, line: number) =>
			EXCEPTIONS.some((exception) => exception.rule === rule && exception.line.test(lines[line - 1]!));
		const complaints = answers[index]!.filter(
			({ rule, line }) => rule === null || (N8N_RULE.test(rule) && !isExpected(rule, line)),
		)
			// The lines around tell a reader which field it is.
			.map(({ rule, message, line }) => `${rule}: ${message}\n${lines.slice(line - 1, line + 5).join('\n')}`);
		expect(complaints).toEqual([]);
	},
);

test("n8n's linters do speak about a class that is written out", () => {
	const { file, code } = nodes[0]!;
	const bad = code.replace(/subtitle: .*/, '').replace(/default: 'mailAccountApi'/, '');
	const rules = lint([{ file, code: bad }], ON_HERE)[0]!.map(({ rule }) => rule);
	expect(rules).toEqual(
		expect.arrayContaining([
			'@n8n/community-nodes/require-node-description-fields',
			'n8n-nodes-base/node-param-default-missing',
		]),
	);
});
