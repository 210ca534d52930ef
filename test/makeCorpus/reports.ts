/** Bounces in the shapes of the common servers, complaints and receipts. */
import { composed, head, part, plain, textMail, type Case, type Field } from './build';
import { FREE_FORM } from './freeFormReports';
import { LOST, ORIGINAL, ORIGINAL_HEADER } from './lostMail';

const robot = (subject: string, from: string, ...more: Field[]): Field[] =>
	head(subject, ['From', from], ['Return-Path', '<>'], ['Auto-Submitted', 'auto-replied'], ...more);

interface Standard {
	name: string;
	from?: string;
	subject?: string;
	text?: string;
	/** Lines about the recipient. */
	recipient: string;
	reporting?: string;
	/** What comes back: the whole mail or its header. */
	back?: 'message/rfc822' | 'text/rfc822-headers' | 'none';
	expected: { type: string; recipients: object[] };
}

const failed = (status: string, permanent: boolean, more: object = {}) => ({
	address: LOST,
	action: 'failed',
	status,
	permanent,
	...more,
});

const STANDARD: readonly Standard[] = [
	{
		name: 'postfix-unknown-user',
		subject: 'Undelivered Mail Returned to Sender',
		from: 'MAILER-DAEMON@mx.receiver.example (Mail Delivery System)',
		text: "This is the mail system at host mx.receiver.example.\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.",
		recipient:
			'Final-Recipient: rfc822; lost@nowhere.example\nOriginal-Recipient: rfc822;lost@nowhere.example\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.nowhere.example\nDiagnostic-Code: smtp; 550 5.1.1 <lost@nowhere.example>: Recipient address\n    rejected: User unknown',
		expected: {
			type: 'hard',
			recipients: [
				failed('5.1.1', true, {
					remoteServer: 'mx.nowhere.example',
					diagnostic: '550 5.1.1 <lost@nowhere.example>: Recipient address rejected: User unknown',
				}),
			],
		},
	},
	{
		name: 'postfix-delayed',
		subject: 'Delayed Mail (still being retried)',
		recipient:
			'Final-Recipient: rfc822; lost@nowhere.example\nAction: delayed\nStatus: 4.4.1\nDiagnostic-Code: X-Postfix; connect to mx.nowhere.example: Connection timed out\nWill-Retry-Until: Sun, 8 Mar 2026 09:00:00 +0100',
		back: 'text/rfc822-headers',
		expected: {
			type: 'soft',
			recipients: [{ address: LOST, action: 'delayed', status: '4.4.1', permanent: false }],
		},
	},
	{
		name: 'postfix-delivered',
		subject: 'Successful Mail Delivery Report',
		recipient:
			'Final-Recipient: rfc822; lost@nowhere.example\nAction: relayed\nStatus: 2.0.0\nDiagnostic-Code: smtp; 250 OK',
		expected: {
			type: 'none',
			recipients: [{ address: LOST, action: 'relayed', status: '2.0.0', permanent: false }],
		},
	},
	{
		name: 'mailbox-full',
		recipient:
			'Final-Recipient: rfc822; lost@nowhere.example\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 Mailbox full',
		expected: { type: 'soft', recipients: [failed('5.2.2', false)] },
	},
	{
		name: 'sendmail',
		from: 'Mail Delivery Subsystem <MAILER-DAEMON@mx.receiver.example>',
		subject: 'Returned mail: see transcript for details',
		text: 'The original message was received at Tue, 3 Mar 2026\n\n   ----- The following addresses had permanent fatal errors -----\n<lost@nowhere.example>\n    (reason: 550 5.1.1 User unknown)',
		recipient:
			'Final-Recipient: RFC822; lost@nowhere.example\nAction: failed\nStatus: 5.1.1\nRemote-MTA: DNS; mx.nowhere.example\nDiagnostic-Code: SMTP; 550 5.1.1 User unknown\nLast-Attempt-Date: Tue, 3 Mar 2026 09:00:00 +0100',
		expected: { type: 'hard', recipients: [failed('5.1.1', true)] },
	},
	{
		name: 'exchange-online',
		from: 'Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@receiver.example>',
		subject: 'Undeliverable: Your order',
		text: "Your message to lost@nowhere.example couldn't be delivered.\n\nlost wasn't found at nowhere.example.",
		recipient:
			'Final-Recipient: rfc822;lost@nowhere.example\nAction: failed\nStatus: 5.1.10\nDiagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient lost@nowhere.example not found by SMTP address lookup',
		expected: { type: 'hard', recipients: [failed('5.1.10', true)] },
	},
	{
		name: 'exchange-german',
		from: 'Microsoft Outlook <postmaster@receiver.example>',
		subject: 'Unzustellbar: Ihre Bestellung',
		text: 'Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:\n\nlost@nowhere.example',
		recipient:
			'Final-Recipient: rfc822;lost@nowhere.example\nAction: failed\nStatus: 5.7.1\nDiagnostic-Code: smtp;550 5.7.1 Delivery not authorized',
		expected: { type: 'hard', recipients: [failed('5.7.1', true)] },
	},
	{
		name: 'gmail',
		from: 'Mail Delivery Subsystem <mailer-daemon@googlemail.com>',
		subject: 'Delivery Status Notification (Failure)',
		text: "** Address not found **\n\nYour message wasn't delivered to lost@nowhere.example because the address couldn't be found.",
		recipient:
			'Final-Recipient: rfc822; lost@nowhere.example\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; gmail-smtp-in.l.google.com\nDiagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.',
		expected: { type: 'hard', recipients: [failed('5.1.1', true)] },
	},
	{
		name: 'gmail-delay',
		from: 'Mail Delivery Subsystem <mailer-daemon@googlemail.com>',
		subject: 'Delivery Status Notification (Delay)',
		recipient:
			'Final-Recipient: rfc822; lost@nowhere.example\nAction: delayed\nStatus: 4.4.1\nDiagnostic-Code: smtp; The recipient server did not accept our requests to connect.',
		expected: { type: 'soft', recipients: [{ action: 'delayed', permanent: false }] },
	},
	{
		name: 'amazon-ses',
		from: 'MAILER-DAEMON@eu-west-1.amazonses.com',
		subject: 'Delivery Status Notification (Failure)',
		recipient:
			'Final-Recipient: rfc822; lost@nowhere.example\nAction: failed\nRemote-MTA: dns; mx.nowhere.example\nDiagnostic-Code: smtp; 550 5.4.1 Recipient address rejected: Access denied\nStatus: 5.4.1',
		expected: { type: 'hard', recipients: [failed('5.4.1', true)] },
	},
	{
		name: 'exim-standard',
		from: 'Mail Delivery System <Mailer-Daemon@mx.receiver.example>',
		subject: 'Mail delivery failed: returning message to sender',
		recipient:
			'Action: failed\nFinal-Recipient: rfc822;lost@nowhere.example\nStatus: 5.0.0\nRemote-MTA: dns; mx.nowhere.example\nDiagnostic-Code: smtp; 550 No such user here',
		expected: { type: 'hard', recipients: [failed('5.0.0', true)] },
	},
	{
		name: 'greylisted-for-good',
		recipient:
			'Final-Recipient: rfc822; lost@nowhere.example\nAction: failed\nStatus: 4.7.1\nDiagnostic-Code: smtp; 450 4.7.1 Greylisted, try again later',
		expected: { type: 'soft', recipients: [failed('4.7.1', false)] },
	},
	{
		name: 'no-action-field',
		recipient:
			'Final-Recipient: rfc822; lost@nowhere.example\nStatus: 5.1.2\nDiagnostic-Code: smtp; 550 Host unknown',
		expected: { type: 'hard', recipients: [failed('5.1.2', true)] },
	},
	{
		name: 'status-in-diagnostic-only',
		recipient:
			'Final-Recipient: rfc822; lost@nowhere.example\nAction: failed\nDiagnostic-Code: smtp; 550 5.1.1 unknown',
		expected: { type: 'hard', recipients: [failed('5.1.1', true)] },
	},
	{
		name: 'two-recipients',
		recipient:
			'Final-Recipient: rfc822; lost@nowhere.example\nAction: failed\nStatus: 5.1.1\n\nFinal-Recipient: rfc822; full@nowhere.example\nAction: delayed\nStatus: 4.2.2',
		expected: {
			type: 'hard',
			recipients: [
				failed('5.1.1', true),
				{ address: 'full@nowhere.example', action: 'delayed', status: '4.2.2', permanent: false },
			],
		},
	},
	{
		name: 'forwarded-address',
		recipient:
			'Original-Recipient: rfc822; alias@nowhere.example\nFinal-Recipient: rfc822; lost@nowhere.example\nAction: failed\nStatus: 5.1.1',
		expected: {
			type: 'hard',
			recipients: [failed('5.1.1', true, { originalAddress: 'alias@nowhere.example' })],
		},
	},
	{
		name: 'headers-only-back',
		back: 'text/rfc822-headers',
		recipient: 'Final-Recipient: rfc822; lost@nowhere.example\nAction: failed\nStatus: 5.1.1',
		expected: { type: 'hard', recipients: [failed('5.1.1', true)] },
	},
	{
		name: 'nothing-back',
		back: 'none',
		recipient: 'Final-Recipient: rfc822; lost@nowhere.example\nAction: failed\nStatus: 5.1.1',
		expected: { type: 'hard', recipients: [failed('5.1.1', true)] },
	},
	{
		name: 'utf-8-address',
		recipient: 'Final-Recipient: utf-8; lost@nowhere.example\nAction: failed\nStatus: 5.6.7',
		expected: { type: 'hard', recipients: [failed('5.6.7', true)] },
	},
	{
		name: 'action-with-comment',
		recipient:
			'Final-Recipient: rfc822; lost@nowhere.example\nAction: failed (bad destination mailbox)\nStatus: 5.1.1 (permanent)',
		expected: { type: 'hard', recipients: [failed('5.1.1', true)] },
	},
	{
		name: 'no-such-domain',
		recipient:
			'Final-Recipient: rfc822; lost@nowhere.example\nAction: failed\nStatus: 5.4.4\nDiagnostic-Code: X-Postfix; Host or domain name not found. Name service error for\n    name=nowhere.example type=A: Host not found',
		expected: { type: 'hard', recipients: [failed('5.4.4', true)] },
	},
	{
		name: 'expired',
		recipient:
			'Final-Recipient: rfc822; lost@nowhere.example\nAction: failed\nStatus: 5.4.300\nDiagnostic-Code: smtp;550 5.4.300 Message expired -> 451 4.4.1 connection timed out',
		expected: { type: 'soft', recipients: [failed('5.4.300', false)] },
	},
	{
		name: 'full-without-code-for-it',
		recipient:
			'Final-Recipient: rfc822; lost@nowhere.example\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 552 mailbox full',
		expected: { type: 'soft', recipients: [failed('5.0.0', false)] },
	},
	{
		name: 'full-exchange',
		recipient:
			'Final-Recipient: rfc822;lost@nowhere.example\nAction: failed\nStatus: 5.2.0\nDiagnostic-Code: smtp;554 5.2.0 STOREDRV.Deliver.Exception:QuotaExceededException; Failed to process message due to a permanent exception',
		expected: { type: 'soft', recipients: [failed('5.2.0', false)] },
	},
	{
		name: 'own-mailbox',
		recipient:
			'Final-Recipient: LOCAL; lost\nX-Actual-Recipient: rfc822; lost@nowhere.example\nAction: failed\nStatus: 5.1.1',
		expected: { type: 'hard', recipients: [failed('5.1.1', true)] },
	},
	{
		name: 'recipient-in-original-only',
		recipient: 'Final-Recipient: rfc822; \nAction: failed\nStatus: 5.1.1',
		expected: { type: 'hard', recipients: [failed('5.1.1', true)] },
	},
	{
		name: 'expanded-list',
		subject: 'Delivery report',
		recipient: 'Final-Recipient: rfc822; lost@nowhere.example\nAction: expanded\nStatus: 2.1.9',
		expected: { type: 'none', recipients: [{ action: 'expanded', permanent: false }] },
	},
];

