import fc from 'fast-check';
import { Readable } from 'node:stream';
import { CHUNK_BYTES, MessageChunks } from '../../../nodes/mail/smtp/messageChunks';
import { WireLines } from '../../../nodes/mail/message/wireLines';

/** What the line must carry, said in one expression each. */
const withLineEnds = (text: string) => {
	const complete = text.replace(/\r\n|\r|\n/g, '\r\n');
	return complete === '' || complete.endsWith('\r\n') ? complete : `${complete}\r\n`;
};
const withDots = (text: string) => withLineEnds(text).replace(/^\./gm, '..');

function convert(pieces: string[], stuffDots: boolean): string {
	const lines = new WireLines(stuffDots);
	const out = pieces.map((piece) => lines.push(Buffer.from(piece, 'latin1')));
	return Buffer.concat([...out, lines.end()]).toString('latin1');
}

/** All ways to end a message early that servers have fallen for. */
const SMUGGLING = [
	'\n.\n',
	'\n.\r\n',
	'\r.\r',
	'\r.\r\n',
	'\r\n.\r',
	'\r\n.\n',
	'\r\n.\r\n',
	'\n.\r',
	'\r.\n',
	'\r\r\n.\r\n',
	'\0\r\n.\r\n',
];

describe.each(SMUGGLING.map((sequence) => [JSON.stringify(sequence), sequence]))('%s', (_name, sequence) => {
	const message = `Subject: x\r\n\r\nbefore${sequence}MAIL FROM:<evil@example.test>\r\nafter`;

	test('ends no message, wherever the pieces are cut', () => {
		for (let cut = 0; cut <= message.length; cut++) {
			for (const stuff of [true, false]) {
				const wire = convert([message.slice(0, cut), message.slice(cut)], stuff);
				expect(wire).toBe(stuff ? withDots(message) : withLineEnds(message));
				if (stuff) expect(wire).not.toMatch(/\r\n\.\r\n/);
				expect(wire).not.toMatch(/[^\r]\n|\r[^\n]/);
			}
		}
	});

	test('byte by byte', () => {
		expect(convert([...message], true)).toBe(withDots(message));
	});
});

test('any bytes in any pieces', () => {
	const pieces = fc.array(fc.stringMatching(/^[\r\n.a\0]{0,8}$/), { maxLength: 8 });
	fc.assert(
		fc.property(pieces, fc.boolean(), (list, stuff) => {
			const whole = list.join('');
			expect(convert(list, stuff)).toBe(stuff ? withDots(whole) : withLineEnds(whole));
		}),
		{ numRuns: 3_000 },
	);
});

test.each([
	['', ['']],
	['short', ['short\r\n']],
])('%j is one piece', async (text, expected) => {
	expect(await piecesOf([text])).toEqual(expected);
});

test.each([-3, -2, -1, 0, 1, 2, 3])(
	'the last piece has the whole line end, %i bytes around the limit',
	async (more) => {
		const text = `${'x'.repeat(CHUNK_BYTES + more - 2)}\r\n`;
		const pieces = await piecesOf([text.slice(0, 1000), text.slice(1000)]);
		expect(pieces.join('')).toBe(text);
		expect(pieces.at(-1)).toMatch(/\r\n$/);
		for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(CHUNK_BYTES + 1);
	},
);

async function piecesOf(texts: string[]): Promise<string[]> {
	const chunks = new MessageChunks(Readable.from(texts.map((text) => Buffer.from(text))), false);
	const pieces: string[] = [];
	for (;;) {
		const { bytes, last } = await chunks.next();
		pieces.push(bytes.toString());
		if (last) return pieces;
	}
}
