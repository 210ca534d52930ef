/** Signed and encrypted mail is recognised and said so; neither is checked or opened here (RFC 8551, RFC 3156). */
import type { Protection } from '../meaning';
import { fileNameOf } from './body';
import type { MimePart } from './mime/tree';

/** Parts that are looked at. */
const MAX_LOOKED_AT = 200;

/** @param text the body, for PGP without MIME */
export function protectionOf(root: MimePart, text: string): Protection {
	const found: Protection = { signed: null, encrypted: null };
	let looked = 0;
	const visit = (part: MimePart) => {
		if (++looked > MAX_LOOKED_AT) return;
		const protocol = (part.parameters['protocol'] ?? '').toLowerCase();
		if (part.type === 'multipart/signed') found.signed ??= protocol.includes('pgp') ? 'pgp' : 'smime';
		else if (part.type === 'multipart/encrypted') found.encrypted ??= 'pgp';
		else if (/^application\/(?:x-)?pkcs7-mime$/.test(part.type)) {
			const kind = (part.parameters['smime-type'] ?? '').toLowerCase();
			if (kind === 'signed-data') found.signed ??= 'smime';
			else if (kind === 'enveloped-data' || kind === 'authenveloped-data' || kind === '')
				found.encrypted ??= 'smime';
		} else if (/^application\/(?:x-)?pkcs7-signature$/.test(part.type)) found.signed ??= 'smime';
		else if (part.type === 'application/octet-stream' && /^smime\.p7m$/i.test(fileNameOf(part) ?? ''))
			found.encrypted ??= 'smime';
		else if (part.type === 'application/pgp-encrypted') found.encrypted ??= 'pgp';
		for (const child of part.children) visit(child);
	};
	visit(root);
	if (/^-----BEGIN PGP MESSAGE-----\s*$/m.test(text)) found.encrypted ??= 'pgp';
	if (/^-----BEGIN PGP SIGNED MESSAGE-----\s*$/m.test(text)) found.signed ??= 'pgp';
	return found;
}
