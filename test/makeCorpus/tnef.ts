/** Writes winmail.dat (MS-OXTNEF), as far as the corpus needs it. */

const PROPERTY_LONG_NAME = 0x3707;

/** An attribute: level, id, length, data, sum of the bytes. */
function attribute(level: number, id: number, data: Buffer): Buffer {
	const headBytes = Buffer.alloc(9);
	headBytes.writeUInt8(level, 0);
	headBytes.writeUInt32LE(id, 1);
	headBytes.writeUInt32LE(data.length, 5);
	const sum = Buffer.alloc(2);
	sum.writeUInt16LE(data.reduce((total, byte) => (total + byte) & 0xffff, 0));
	return Buffer.concat([headBytes, data, sum]);
}

/** One property list with a Unicode file name. */
function longName(name: string): Buffer {
	const text = Buffer.from(`${name}\u0000`, 'utf16le');
	const fixed = Buffer.alloc(16);
	fixed.writeUInt32LE(1, 0);
	fixed.writeUInt16LE(0x1f, 4);
	fixed.writeUInt16LE(PROPERTY_LONG_NAME, 6);
	fixed.writeUInt32LE(1, 8);
	fixed.writeUInt32LE(text.length, 12);
	return Buffer.concat([fixed, text, Buffer.alloc((4 - (text.length % 4)) % 4)]);
}

export function tnef(content: { text: string; files: { name: string; content: Buffer }[] }): Buffer {
	const start = Buffer.alloc(6);
	start.writeUInt32LE(0x223e9f78, 0);
	start.writeUInt16LE(1, 4);
	const codePage = Buffer.alloc(8);
	codePage.writeUInt32LE(1252, 0);
	return Buffer.concat([
		start,
		attribute(1, 0x00069007, codePage),
		attribute(1, 0x0002800c, Buffer.from(`${content.text}\u0000`)),
		...content.files.flatMap(({ name, content: bytes }) => [
			attribute(2, 0x00069002, Buffer.alloc(14)),
			attribute(2, 0x00018010, Buffer.from('SHORT~1.DAT\u0000')),
			attribute(2, 0x0006800f, bytes),
			attribute(2, 0x00069005, longName(name)),
		]),
	]);
}
