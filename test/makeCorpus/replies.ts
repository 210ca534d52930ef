/** Replies as the common programs write them, in the main languages. The mails are made up; the shapes are theirs. */
import { composed, head, html, htmlMail, plain, textMail, type Case } from './build';

const NEW = 'Thanks, Thursday works for me.\n\nSee you then.';
const FIELDS = head(
	'Re: Meeting',
	['In-Reply-To', '<first@receiver.example>'],
	['References', '<first@receiver.example>'],
);
const quoted = '> Does Thursday work?\n>\n> Bob';

/** Text replies: what introduces the quote, and the quote. */
const ATTRIBUTIONS: readonly [name: string, line: string][] = [
	['gmail-english', 'On Tue, Mar 3, 2026 at 9:15 AM Bob Example <bob@receiver.example> wrote:'],
	[
		'gmail-english-wrapped',
		'On Tue, Mar 3, 2026 at 9:15 AM Bob Example With A Long Name\n<bob@receiver.example> wrote:',
	],
	['gmail-german', 'Am Di., 3. März 2026 um 09:15 Uhr schrieb Bob Example <bob@receiver.example>:'],
	['gmail-french', 'Le mar. 3 mars 2026 à 09:15, Bob Example <bob@receiver.example> a écrit :'],
	['gmail-spanish', 'El mar, 3 mar 2026 a las 9:15, Bob Example (<bob@receiver.example>) escribió:'],
	['gmail-italian', 'Il giorno mar 3 mar 2026 alle ore 09:15 Bob Example <bob@receiver.example> ha scritto:'],
	['gmail-portuguese', 'Em ter., 3 de mar. de 2026 às 09:15, Bob Example <bob@receiver.example> escreveu:'],
	['gmail-dutch', 'Op di 3 mrt 2026 om 09:15 schreef Bob Example <bob@receiver.example>:'],
	['gmail-polish', 'wt., 3 mar 2026 o 09:15 Bob Example <bob@receiver.example> napisał(a):'],
	['gmail-russian', 'вт, 3 мар. 2026 г. в 09:15, Bob Example <bob@receiver.example>:'],
	['gmail-chinese', 'Bob Example <bob@receiver.example> 于2026年3月3日周二 09:15写道：'],
	['gmail-japanese', '2026年3月3日(火) 9:15 Bob Example <bob@receiver.example>:'],
	['gmail-korean', '2026년 3월 3일 (화) 오전 9:15, Bob Example <bob@receiver.example>님이 작성:'],
	['gmail-swedish', 'Den tis 3 mars 2026 kl 09:15 skrev Bob Example <bob@receiver.example>:'],
	['gmail-turkish', 'Bob Example <bob@receiver.example>, 3 Mar 2026 Sal, 09:15 tarihinde şunu yazdı:'],
	['thunderbird-english', 'On 03/03/2026 09:15, Bob Example wrote:'],
	['thunderbird-german', 'Am 03.03.26 um 09:15 schrieb Bob Example:'],
	['apple-mail-english', '> On 3 Mar 2026, at 09:15, Bob Example <bob@receiver.example> wrote:'],
	['apple-mail-german', '> Am 03.03.2026 um 09:15 schrieb Bob Example <bob@receiver.example>:'],
	[
		'yahoo-english',
		'On Tuesday, March 3, 2026 at 09:15:00 AM GMT+1, Bob Example <bob@receiver.example> wrote:',
	],
	['netease-163', '在 2026-03-03 09:15:00，"Bob Example" <bob@receiver.example> 写道：'],
	['gmail-hebrew', '‫בתאריך יום ג׳, 3 במרץ 2026 ב-9:15 מאת ‪Bob Example‬‏ <‪bob@receiver.example‬‏>:‬'],
	['gmail-catalan', 'Missatge de Bob Example <bob@receiver.example> del dia dt., 3 de març 2026 a les 9:15:'],
	['gmail-slovenian', 'V tor., 3. mar. 2026 ob 09:15 je oseba Bob Example <bob@receiver.example> napisala:'],
	['gmail-hindi', 'मंगल, 3 मार्च 2026 को 9:15 am बजे को Bob Example <bob@receiver.example> ने लिखा:'],
	[
		'apple-mail-polish',
		'Wiadomość napisana przez Bob Example <bob@receiver.example> w dniu 3 mar 2026, o godz. 09:15:',
	],
	['seamonkey', 'Bob Example wrote:'],
	['horde', 'Quoting Bob Example <bob@receiver.example>:'],
	['horde-german', 'Zitat von Bob Example <bob@receiver.example>:'],
	['zoho', '---- On Tue, 03 Mar 2026 09:15:00 +0100 Bob Example <bob@receiver.example> wrote ----'],
	['lotus-notes', '-----Bob Example/ORG wrote: -----'],
	['netease-163-english', 'At 2026-03-03 09:15:00, "Bob Example" <bob@receiver.example> wrote:'],
];

