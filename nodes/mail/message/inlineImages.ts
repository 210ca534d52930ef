/** Images shown within the HTML of a mail: those it refers to as `cid:`, and those it carries in itself as `data:`. */
import { createHash } from 'crypto';
import { MailError } from '../errors';

/** An image that was in the HTML itself. */
export interface EmbeddedImage {
	fileName: string;
	mimeType: string;
	contentId: string;
	content: Buffer;
}

const DATA_IMAGE = /(\ssrc\s*=\s*)(["'])data:(image\/[a-z0-9.+-]{1,60});base64,([^"']*)\2/gi;

/**
 * Whether the HTML shows the file, so that it belongs into its place and not into the list of files (RFC 2392).
 *
 * @param name as the HTML would write it after `cid:`
 */
export function refersTo(html: string, name: string): boolean {
	return referenceTo(name).test(html);
}

/** Makes references to `name` references to the part that has this Content-ID. */
export function pointTo(html: string, name: string, contentId: string): string {
	return html.replace(referenceTo(name), (_whole, before: string) => `${before}cid:${contentId}`);
}

function referenceTo(name: string): RegExp {
	const forms = [...new Set([name, encodeURIComponent(name)])].map((form) =>
		form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'),
	);
	return new RegExp(`(["'(=]\\s*)cid:(?:${forms.join('|')})(?=["')\\s>])`, 'gi');
}

/**
 * Makes images that the HTML carries as `data:` URLs parts of their own: most mail programs show no `data:` URL.
 *
 * @param suffix makes the Content-IDs those of this mail
 * @throws MailError `MESSAGE` for an image that is no base64
 */
export function takeOutImages(html: string, suffix: string): { html: string; images: EmbeddedImage[] } {
	const images = new Map<string, EmbeddedImage>();
	const rewritten = html.replace(
		DATA_IMAGE,
		(_whole, attribute: string, quote: string, mimeType: string, base64: string) => {
			const content = decodeBase64(decodeURIComponentSafely(base64));
			if (!content)
				throw new MailError(
					'MESSAGE',
					`An image in the HTML (${mimeType}, written as data: URL) is damaged: it is no base64.`,
					{
						nextStep:
							'Give the image as a file of the item, list it under Attachments and refer to it as cid:field.',
					},
				);
			const hash = createHash('sha256').update(mimeType).update(content).digest('hex').slice(0, 16);
			const extension = /^image\/([a-z0-9]{1,10})/i.exec(mimeType)?.[1] ?? 'img';
			const contentId = `${hash}.${suffix}`;
			images.set(hash, { fileName: `image-${images.size + 1}.${extension}`, mimeType, contentId, content });
			return `${attribute}${quote}cid:${contentId}${quote}`;
		},
	);
	return { html: rewritten, images: [...images.values()] };
}

/** @returns null when it is no base64, or nothing */
export function decodeBase64(text: string): Buffer | null {
	const dense = text.replace(/\s+/g, '');
	if (dense === '' || dense.replace(/=+$/, '').length % 4 === 1) return null;
	return /^[A-Za-z0-9+/_-]+={0,2}$/.test(dense) ? Buffer.from(dense, 'base64') : null;
}

function decodeURIComponentSafely(text: string): string {
	return text.replace(/%([0-9a-f]{2})/gi, (_whole, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
