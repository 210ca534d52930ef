import fs from 'node:fs';
import path from 'node:path';
import { ROOT } from '../dist';

const ASSET = /\.(svg|png|node\.json)$|__schema__\/.*\.json$/;

/** The files that `npm pack` must hold, sorted: what the sources make, and the four that npm or we add. */
export function expectedFiles(): string[] {
	const built = ['nodes', 'credentials'].flatMap((folder) =>
		fs
			.readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
			.filter((entry) => entry.isFile())
			.map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
			.filter((file) => file.endsWith('.ts') || ASSET.test(file))
			.map((file) => `dist/${file.replace(/\.ts$/, '.js')}`),
	);
	return [...built, 'CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'].sort();
}
