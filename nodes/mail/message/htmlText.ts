/** The plain text that stands beside the HTML of a mail, for programs and people that read no HTML. */
import { lazy } from '../lazy';

/** HTML beyond this is not turned into text: mails are a tenth of it, and nothing else runs meanwhile. */
export const MAX_HTML_LENGTH = 1_000_000;

const reader = lazy(async () => (await import('./read/html/toText')).htmlToText);

/** The text of HTML, its beginning where there is too much of it; links keep their address. */
export async function textOf(html: string): Promise<string> {
	const whole = html.length <= MAX_HTML_LENGTH;
	const htmlToText = await reader();
	const { text } = htmlToText(whole ? html : html.slice(0, MAX_HTML_LENGTH));
	return whole ? text : `${text} …`;
}
