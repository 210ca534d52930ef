/**
 * What the parts of a message are for (RFC 2046, RFC 2387): the text a reader sees, the same as HTML, and the files.
 * Follows what mail programs do, so that nothing a sender attached is lost and nothing is taken for a file that is text.
 */
import { decodeBytes } from './mime/charset';
import { unflow } from './mime/flowed';
import { decodeTransfer, isPlainDespiteBase64 } from './mime/transfer';
import { takeOutUuFiles, type UuFile } from './mime/uuencode';
import type { MimePart } from './mime/tree';
import { fieldValue } from './mime/header';

/** Characters of text and of HTML that are kept; n8n stores every item it passes on. */
export const MAX_TEXT = 2_000_000;
export const MAX_HTML = 5_000_000;

/** A piece of the body, in its order. At least one of the two is there. */
export interface BodyPiece {
	plain: string | null;
	html: string | null;
}

export interface Body {
	pieces: BodyPiece[];
	/** Everything that is not body text, in the order of the message. */
	files: MimePart[];
	/** Files that stood between the lines of the text. */
	uuFiles: UuFile[];
	warnings: Set<string>;
}

/** @param hint charset for text that names none */
export function readBody(source: Buffer, root: MimePart, hint: string, warnings: Set<string>): Body {
	const body: Body = { pieces: [], files: [], uuFiles: [], warnings };
	new BodyReader(source, hint, body).read(root, { isRoot: true });
	return body;
}

interface Place {
	/** The message is this part alone. */
	isRoot?: boolean;
	/** One of several forms of the same content. */
	isAlternative?: boolean;
	/** Belongs to the part before it. */
	isRelated?: boolean;
}

class BodyReader {
	constructor(
		private readonly source: Buffer,
		private readonly hint: string,
		private readonly body: Body,
	) {}

	read(part: MimePart, place: Place): void {
		if (!part.type.startsWith('multipart/')) {
			if (isBodyText(part, place, this.body.pieces.length > 0)) this.body.pieces.push(this.textOf(part));
			else if (!isEmptyPart(part)) this.body.files.push(part);
			return;
		}
		switch (part.type) {
			case 'multipart/alternative':
				this.readAlternative(part);
				break;
			case 'multipart/related':
				this.readRelated(part);
				break;
			default:
				for (const child of part.children) this.read(child, {});
		}
	}

	/** Several forms of one content: the plain one and the HTML one make one piece together. */
	private readAlternative(part: MimePart): void {
		const outer = this.body.pieces;
		const forms: BodyPiece[] = [];
		for (const child of part.children) {
			this.body.pieces = [];
			this.read(child, { isAlternative: true });
			forms.push(...merged(this.body.pieces));
		}
		this.body.pieces = outer;
		// The last form is the best (RFC 2046 §5.1.4), and the first plain one the plainest.
		const plain = forms.find((form) => form.plain !== null && form.plain.trim() !== '')?.plain ?? null;
		const html = forms.filter((form) => form.html !== null && form.html.trim() !== '').at(-1)?.html ?? null;
		const empty = forms[0];
		if (plain !== null || html !== null) outer.push({ plain, html });
		else if (empty) outer.push(empty);
	}

	/** The root, and what it shows (RFC 2387 §3.2). */
	private readRelated(part: MimePart): void {
		const start = part.parameters['start'];
		const named =
			start === undefined ? undefined : part.children.find((child) => contentIdOf(child) === bareId(start));
		const root = named ?? part.children[0];
		if (root) this.read(root, {});
		for (const child of part.children) if (child !== root) this.read(child, { isRelated: true });
	}

