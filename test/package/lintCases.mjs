/**
 * Lints pieces of code as if they stood at a given place of the repository, with the repository's own
 * eslint.config.mjs. Reads { rules, cases: [{ file, code }] } from stdin, writes [[{ rule, message, line }]] to stdout;
 * `rules` change the configuration.
 *
 * A process of its own, because jest cannot load ESLint's configuration (an ES module). Rules that need types are
 * off: the pieces are part of no project.
 */
import { text } from 'node:stream/consumers';
import path from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

const root = path.resolve(import.meta.dirname, '../..');
const { rules, cases } = JSON.parse(await text(process.stdin));
const eslint = new ESLint({ cwd: root, overrideConfig: [tseslint.configs.disableTypeChecked, { rules }] });

const results = [];
for (const { file, code } of cases) {
	const [result] = await eslint.lintText(code, { filePath: path.join(root, file) });
	results.push(result.messages.map(({ ruleId, message, line }) => ({ rule: ruleId, message, line })));
}
process.stdout.write(JSON.stringify(results));
