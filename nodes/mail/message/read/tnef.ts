/**
 * winmail.dat: what Outlook sends in its own format (MS-OXTNEF). Text and files are taken out of it, so that a workflow
 * sees what the sender sent. Never throws; what is broken ends the reading.
 */
import { decodeBytes } from './mime/charset';

const SIGNATURE = 0x223e9f78;
/** Attributes (MS-OXTNEF §2.1.3.2). */
const ATTRIBUTE = {
	body: 0x0002800c,
	codePage: 0x00069007,
	messageProperties: 0x00069003,
	fileTitle: 0x00018010,
	fileData: 0x0006800f,
	fileStart: 0x00069002,
	fileProperties: 0x00069005,
} as const;
/** Properties (MS-OXPROPS). */
const PROPERTY = {
	body: 0x1000,
	html: 0x1013,
	longFileName: 0x3707,
	mimeType: 0x370e,
	contentId: 0x3712,
	displayName: 0x3001,
	data: 0x3701,
} as const;
/** Files, and properties of one object, that are read. */
const MAX_FILES = 500;
const MAX_PROPERTIES = 2_000;

export interface TnefFile {
	fileName: string | null;
	mimeType: string | null;
	contentId: string | null;
	content: Buffer;
}

export interface Tnef {
	text: string | null;
	html: string | null;
	files: TnefFile[];
}

/** @returns null when the bytes are something else */
export function readTnef(bytes: Buffer): Tnef | null {
	if (bytes.length < 6 || bytes.readUInt32LE(0) !== SIGNATURE) return null;
	const result: Tnef = { text: null, html: null, files: [] };
	let charset = 'windows-1252';
	let file: TnefFile | null = null;
	const text = (value: Buffer) => decodeBytes(value, charset).replace(/\u0000+$/, '');
	// Each attribute: level, id, length, data, checksum.
	for (let at = 6; at + 9 <= bytes.length;) {
		const id = bytes.readUInt32LE(at + 1);
		const length = bytes.readUInt32LE(at + 5);
		const data = bytes.subarray(at + 9, at + 9 + length);
		if (data.length < length) break;
		at += 9 + length + 2;
		switch (id) {
			case ATTRIBUTE.codePage:
				if (length >= 4) charset = codePageName(data.readUInt32LE(0));
				break;
			case ATTRIBUTE.body:
				result.text ??= text(data);
				break;
			case ATTRIBUTE.messageProperties: {
				const properties = readProperties(data, charset);
				const html = properties.get(PROPERTY.html);
				result.html ??= html ? decodeBytes(html.bytes, metaCharset(html.bytes) ?? charset) : null;
				result.text ??= properties.get(PROPERTY.body)?.text() ?? null;
				break;
			}
			case ATTRIBUTE.fileStart:
				file = { fileName: null, mimeType: null, contentId: null, content: Buffer.alloc(0) };
				if (result.files.length < MAX_FILES) result.files.push(file);
				break;
			case ATTRIBUTE.fileTitle:
				if (file) file.fileName ??= text(data);
				break;
			case ATTRIBUTE.fileData:
				if (file) file.content = data;
				break;
			case ATTRIBUTE.fileProperties:
				if (file) applyProperties(file, readProperties(data, charset));
		}
	}
	return result;
}

function applyProperties(file: TnefFile, properties: Map<number, Property>): void {
	const text = (tag: number) => properties.get(tag)?.text() || null;
	file.fileName = text(PROPERTY.longFileName) ?? file.fileName ?? text(PROPERTY.displayName);
	file.mimeType = text(PROPERTY.mimeType);
	file.contentId = text(PROPERTY.contentId)?.replace(/^<|>$/g, '') ?? null;
	const data = properties.get(PROPERTY.data);
	// An object begins with the 16 bytes that name its kind.
	if (data && file.content.length === 0) file.content = data.isObject ? data.bytes.subarray(16) : data.bytes;
}

interface Property {
	bytes: Buffer;
	isObject: boolean;
	text(): string;
}

/** A list of properties (MS-OXTNEF §2.1.3.4). */
function readProperties(data: Buffer, charset: string): Map<number, Property> {
	const found = new Map<number, Property>();
	if (data.length < 4) return found;
	const count = Math.min(data.readUInt32LE(0), MAX_PROPERTIES);
	let at = 4;
	const has = (length: number) => at + length <= data.length;
	for (let i = 0; i < count && has(4); i++) {
		const type = data.readUInt16LE(at);
		const id = data.readUInt16LE(at + 2);
		at += 4;
		if (id >= 0x8000) {
			// A named property: GUID, kind, then a number or a name.
			if (!has(24)) return found;
			const kind = data.readUInt32LE(at + 16);
			const length = kind === 1 ? padded(data.readUInt32LE(at + 20)) : 0;
			at += 24 + length;
		}
		const fixed = FIXED_SIZES[type & 0x0fff];
		if (fixed !== undefined && (type & 0x1000) === 0) {
			at += fixed;
			continue;
		}
		if (!has(4)) return found;
		const values = data.readUInt32LE(at);
		at += 4;
		for (let value = 0; value < values; value++) {
			if (fixed !== undefined) {
				at += fixed;
				if (!has(0)) return found;
				continue;
			}
			if (!has(4)) return found;
			const length = data.readUInt32LE(at);
			const bytes = data.subarray(at + 4, at + 4 + length);
			if (bytes.length < length) return found;
			at += 4 + padded(length);
			const base = type & 0x0fff;
			const encoding = base === 0x1f ? 'utf-16le' : charset;
			if (value === 0 && !found.has(id))
				found.set(id, {
					bytes,
					isObject: base === 0x0d,
					text: () => decodeBytes(bytes, encoding).replace(/\u0000+$/, ''),
				});
		}
	}
	return found;
}

/** Bytes of the types of fixed size, padded to four. */
const FIXED_SIZES: Partial<Record<number, number>> = {
	0x01: 4,
	0x02: 4,
	0x03: 4,
	0x04: 4,
	0x05: 8,
	0x06: 8,
	0x07: 8,
	0x0a: 4,
	0x0b: 4,
	0x14: 8,
	0x40: 8,
	0x48: 16,
};

function padded(length: number): number {
	return Math.ceil(length / 4) * 4;
}

function codePageName(page: number): string {
	const names: Partial<Record<number, string>> = {
		932: 'cp932',
		936: 'gb18030',
		949: 'cp949',
		950: 'big5',
		65001: 'utf-8',
		20866: 'koi8-r',
	};
	return names[page] ?? (page >= 1250 && page <= 1258 ? `windows-${page}` : 'windows-1252');
}

function metaCharset(html: Buffer): string | null {
	return /charset\s*=\s*["']?([\w-]{2,30})/i.exec(html.toString('latin1', 0, 2_048))?.[1] ?? null;
}