export function reports(): Case[] {
	const cases: Case[] = [];
	const add = (name: string, source: Buffer, expected: object) =>
		cases.push({ name: `reports/${name}`, source, expected });
	for (const row of STANDARD) {
		const {
			name,
			from = 'MAILER-DAEMON@mx.receiver.example',
			subject = 'Undelivered Mail Returned to Sender',
			text = 'Your message was not delivered.',
		} = row;
		const back = row.back ?? 'message/rfc822';
		const parts = [
			plain(text),
			part(
				'message/delivery-status',
				`Reporting-MTA: dns; ${row.reporting ?? 'mx.receiver.example'}\nArrival-Date: Tue, 3 Mar 2026 09:00:00 +0100\n\n${row.recipient}\n`,
			),
			...(back === 'none'
				? []
				: [part(back, `${ORIGINAL_HEADER}\n${back === 'message/rfc822' ? 'Hello\n' : ''}`)]),
		];
		add(
			`standard-${name}`,
			composed(robot(subject, from), 'report', parts, '; report-type=delivery-status'),
			{
				bounce: {
					...row.expected,
					source: 'standard',
					reportingServer: 'mx.receiver.example',
					...(back !== 'none' && ORIGINAL),
				},
				automatic: { kind: 'bounce' },
				replyText: text.split('\n\n----')[0]?.trim() === text ? text : undefined,
			},
		);
	}
	for (const { name, from, subject, text, fields = [], type, recipient, original } of FREE_FORM) {
		add(`text-${name}`, textMail(robot(subject, from, ...fields), text), {
			bounce: { type, source: 'text', recipients: [recipient], ...(original && ORIGINAL) },
			automatic: { kind: 'bounce' },
		});
	}
	notBounces(add);
	others(add);
	return cases;
}

