/** `npm run docs`: writes the documents that are made from the code. */
import fs from 'node:fs';
import path from 'node:path';
import prettier from 'prettier';
import { documents, ROOT } from './documents';

async function main(): Promise<void> {
	for (const [file, content] of await documents()) {
		const target = path.join(ROOT, file);
		fs.mkdirSync(path.dirname(target), { recursive: true });
		const options = await prettier.resolveConfig(target);
		fs.writeFileSync(target, await prettier.format(content, { ...options, filepath: target }));
		console.log(file);
	}
}

void main();
