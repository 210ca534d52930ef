/** The mail whose item is shown in docs/message.md and in the editor. */
import { composed, group, head, html, part, plain } from '../makeCorpus/build';

export function exampleMail(): Buffer {
	const fields = head(
		'Re: Offer 2026-17',
		['Return-Path', '<ada@sender.example>'],
		[
			'Authentication-Results',
			'mx.receiver.example; dkim=pass header.d=sender.example; spf=pass smtp.mailfrom=sender.example; dmarc=pass header.from=sender.example',
		],
		['Reply-To', 'Sales <sales@sender.example>'],
		['Cc', 'Bob <bob@receiver.example>'],
		['In-Reply-To', '<offer-1@receiver.example>'],
		['References', '<offer-1@receiver.example>'],
	);
	const text =
		'Thank you, we accept. The signed order is attached.\n\nAda\n\nOn Mon, 2 Mar 2026 at 17:40, Team <team@receiver.example> wrote:\n> Here is our offer.\n';
	const rich =
		'<p>Thank you, we accept. The signed order is attached.</p><p>Ada</p><div class="gmail_quote">On Mon, 2 Mar 2026 at 17:40, Team wrote:<blockquote>Here is our offer.</blockquote></div>';
	return composed(fields, 'mixed', [
		group('alternative', 'alt', [plain(text), html(rich)]),
		part(
			'application/pdf; name="order.pdf"',
			Buffer.from('JVBERi0xLjQK').toString(),
			['Content-Transfer-Encoding', 'base64'],
			['Content-Disposition', 'attachment; filename="order.pdf"'],
		),
	]);
}