type Add = (name: string, source: Buffer, expected: object) => void;

function notBounces(add: Add): void {
	const none = { bounce: null };
	add(
		'no-bounce-person-asks',
		textMail(
			head('Delivery failed?'),
			'My parcel could not be delivered. Can you help? Write to me at ada@sender.example.',
		),
		none,
	);
	add(
		'no-bounce-person-forwards',
		textMail(
			head('Fwd: failure notice'),
			'> Hi. This is the qmail-send program at mx.\n> <lost@nowhere.example>:\n> 550 unknown user',
		),
		none,
	);
	add(
		'no-bounce-postmaster-writes',
		textMail(
			head('Maintenance tonight', ['From', 'postmaster@mx.receiver.example']),
			'The servers will be down from 22:00.',
		),
		none,
	);
	add(
		'no-bounce-shop-robot',
		textMail(head('Your order has shipped', ['From', 'no-reply@shop.example']), 'Your parcel is on its way.'),
		none,
	);
}

/** Mail of robots about things that were not delivered, none of which is the reader's mail. */
const NO_BOUNCES: readonly [name: string, from: string, subject: string, text: string, fields?: Field[]][] = [
	[
		'parcel-german',
		'DHL Paket <noreply@parcels.example>',
		'Ihr Paket konnte nicht zugestellt werden',
		'Ihr Paket konnte heute nicht zugestellt werden. Fragen? kontakt@parcels.example',
	],
	[
		'parcel-delayed',
		'no-reply@parcels.example',
		'Delivery notification: your package is delayed',
		'Your package 12345 is delayed.',
	],
	[
		'food',
		'Delivery <orders@food.example>',
		'Your order was not delivered',
		'Your order could not be delivered. Contact help@food.example',
	],
	[
		'newsletter',
		'bounces@news.example',
		'Not delivered: what parties promised',
		'Write to a@news.example',
		[['List-Unsubscribe', '<https://news.example/u>']],
	],
	[
		'own-quota',
		'postmaster@receiver.example',
		'Storage warning',
		'Mailbox full: team@receiver.example. Delete some mail.',
	],
	[
		'quarantine',
		'postmaster@receiver.example',
		'Spam Quarantine Notification',
		'These messages have been blocked:\nFrom: a@x.example Subject: Undeliverable mail',
	],
];

