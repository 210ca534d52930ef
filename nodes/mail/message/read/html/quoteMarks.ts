/** Elements by which mail programs set off what they quote. These do not depend on the language of the program. */
import type { Attributes } from './visibility';

/** The element is the quote. */
export type QuoteMark = 'inside' | 'fromHere' | null;

/** Classes of an element that contains the quoted mail. */
const QUOTE_CLASSES =
	/(?:^|\s)(?:gmail_quote|gmail_quote_container|gmail_extra|yahoo_quoted|protonmail_quote|zmail_extra|tutanota_quote|quoted-html|moz-forward-container|moz-cite-prefix|moz-email-headers-table|mail-quote-collapse|mail_quote|front-blockquote|ydp[\w]*yahoo_quoted|x_gmail_quote|zm_ori_reply|aliyun-quote|foxmail_quote|netease_mail_quote)(?:\s|$)/i;
const QUOTE_IDS =
	/^(?:x_)?(?:mail-editor-reference-message-container|isReplyContent|oriMsgHtmlSeperator|reply-intro|yiv\d+yahoo_quoted|replySplit|ntes-pcmail-quote)$/i;
/** The quoted mail begins with this element and goes on to the end. */
const START_IDS =
	/^(?:x_)?(?:divRplyFwdMsg|appendonsend|reply139content|ms-outlook-mobile-reference-message|OLK_SRC_BODY_SECTION|divtagdefaultwrapper_reply)$/i;
const START_CLASSES =
	/(?:^|\s)(?:OutlookMessageHeader|gmail_attr|ecxOutlookMessageHeader|WPS_quote|xm-quote)(?:\s|$)/;
/** The rule that Outlook draws above the header of what it quotes. */
const OUTLOOK_RULE =
	/border:none;border-top:solid#[0-9a-f]{6}1\.0pt;padding:3\.0pt0(?:cm|in)0(?:cm|in)0(?:cm|in)/;

/** A quick look at the whole HTML: most mail has none of these marks, and need not be read twice. */
export function mayHaveMarks(html: string): boolean {
	return /blockquote|quote|gmail_|zmail_extra|moz-|RplyFwd|appendonsend|reply|OutlookMessageHeader|border-top|includetail|OLK_SRC|signature|oriMsg|b5c4df|ReplySection/i.test(
		html,
	);
}

/** What this element says of where the quoted mail is. */
export function quoteMarkOf(name: string, attributes: Attributes): QuoteMark {
	const { class: className = '', id = '', type = '', style = '' } = attributes;
	if (name === 'includetail') return 'fromHere';
	// Foxmail draws this line above the signature and what it quotes.
	if (name === 'hr' && attributes['color']?.toLowerCase() === '#b5c4df') return 'fromHere';
	if (name === 'div' && /^(?:quote|messageReplySection)$/.test(attributes['name'] ?? '')) return 'inside';
	if (name === 'blockquote') {
		if (type.toLowerCase() === 'cite' || 'cite' in attributes || QUOTE_CLASSES.test(className))
			return 'inside';
		// 163 and QQ mark theirs by id or style only.
		return /isReplyContent/i.test(id) || /border-left[^;]*(?:solid|#)/i.test(style) ? 'inside' : null;
	}
	if (className !== '' && QUOTE_CLASSES.test(className)) return 'inside';
	if (id !== '' && QUOTE_IDS.test(id)) return 'inside';
	if ((id !== '' && START_IDS.test(id)) || (className !== '' && START_CLASSES.test(className)))
		return 'fromHere';
	if (name === 'div' && style !== '' && OUTLOOK_RULE.test(style.toLowerCase().replace(/\s+|windowtext/g, '')))
		return 'fromHere';
	return null;
}

/** Signatures that programs mark as such. */
export function isSignature(attributes: Attributes): boolean {
	const { class: className = '', id = '' } = attributes;
	return (
		/(?:^|\s)(?:gmail_signature|gmail_signature_prefix|moz-signature|protonmail_signature_block|x_gmail_signature)(?:\s|$)/i.test(
			className,
		) ||
		attributes['name'] === 'messageSignatureSection' ||
		/^(?:x_)?(?:signature|Signature|ms-outlook-mobile-signature|ymail_android_signature|ntes-pcmac-signature|AppleMailSignature)$/.test(
			id,
		)
	);
}