/** Text replies that quote without marks: everything after is the old mail. */
const BLOCKS: readonly [name: string, block: string][] = [
	[
		'outlook-english',
		'From: Bob Example <bob@receiver.example>\nSent: Tuesday, March 3, 2026 9:15 AM\nTo: Ada Example <ada@sender.example>\nSubject: Meeting\n\nDoes Thursday work?',
	],
	[
		'outlook-german',
		'Von: Bob Example <bob@receiver.example>\nGesendet: Dienstag, 3. März 2026 09:15\nAn: Ada Example <ada@sender.example>\nBetreff: Meeting\n\nPasst Donnerstag?',
	],
	[
		'outlook-french',
		'De : Bob Example <bob@receiver.example>\nEnvoyé : mardi 3 mars 2026 09:15\nÀ : Ada Example <ada@sender.example>\nObjet : Réunion\n\nJeudi ?',
	],
	[
		'outlook-spanish',
		'De: Bob Example <bob@receiver.example>\nEnviado el: martes, 3 de marzo de 2026 9:15\nPara: Ada Example <ada@sender.example>\nAsunto: Reunión\n\n¿Jueves?',
	],
	[
		'outlook-chinese',
		'发件人: Bob Example <bob@receiver.example>\n发送时间: 2026年3月3日 9:15\n收件人: Ada Example <ada@sender.example>\n主题: 会议\n\n周四可以吗？',
	],
	[
		'outlook-japanese',
		'差出人: Bob Example <bob@receiver.example>\n送信日時: 2026年3月3日 9:15\n宛先: Ada Example <ada@sender.example>\n件名: 会議\n\n木曜日はいかがですか。',
	],
	[
		'outlook-russian',
		'От: Bob Example <bob@receiver.example>\nОтправлено: 3 марта 2026 г. 9:15\nКому: Ada Example <ada@sender.example>\nТема: Встреча\n\nЧетверг?',
	],
	[
		'outlook-line',
		'________________________________\nFrom: Bob Example <bob@receiver.example>\nSent: Tuesday, March 3, 2026 9:15 AM\nTo: Ada\nSubject: Meeting\n\nThursday?',
	],
	[
		'outlook-romanian',
		'De la: Bob <bob@receiver.example>\nTrimis: marți, 3 martie 2026 09:15\nCătre: Ada\nSubiect: Ședință\n\nJoi?',
	],
	['groupwise', '>>> Bob Example <bob@receiver.example> 3/3/2026 9:15 AM >>>\nThursday?\n\nBob'],
	[
		'aliyun',
		'------------------------------------------------------------------\n发件人：Bob <bob@receiver.example>\n发送时间：2026年3月3日(星期二) 09:15\n收件人：ada <ada@sender.example>\n主　题：会议\n\n周四？',
	],
	[
		'netease-replied',
		'---- Replied Message ----\n| From | Bob<bob@receiver.example> |\n| Date | 03/03/2026 09:15 |\n| To | ada<ada@sender.example> |\n| Subject | Meeting |\nThursday?',
	],
	[
		'gmx',
		'Gesendet: Dienstag, 3. März 2026 um 09:15 Uhr\nVon: "Bob Example" <bob@receiver.example>\nAn: ada@sender.example\nBetreff: Meeting\n\nDonnerstag?',
	],
	[
		'apple-forward-chinese',
		'以下是被转发的邮件：\n\n发件人: Bob <bob@receiver.example>\n主题: 会议\n日期: 2026年3月3日 GMT+8 09:15:00\n收件人: Ada\n\n周四?',
	],
	['helpdesk-line', '##- Please type your reply above this line -##\n\nYour ticket 12 was updated.'],
	['outlook-old', '-----Original Message-----\nFrom: Bob Example\nSent: Tuesday\n\nThursday?'],
	[
		'outlook-old-german',
		'-----Ursprüngliche Nachricht-----\nVon: Bob Example\nGesendet: Dienstag\n\nDonnerstag?',
	],
	[
		'qq',
		'------------------ 原始邮件 ------------------\n发件人: "Bob"<bob@receiver.example>;\n发送时间: 2026年3月3日(星期二) 上午9:15\n收件人: "Ada"<ada@sender.example>;\n主题: 会议\n\n周四可以吗？',
	],
	[
		'qq-english',
		'------------------&nbsp;Original&nbsp;------------------\nFrom: "Bob"<bob@receiver.example>;\nDate: Tue, Mar 3, 2026 09:15 AM\nTo: "Ada"<ada@sender.example>;\nSubject: Meeting\n\nThursday?',
	],
	['foxmail', '发件人： Bob Example\n发送时间： 2026-03-03 09:15\n收件人： ada\n主题： 会议\n周四可以吗？'],
	[
		'gmail-forward',
		'---------- Forwarded message ---------\nFrom: Bob Example <bob@receiver.example>\nDate: Tue, Mar 3, 2026 at 9:15 AM\nSubject: Meeting\nTo: Ada\n\nThursday?',
	],
	[
		'apple-forward',
		'Begin forwarded message:\n\nFrom: Bob Example <bob@receiver.example>\nSubject: Meeting\n\nThursday?',
	],
	[
		'bold-fields',
		'*From:* Bob Example <bob@receiver.example>\n*Sent:* Tuesday, March 3, 2026 9:15 AM\n*To:* Ada\n*Subject:* Meeting\n\nThursday?',
	],
	[
		'attribution-without-marks',
		'On Tue, Mar 3, 2026 at 9:15 AM Bob Example <bob@receiver.example> wrote:\n\nDoes Thursday work?',
	],
];