	private textOf(part: MimePart): BodyPiece {
		const isHtml = part.type === 'text/html';
		const bytes = this.bytesOf(part, isHtml);
		const declared = part.parameters['charset'] ?? (isHtml ? htmlCharset(bytes) : '');
		const limit = isHtml ? MAX_HTML : MAX_TEXT;
		// No charset needs more than four bytes for a character.
		let text = decodeBytes(bytes.subarray(0, limit * 4), declared, this.hint).replace(/\r\n?/g, '\n');
		if (text.length > limit) {
			this.body.warnings.add(
				`The ${isHtml ? 'HTML' : 'text'} is longer than ${limit} characters and was cut.`,
			);
			text = text.slice(0, limit);
		}
		if (isHtml) return { plain: null, html: text };
		const isFlowed = part.parameters['format']?.toLowerCase() === 'flowed';
		const plain = isFlowed ? unflow(text, part.parameters['delsp']?.toLowerCase() === 'yes') : text;
		return { plain: part.type === 'text/enriched' ? enrichedToPlain(plain) : plain, html: null };
	}

	private bytesOf({ start, end, encoding }: MimePart, isHtml: boolean): Buffer {
		const body = this.source.subarray(start, end);
		const bytes = encoding === 'base64' && isPlainDespiteBase64(body) ? body : decodeTransfer(body, encoding);
		if (isHtml) return bytes;
		const { rest, files } = takeOutUuFiles(bytes);
		this.body.uuFiles.push(...files);
		return rest;
	}
}

/** Pieces of one alternative, such as text, image, text inside a multipart/mixed: they belong together. */
function merged(pieces: readonly BodyPiece[]): BodyPiece[] {
	if (pieces.length < 2) return [...pieces];
	const join = (texts: (string | null)[]) => {
		const present = texts.filter((text) => text !== null);
		return present.length === 0 ? null : present.join('\n');
	};
	return [{ plain: join(pieces.map(({ plain }) => plain)), html: join(pieces.map(({ html }) => html)) }];
}

/** Whether a part is text that a mail program shows as the message, rather than a file. */
function isBodyText(part: MimePart, place: Place, hasBody: boolean): boolean {
	if (!['text/plain', 'text/html', 'text/enriched', 'text/markdown'].includes(part.type)) return false;
	if (part.disposition === 'attachment') return false;
	if (place.isAlternative || place.isRoot) return true;
	if (place.isRelated) return contentIdOf(part) === null && fileNameOf(part) === null;
	const name = fileNameOf(part);
	if (name === null) return true;
	// Some programs name the body too. A name in the disposition means a file.
	return !hasBody && part.dispositionParameters['filename'] === undefined && part.disposition !== 'inline';
}

/** A multipart that never came apart leaves parts of no length and no description behind. */
function isEmptyPart(part: MimePart): boolean {
	return part.fields.length === 0 && part.end <= part.start;
}

/** Name that the sender gave a part, unsafe as it is (RFC 2183 §2.3; the older `name` of the type). */
export function fileNameOf(part: MimePart): string | null {
	const name =
		part.dispositionParameters['filename'] ?? part.parameters['name'] ?? part.dispositionParameters['name'];
	return name === undefined || name.trim() === '' ? null : name;
}

/** Content-ID without brackets (RFC 2392). */
export function contentIdOf(part: MimePart): string | null {
	const id = bareId(fieldValue(part.fields, 'content-id'));
	return id === '' ? null : id;
}

function bareId(text: string): string {
	return text
		.replace(/[\u0000-\u001f\u007f]/g, '')
		.trim()
		.replace(/^<|>$/g, '');
}

/** What the HTML says of its own charset. */
function htmlCharset(bytes: Buffer): string {
	const head = bytes.toString('latin1', 0, 2_048);
	return /<meta[^>]{1,200}?charset\s*=\s*["']?\s*([\w.:-]{2,30})/i.exec(head)?.[1] ?? '';
}

/** RFC 1896: commands in angle brackets, `<<` for a bracket, single line breaks are blanks. */
function enrichedToPlain(text: string): string {
	return text
		.replace(/<param>[^<]{0,1000}<\/param>/gi, '')
		.replace(/<<|<[^<>]{1,60}>/g, (tag) => (tag === '<<' ? '<' : ''))
		.replace(/\n+/g, (breaks) => (breaks.length === 1 ? ' ' : breaks.slice(1)));
}