function others(add: Add): void {
	for (const [name, from, subject, text, fields = []] of NO_BOUNCES)
		add(`no-bounce-${name}`, textMail(head(subject, ['From', from], ...fields), text), { bounce: null });
	add(
		'no-bounce-vacation-without-sender',
		textMail(
			head('Automatic reply: x', ['Auto-Submitted', 'auto-replied'], ['Return-Path', '<>']),
			'I am away, and my mailbox is full. Write to eve@sender.example.',
		),
		{ bounce: null, automatic: { kind: 'vacation' } },
	);
	add(
		'complaint-outlook-com',
		composed(head('complaint about message from 192.0.2.7', ['From', 'staff@hotmail.com']), 'mixed', [
			part('message/rfc822', `X-HmXmrOriginalRecipient: lost@nowhere.example\n${ORIGINAL_HEADER}\nHello\n`),
		]),
		{
			complaint: { feedbackType: 'abuse', recipients: [LOST], sourceIp: '192.0.2.7', ...ORIGINAL },
			automatic: { kind: 'complaint' },
		},
	);
	const arf = (fields: string) =>
		composed(
			head('FW: Your order', ['From', 'complaints@isp.example']),
			'report',
			[
				plain('This is an email abuse report.'),
				part('message/feedback-report', fields),
				part('message/rfc822', `${ORIGINAL_HEADER}\nHello\n`),
			],
			'; report-type=feedback-report',
		);
	add(
		'complaint',
		arf(
			'Feedback-Type: abuse\nUser-Agent: SomeISP/1.0\nVersion: 1\nOriginal-Rcpt-To: <lost@nowhere.example>\nSource-IP: 192.0.2.7\n',
		),
		{
			complaint: {
				feedbackType: 'abuse',
				recipients: [LOST],
				sourceIp: '192.0.2.7',
				userAgent: 'SomeISP/1.0',
				...ORIGINAL,
			},
			bounce: null,
			automatic: { kind: 'complaint' },
		},
	);
	add(
		'complaint-two-recipients',
		arf('Feedback-Type: abuse\nVersion: 1\nOriginal-Rcpt-To: a@x.example\nOriginal-Rcpt-To: b@x.example\n'),
		{ complaint: { recipients: ['a@x.example', 'b@x.example'], sourceIp: null } },
	);
	add('complaint-not-spam', arf('Feedback-Type: not-spam\nVersion: 1\n'), {
		complaint: { feedbackType: 'not-spam', recipients: [] },
	});
	const mdn = (disposition: string) =>
		composed(
			head('Read: Your order'),
			'report',
			[
				plain('The message was displayed.'),
				part(
					'message/disposition-notification',
					`Reporting-UA: mail.example; Reader 1.0\nOriginal-Recipient: rfc822;lost@nowhere.example\nFinal-Recipient: rfc822;lost@nowhere.example\nOriginal-Message-ID: <order-1@receiver.example>\nDisposition: ${disposition}\n`,
				),
			],
			'; report-type=disposition-notification',
		);
	const receipt = { recipient: LOST, originalMessageId: '<order-1@receiver.example>' };
	add('receipt-displayed', mdn('manual-action/MDN-sent-manually; displayed'), {
		receipt: { disposition: 'displayed', manual: true, ...receipt },
		automatic: { kind: 'receipt' },
		bounce: null,
	});
	add('receipt-deleted', mdn('automatic-action/MDN-sent-automatically; deleted'), {
		receipt: { disposition: 'deleted', manual: false, ...receipt },
	});
	add('receipt-with-modifier', mdn('manual-action/MDN-sent-automatically; displayed/error'), {
		receipt: { disposition: 'displayed' },
	});
}
