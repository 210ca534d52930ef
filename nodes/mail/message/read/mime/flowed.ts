/** Text sent as format=flowed (RFC 3676): paragraphs broken for terminals become paragraphs again. */

/** @param delsp whether the blank before a soft line break goes too (RFC 3676 §4.1) */
export function unflow(text: string, delsp: boolean): string {
	const out: string[] = [];
	let paragraph: { depth: number; pieces: string[] } | null = null;
	const flush = () => {
		if (paragraph) out.push(quoted(paragraph.depth, paragraph.pieces.join('')));
		paragraph = null;
	};
	for (const line of text.split('\n')) {
		const depth = /^>*/.exec(line)?.[0].length ?? 0;
		const rest = line.slice(depth);
		// A blank before text that would be mistaken for a quote or for "From " (RFC 3676 §4.4).
		const content = rest.startsWith(' ') ? rest.slice(1) : rest;
		const open: { depth: number; pieces: string[] } | null = paragraph;
		if (content === '-- ' || (open !== null && (open as { depth: number }).depth !== depth)) flush();
		if (content === '-- ') {
			out.push(quoted(depth, content));
			continue;
		}
		const soft = content.endsWith(' ');
		paragraph ??= { depth, pieces: [] };
		paragraph.pieces.push(soft && delsp ? content.slice(0, -1) : content);
		if (!soft) flush();
	}
	flush();
	return out.join('\n');
}

function quoted(depth: number, content: string): string {
	return depth === 0 ? content : `${'>'.repeat(depth)} ${content}`;
}