const NEW_HTML = '<div>Thanks, Thursday works for me.</div><div><br></div><div>See you then.</div>';
const OLD_HTML = '<p>Does Thursday work?</p>';

/** HTML replies: the markup of the program around what it quotes. */
const MARKUP: readonly [name: string, source: string][] = [
	[
		'gmail',
		`<div dir="ltr">${NEW_HTML}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Tue, Mar 3, 2026 Bob &lt;<a href="mailto:bob@receiver.example">bob@receiver.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex">${OLD_HTML}</blockquote></div>`,
	],
	[
		'gmail-with-signature',
		`<div dir="ltr">${NEW_HTML}<br clear="all"><div><span class="gmail_signature_prefix">-- </span><br><div dir="ltr" class="gmail_signature">Ada<br>Head of Examples</div></div></div><br><div class="gmail_quote gmail_quote_container">${OLD_HTML}</div>`,
	],
	[
		'outlook-web',
		`<div>${NEW_HTML}</div><div id="appendonsend"></div><hr style="width:98%"><div id="divRplyFwdMsg"><b>From:</b> Bob<br><b>Sent:</b> Tuesday<br></div><div>${OLD_HTML}</div>`,
	],
	[
		'outlook-desktop',
		`<div class="WordSection1"><p class="MsoNormal">Thanks, Thursday works for me.</p><p class="MsoNormal">See you then.</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p><b>From:</b> Bob<br><b>Sent:</b> Tuesday<br><b>To:</b> Ada<br><b>Subject:</b> Meeting</p></div></div>${OLD_HTML}</div>`,
	],
	[
		'apple-mail',
		`<html><body>${NEW_HTML}<div><br><blockquote type="cite"><div>On 3 Mar 2026, at 09:15, Bob wrote:</div><br><div>${OLD_HTML}</div></blockquote></div></body></html>`,
	],
	[
		'thunderbird',
		`<html><body>${NEW_HTML}<div class="moz-cite-prefix">On 3/3/26 9:15, Bob wrote:<br></div><blockquote type="cite" cite="mid:first@receiver.example">${OLD_HTML}</blockquote><div class="moz-signature">-- <br>Ada</div></body></html>`,
	],
	[
		'yahoo',
		`<html><body><div class="yahoo-style-wrap">${NEW_HTML}</div><div id="ydp1yahoo_quoted_9" class="ydp1yahoo_quoted"><div>On Tuesday, Bob wrote:</div><div>${OLD_HTML}</div></div></body></html>`,
	],
	[
		'qq-html',
		`<div>${NEW_HTML}</div><div><includetail><div>&nbsp;</div><div style="font-size: 12px">------------------&nbsp;Original&nbsp;------------------</div><div>${OLD_HTML}</div></includetail></div>`,
	],
	[
		'netease-html',
		`<div>${NEW_HTML}</div><div id="ntes-pcmail-quote"><div>At 2026-03-03, Bob wrote:</div><blockquote id="isReplyContent" style="PADDING-LEFT: 1ex; BORDER-LEFT: #ccc 1px solid">${OLD_HTML}</blockquote></div>`,
	],
	[
		'proton',
		`<div>${NEW_HTML}</div><div class="protonmail_quote">On Tuesday, Bob wrote:<br><blockquote class="protonmail_quote" type="cite">${OLD_HTML}</blockquote></div>`,
	],
	[
		'gmx-html',
		`<div>${NEW_HTML}<div name="quote" style="border-left:2px solid #C3D9E5;"><div><b>Gesendet:</b>&nbsp;Dienstag<br/><b>Von:</b>&nbsp;Bob</div><div name="quoted-content">${OLD_HTML}</div></div></div>`,
	],
	[
		'foxmail-html',
		`<div>${NEW_HTML}</div><hr style="width: 210px; height: 1px;" color="#b5c4df" size="1" align="left"><div>Ada</div><blockquote><div style="border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm"><b>发件人：</b>Bob</div>${OLD_HTML}</blockquote>`,
	],
	[
		'outlook-web-rule',
		`<div>${NEW_HTML}</div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg"><b>Von:</b> Bob</div>${OLD_HTML}`,
	],
	[
		'spark',
		`<div name="messageBodySection">${NEW_HTML}</div><div name="messageSignatureSection"><br>Ada Example</div><div name="messageReplySection">On Mar 3, 2026, Bob wrote:<br><blockquote type="cite">${OLD_HTML}</blockquote></div>`,
	],
	[
		'zoho',
		`<div>${NEW_HTML}<div class="zmail_extra"><div>---- On Tue, Bob wrote ----</div><blockquote>${OLD_HTML}</blockquote></div></div>`,
	],
];

