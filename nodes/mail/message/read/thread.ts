/** Where a mail stands in its conversation (RFC 5322 §3.6.4). */
import type { Thread } from '../meaning';

/** "Re:" as mail programs of the world write it, also counted ("Re[2]:", "RE(3):"). */
const REPLY =
	/^(?:re|aw|antw|antwort|sv|vs|vl|ref|r|rif|res|odp|ynt|cevap|bls|atb|yan|vá|válasz|πα|σχετ|απ|на|отв|ответ|回复|回覆|答复|答覆|回信|返信|回|답장|회신|رد|השב|ตอบ|tr)(?:\s*[[(]\s*\d+\s*[\])]|\^\d+|\*\d+)?\s*[:：]\s*/iu;
const FORWARD =
	/^(?:fwd?|wg|wtr|tr|doorst|vb|vs|vl|rv|enc|i|pd|ilt|továbbítás|fs|trs|πρθ|прд|пересл|переслать|fwd fwd|转发|轉寄|轉發|转寄|転送|전달|إعادة توجيه|הועבר|ส่งต่อ)(?:\s*[[(]\s*\d+\s*[\])]|\^\d+)?\s*[:：]\s*/iu;
/** Prefixes that are also the beginning of many a subject ("Ref: invoice 12"); only an answer makes them one. */
const DOUBTFUL = /^(?:r|i|ref|res|vs|fs|на)\s*[:：]/iu;
/** Prefixes that are read; nobody has more in earnest. */
const MAX_PREFIXES = 30;

export function threadOf(
	ids: { messageId: string | null; inReplyTo: string | null; references: readonly string[] },
	subject: string,
): Thread {
	// Without In-Reply-To the last reference is the parent (RFC 5322 §3.6.4).
	const parentId = ids.inReplyTo ?? ids.references.at(-1) ?? null;
	const prefixes = stripPrefixes(subject, parentId !== null);
	return {
		rootId: ids.references[0] ?? ids.inReplyTo ?? ids.messageId,
		parentId,
		isReply: (parentId !== null && !prefixes.isForward) || prefixes.isReply,
		isForward: prefixes.isForward,
		subject: prefixes.subject,
	};
}

interface Stripped {
	subject: string;
	isReply: boolean;
	isForward: boolean;
}

/** The outermost prefix tells what this mail is; the others what it was before. */
function stripPrefixes(written: string, isAnswer: boolean): Stripped {
	let subject = written.replace(/\s+/g, ' ').trim();
	let first: 'reply' | 'forward' | null = null;
	for (let count = 0; count < MAX_PREFIXES; count++) {
		// A tag of a list or of a gateway before the prefix: "[list] Re: …", "[EXT] AW: …".
		const tag = /^\[[^\]]{1,60}\]\s*(?=\S)/.exec(subject)?.[0] ?? '';
		const rest = subject.slice(tag.length);
		const reply = REPLY.exec(rest)?.[0];
		const forward = FORWARD.exec(rest)?.[0];
		// "TR" and "VS" mean different things in different languages; English habits decide.
		const isForward = forward !== undefined && (reply === undefined || /^tr/i.test(rest));
		const found = isForward ? forward : reply;
		if (found === undefined || (first === null && !isAnswer && DOUBTFUL.test(rest))) break;
		first ??= isForward ? 'forward' : 'reply';
		subject = rest.slice(found.length).trim();
	}
	return { subject, isReply: first === 'reply', isForward: first === 'forward' };
}
