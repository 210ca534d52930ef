/**
 * `npm run convert -- <workflow.json> [<result.json>]`: reads a workflow as n8n exports or copies it (or a list of them),
 * writes it with our nodes in place of n8n's own, beside the original unless a name is given, and says what changed.
 */
import fs from 'node:fs';
import { convertWorkflow, type Workflow } from './convert';

function main(): number {
	const [input, output = input?.replace(/(?:\.json)?$/, '.mailroom.json')] = process.argv.slice(2);
	if (input === undefined || output === undefined) {
		console.error('Usage: npm run convert -- <workflow.json> [<result.json>]');
		return 2;
	}
	const content = JSON.parse(fs.readFileSync(input, 'utf8')) as Workflow | Workflow[];
	const workflows = Array.isArray(content) ? content : [content];
	if (!workflows.every((workflow) => Array.isArray(workflow?.nodes))) {
		console.error(`${input} is no workflow: it has no list of nodes.`);
		return 1;
	}
	const results = workflows.map(convertWorkflow);
	const converted = results.map(({ workflow }) => workflow);
	fs.writeFileSync(output, `${JSON.stringify(Array.isArray(content) ? converted : converted[0], null, 2)}\n`);
	const reports = results.flatMap((result) => result.reports);
	for (const { node, converted: done, notes } of reports) {
		console.log(`${done ? 'Converted' : 'Left as it is'}: ${node}`);
		for (const note of notes) console.log(`  - ${note}`);
	}
	console.log(`${reports.filter((report) => report.converted).length} nodes converted, written to ${output}`);
	return 0;
}

process.exitCode = main();