export function replies(): Case[] {
	const cases: Case[] = [];
	const add = (name: string, source: Buffer, replyText: string) =>
		cases.push({ name: `replies/${name}`, source, expected: { replyText } });
	for (const [name, line] of ATTRIBUTIONS)
		add(`text-${name}`, textMail(FIELDS, `${NEW}\n\n${line}\n\n${quoted}\n`), NEW);
	for (const [name, block] of BLOCKS) add(`text-${name}`, textMail(FIELDS, `${NEW}\n\n${block}\n`), NEW);
	for (const [name, source] of MARKUP)
		add(
			`html-${name}`,
			htmlMail(FIELDS, source),
			name === 'outlook-desktop' ? 'Thanks, Thursday works for me.\n\nSee you then.' : NEW,
		);
	add(
		'text-interleaved',
		textMail(
			FIELDS,
			'Hi Bob,\n\nOn 03/03/2026 09:15, Bob wrote:\n> Does Thursday work?\n\nYes.\n\n> And the room?\n\nThe big one.\n',
		),
		'Hi Bob,\n\nYes.\n\nThe big one.',
	);
	add(
		'text-below-quote',
		textMail(FIELDS, 'On 03/03/2026 09:15, Bob wrote:\n> Does Thursday work?\n\nYes.\n'),
		'Yes.',
	);
	add('text-signature', textMail(FIELDS, `${NEW}\n\n-- \nAda Example\nHead of Examples\n`), NEW);
	add(
		'text-sent-from-iphone',
		textMail(
			FIELDS,
			`${NEW}\n\nSent from my iPhone\n\n> On 3 Mar 2026, at 09:15, Bob <bob@receiver.example> wrote:\n> \n> Thursday?\n`,
		),
		NEW,
	);
	add(
		'text-iphone-german',
		textMail(
			FIELDS,
			`${NEW}\n\nVon meinem iPhone gesendet\n\n> Am 03.03.2026 um 09:15 schrieb Bob:\n> \n> Donnerstag?\n`,
		),
		NEW,
	);
	add(
		'text-outlook-for-ios',
		textMail(
			FIELDS,
			`${NEW}\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\nFrom: Bob <bob@receiver.example>\nSent: Tuesday\nTo: Ada\nSubject: Meeting\n\nThursday?`,
		),
		NEW,
	);
	add('text-iphone-chinese', textMail(FIELDS, `${NEW}\n\n发自我的iPhone\n`), NEW);
	add('no-quote-at-all', textMail(FIELDS, NEW), NEW);
	add(
		'text-with-colons-is-kept',
		textMail(FIELDS, 'Two things:\n\nFrom: the office\nwe go at 10:15.\n\nHe wrote: yes.'),
		'Two things:\n\nFrom: the office\nwe go at 10:15.\n\nHe wrote: yes.',
	);
	add(
		'text-with-rule-is-kept',
		textMail(FIELDS, 'Above\n________________________________\nBelow'),
		'Above\n________________________________\nBelow',
	);
	const kept: [name: string, text: string][] = [
		[
			'words-of-a-customer',
			'The customer of order 4711 wrote:\n\nI want my money back.\n\nPlease handle it.',
		],
		['words-at-a-time', 'At 10:30 our lawyer wrote:\n\nWe accept.\n\nSo please go on.'],
		[
			'web-form',
			'New entry:\n\nFrom: Ada <ada@sender.example>\nSubject: Prices\nDate: 2026-03-03\nMessage: How much is it?',
		],
		['parcel-was-sent', 'The parcel was\nsent from Berlin on Monday'],
	];
	for (const [name, text] of kept) add(`text-${name}-is-kept`, textMail(head('Question'), text), text);
	add(
		'text-pgp-in-place',
		textMail(
			FIELDS,
			'-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nThanks, Thursday works for me.\n- -- dashes\n-----BEGIN PGP SIGNATURE-----\n\niQEzBAEB\n-----END PGP SIGNATURE-----\n',
		),
		'Thanks, Thursday works for me.\n-- dashes',
	);
	const devices = [
		'Von Samsung-Tablet gesendet',
		'Odesláno z iPhonu',
		'Trimis de pe iPhone-ul meu',
		'来自我的iPhone',
		'Holen Sie sich Outlook für Android',
		'נשלח מה-iPhone שלי',
	];
	devices.forEach((line, index) =>
		add(`text-device-${index + 1}`, textMail(FIELDS, `${NEW}\n\n${line}\n`), NEW),
	);
	add(
		'both-forms-gmail',
		composed(FIELDS, 'alternative', [
			plain(`${NEW}\n\nOn Tue, Mar 3, 2026 at 9:15 AM Bob <bob@receiver.example> wrote:\n\n${quoted}\n`),
			html(MARKUP[0]?.[1] ?? ''),
		]),
		NEW,
	);
	add(
		'both-forms-outlook',
		composed(FIELDS, 'alternative', [
			plain(`${NEW}\n\n${BLOCKS[0]?.[1] ?? ''}\n`),
			html(MARKUP[3]?.[1] ?? ''),
		]),
		NEW,
	);
	const threads: [string, ReturnType<typeof head>, object][] = [
		[
			'reply',
			head('AW: Re: Angebot', ['In-Reply-To', '<2@x>'], ['References', '<1@x> <2@x>']),
			{ rootId: '<1@x>', parentId: '<2@x>', isReply: true, isForward: false, subject: 'Angebot' },
		],
		[
			'begins',
			head('Angebot'),
			{ rootId: '<m1@sender.example>', parentId: null, isReply: false, isForward: false, subject: 'Angebot' },
		],
		['forward', head('WG: Angebot'), { isReply: false, isForward: true, subject: 'Angebot' }],
		[
			'chinese-reply',
			head('回复：报价', ['In-Reply-To', '<1@x>']),
			{ rootId: '<1@x>', isReply: true, subject: '报价' },
		],
		['chinese-forward', head('转发: 报价'), { isForward: true, subject: '报价' }],
		['counted', head('Re[3]: Offer'), { isReply: true, subject: 'Offer' }],
		[
			'list-tag',
			head('[team] Re: Offer', ['References', '<1@x>']),
			{ parentId: '<1@x>', isReply: true, subject: 'Offer' },
		],
		[
			'finnish-reply',
			head('VS: Tarjous', ['In-Reply-To', '<1@x>']),
			{ isReply: true, isForward: false, subject: 'Tarjous' },
		],
		['reference-is-no-reply', head('Ref: Invoice 12'), { isReply: false, subject: 'Ref: Invoice 12' }],
		['italian-forward', head('I: Offerta', ['References', '<1@x>']), { isForward: true, subject: 'Offerta' }],
		['i-is-no-forward', head('I: think so'), { isForward: false, subject: 'I: think so' }],
		['research-is-no-reply', head('Research: results'), { isReply: false, subject: 'Research: results' }],
	];
	for (const [name, fields, thread] of threads)
		cases.push({ name: `replies/thread-${name}`, source: textMail(fields, 'x'), expected: { thread } });
	return cases;
}
