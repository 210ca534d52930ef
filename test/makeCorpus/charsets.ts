/** Text in every charset that mail is still sent in, declared well, badly and not at all. */
import {
	base64,
	composed,
	encode,
	head,
	message,
	part,
	quotedPrintable,
	textMail,
	word,
	type Case,
} from './build';

/** A sentence for the body and a subject in each. The words are ours. */
const SAMPLES: readonly [charset: string, subject: string, text: string][] = [
	['gb2312', '订单确认通知', '您好，附件是本月的报价单，请查收。谢谢！'],
	['gbk', '会议时间变更', '各位同事：明天上午的会议改到下午三点，地点不变。'],
	['gb18030', '发票已经开具', '㐂先生，您的发票已经寄出，请注意查收邮件。'],
	['big5', '訂單確認通知', '您好，附件是本月的報價單，請查收。謝謝！'],
	['iso-2022-jp', '会議のご案内', 'お世話になっております。来週の会議の資料をお送りします。'],
	['shift_jis', '見積書の送付', '①見積書を添付いたします。ご確認をお願いいたします。'],
	['euc-jp', 'ご注文の確認', 'ご注文ありがとうございます。明日発送いたします。'],
	['euc-kr', '회의 일정 안내', '안녕하세요. 다음 주 회의 자료를 첨부합니다. 확인 부탁드립니다.'],
	['koi8-r', 'Подтверждение заказа', 'Здравствуйте! Ваш заказ принят и будет отправлен завтра.'],
	['koi8-u', 'Підтвердження замовлення', 'Вітаємо! Ваше замовлення прийнято, їжак чекає на ґанку.'],
	['windows-1251', 'Счёт за услуги', 'Добрый день! Во вложении счёт за прошлый месяц.'],
	['iso-8859-5', 'Приглашение', 'Приглашаем вас на встречу в пятницу.'],
	[
		'windows-1250',
		'Potvrzení objednávky',
		'Dobrý den, vaše objednávka byla přijata. Děkujeme, že jste si vybrali nás.',
	],
	['iso-8859-2', 'Zażółć gęślą jaźń', 'Dzień dobry, w załączeniu przesyłam umowę. Proszę o potwierdzenie.'],
	['windows-1252', 'Größe und Maß – geprüft', 'Schöne Grüße aus München – „alles gut“, für 10 €.'],
	['iso-8859-1', 'Réponse à votre question', 'Voilà la réponse : ça marche très bien, même à Noël.'],
	['iso-8859-15', 'Prix en €', 'Le prix est de 25 € pour le cœur de gamme.'],
	['windows-1253', 'Επιβεβαίωση παραγγελίας', 'Καλημέρα σας, η παραγγελία σας έχει σταλεί.'],
	['iso-8859-7', 'Πρόσκληση', 'Σας προσκαλούμε στη συνάντηση της Παρασκευής.'],
	['windows-1254', 'Sipariş onayı', 'Merhaba, siparişiniz alındı. Teşekkür ederiz, iyi günler.'],
	['iso-8859-9', 'Toplantı çağrısı', 'Toplantı yarın saat üçte, şirket binasında.'],
	['windows-1255', 'אישור הזמנה', 'שלום רב, ההזמנה שלך התקבלה ותישלח מחר.'],
	['windows-1256', 'تأكيد الطلب', 'مرحبا، تم استلام طلبك وسيتم إرساله غدا.'],
	['windows-1257', 'Užsakymo patvirtinimas', 'Laba diena, jūsų užsakymas priimtas. Ačiū!'],
	['windows-1258', 'Thông báo', 'Xin chào, tôi ăn bánh.'],
	['tis-620', 'ยืนยันคำสั่งซื้อ', 'สวัสดีครับ เราได้รับคำสั่งซื้อของคุณแล้ว'],
	['utf-8', 'Prüfung ✓ 测试 テスト', 'Alle Zeichen: äöü ß € 中文 日本語 한국어 русский 😀'],
	['utf-7', 'Hello – Grüße', 'Grüße aus Köln, 1 + 1 = 2.'],
	['hz-gb-2312', '订单通知', '您好，谢谢您的来信。'],
	['iso-2022-kr', '회의 안내', '안녕하세요 여러분'],
	['macintosh', 'Déjà vu', 'Crème brûlée à volonté'],
];
/** Short enough for a subject that nobody declares, and in a charset whose bytes can be told from others. */
const RAW = [
	'gb2312',
	'gb18030',
	'big5',
	'shift_jis',
	'euc-jp',
	'euc-kr',
	'koi8-r',
	'windows-1251',
	'windows-1252',
	'iso-8859-1',
	'utf-8',
	'windows-1253',
	'iso-2022-jp',
];

const sample = (charset: string) => SAMPLES.find(([name]) => name === charset) as (typeof SAMPLES)[number];
const SEVEN_BIT = /^(?:iso-2022|hz|utf-7)/;

export function charsets(): Case[] {
	const cases: Case[] = [];
	const add = (name: string, source: Buffer, expected: object) =>
		cases.push({ name: `charsets/${name}`, source, expected });
	for (const [charset, subject, text] of SAMPLES) {
		const bytes = encode(text, charset);
		const type = ['Content-Type', `text/plain; charset=${charset}`] as const;
		const fields = head(word(subject, charset), type);
		add(`${charset}-base64`, message([...fields, ['Content-Transfer-Encoding', 'base64']], base64(bytes)), {
			subject,
			text,
		});
		if (SEVEN_BIT.test(charset)) add(`${charset}-7bit`, message(fields, bytes), { subject, text });
		else {
			const qp = head(word(subject, charset, 'Q'), type, ['Content-Transfer-Encoding', 'quoted-printable']);
			add(`${charset}-quoted-printable`, message(qp, quotedPrintable(bytes)), { subject, text });
		}
	}
	for (const charset of RAW) {
		const [, subject, text] = sample(charset);
		const raw = head(encode(subject, charset), [
			'From',
			Buffer.concat([
				Buffer.from('"'),
				encode(subject.slice(0, 4), charset),
				Buffer.from('" <raw@sender.example>'),
			]),
		]);
		const declared = message(
			[...raw, ['Content-Type', `text/plain; charset=${charset}`], ['Content-Transfer-Encoding', '8bit']],
			encode(text, charset),
		);
		const from = [{ address: 'raw@sender.example', name: subject.slice(0, 4).trim() }];
		add(`raw-header-${charset}`, declared, { subject, text, from });
		add(`undeclared-${charset}`, message(raw, encode(`${text}\r\n${text}`, charset)), {
			subject,
			text: `${text}\n${text}`,
		});
	}
	wrong(add);
	words(add);
	flowed(add);
	return cases;
}

type Add = (name: string, source: Buffer, expected: object) => void;

/** Programs that name one charset and use another. */
function wrong(add: Add): void {
	const pairs: [said: string, used: string][] = [
		['us-ascii', 'utf-8'],
		['us-ascii', 'gb2312'],
		['us-ascii', 'windows-1251'],
		['iso-8859-1', 'utf-8'],
		['iso-8859-1', 'windows-1251'],
		['iso-8859-1', 'gb2312'],
		['utf-8', 'gb2312'],
		['utf-8', 'windows-1252'],
		['utf-8', 'windows-1251'],
		['utf-8', 'shift_jis'],
		['gb2312', 'utf-8'],
		['big5', 'utf-8'],
		['windows-1251', 'utf-8'],
		['koi8-r', 'utf-8'],
		['shift_jis', 'utf-8'],
		['x-unknown', 'utf-8'],
		['unknown-8bit', 'koi8-r'],
		['hex', 'utf-8'],
		['iso-2022-jp', 'iso-2022-jp'],
	];
	for (const [said, used] of pairs) {
		const [, , text] = sample(used);
		const fields = head(
			'Wrong charset',
			['Content-Type', `text/plain; charset="${said}"`],
			['Content-Transfer-Encoding', '8bit'],
		);
		add(`says-${said}-is-${used}`, message(fields, encode(text, used)), { text });
	}
	const htmlText = '<html><head><meta charset="gbk"></head><body><p>您好，谢谢您的来信。</p></body></html>';
	add(
		'html-meta-charset',
		message(
			head('Meta', ['Content-Type', 'text/html'], ['Content-Transfer-Encoding', '8bit']),
			encode(htmlText, 'gbk'),
		),
		{
			text: '您好，谢谢您的来信。',
			textSource: 'html',
		},
	);
	add(
		'utf-8-with-byte-order-mark',
		message(head('Mark', ['Content-Type', 'text/plain; charset=utf-8']), Buffer.from('\ufeffGrüße')),
		{ text: 'Grüße' },
	);
	add(
		'utf-8-cut-in-mid-character',
		message(
			head('Cut', ['Content-Type', 'text/plain; charset=utf-8']),
			Buffer.from('Schöne Grüße und Küsse aus Köln, für ö').subarray(0, -1),
		),
		{
			text: 'Schöne Grüße und Küsse aus Köln, für \ufffd',
		},
	);
	add('nul-bytes', message(head('Nul', ['Content-Type', 'text/plain; charset=utf-8']), 'a\u0000b\u0000c'), {
		text: 'abc',
	});
}

/** Encoded words as they are and as they should not be. */
function words(add: Add): void {
	const long = '这是一个非常长的主题，用来检查编码词被截断的情况';
	const bytes = encode(long, 'utf-8');
	const split = [bytes.subarray(0, 20), bytes.subarray(20, 41), bytes.subarray(41)].map((piece) =>
		word(piece, 'UTF-8'),
	);
	const gb = encode(long, 'gbk');
	const splitGb = [gb.subarray(0, 15), gb.subarray(15, 31), gb.subarray(31)].map((piece) =>
		word(piece, 'GBK', 'Q'),
	);
	const rows: [name: string, subject: string, expected: string][] = [
		['split-in-mid-character-utf-8', split.join('\r\n '), long],
		['split-in-mid-character-gbk', splitGb.join('\r\n '), long],
		['words-of-two-charsets', `${word('Grüße', 'iso-8859-1', 'Q')} ${word('中文', 'gb2312')}`, 'Grüße中文'],
		['word-amid-text', `Re: ${word('Größe', 'utf-8', 'Q')} of item 5`, 'Re: Größe of item 5'],
		['word-without-blanks-around', `a${word('ö', 'utf-8')}b`, 'aöb'],
		['word-with-blanks-inside', '=?utf-8?Q?Gr=C3=BC=C3=9Fe aus K=C3=B6ln?=', 'Grüße aus Köln'],
		['word-with-language', '=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=', 'Grüße'],
		['word-lower-case-encoding', '=?utf-8?b?R3LDvMOfZQ==?=', 'Grüße'],
		['word-without-padding', '=?utf-8?B?R3LDvMOfZQ?=', 'Grüße'],
		['word-of-unknown-charset', '=?x-nowhere?Q?caf=C3=A9?=', 'café'],
		['word-that-never-ends', '=?utf-8?Q?abc and more', '=?utf-8?Q?abc and more'],
		['word-empty', 'a =?utf-8?Q??= b', 'a  b'],
		['word-in-wrong-charset', word(encode('Grüße aus Köln', 'utf-8'), 'iso-8859-1'), 'Grüße aus Köln'],
		['question-marks-only', 'What? =? Really ?=', 'What? =? Really ?='],
	];
	for (const [name, subject, expected] of rows)
		add(name, textMail(head(subject), 'x'), { subject: expected.replace(/\s+/g, ' ') });
	add(
		'word-in-quoted-name',
		textMail(head('Name', ['From', `"${word('Müller, Jürgen', 'utf-8')}" <jm@sender.example>`]), 'x'),
		{
			from: [{ address: 'jm@sender.example', name: 'Müller, Jürgen' }],
		},
	);
	add(
		'word-with-comma-in-name',
		textMail(
			head('Name', [
				'To',
				`${word('Müller, Jürgen', 'utf-8')} <jm@x.example>, ${word('李雷', 'gb2312')} <ll@y.example>`,
			]),
			'x',
		),
		{
			to: [
				{ address: 'jm@x.example', name: 'Müller, Jürgen' },
				{ address: 'll@y.example', name: '李雷' },
			],
		},
	);
}

/** RFC 3676. */
function flowed(add: Add): void {
	const type = (extra = '') => ['Content-Type', `text/plain; charset=utf-8; format=flowed${extra}`] as const;
	add(
		'flowed',
		message(head('Flowed', type()), 'This is one \r\nparagraph that was \r\nwrapped.\r\n\r\n  Indented.\r\n'),
		{
			text: 'This is one paragraph that was wrapped.\n\n Indented.',
		},
	);
	add('flowed-delsp', message(head('Flowed', type('; delsp=yes')), Buffer.from('你好 \r\n世界 \r\n！\r\n')), {
		text: '你好世界！',
	});
	add(
		'flowed-quotes',
		message(
			head('Flowed', type()),
			'> This was \r\n> quoted.\r\n>> Deeper \r\n>> still.\r\nAnswer.\r\n-- \r\nAda\r\n',
		),
		{
			text: '> This was quoted.\n>> Deeper still.\nAnswer.\n-- \nAda',
		},
	);
	add(
		'two-charsets-in-one-mail',
		composed(head('Two'), 'mixed', [
			part('text/plain; charset=gb2312', base64(encode('您好', 'gb2312')), [
				'Content-Transfer-Encoding',
				'base64',
			]),
			part('text/plain; charset=koi8-r', encode('Привет', 'koi8-r'), ['Content-Transfer-Encoding', '8bit']),
		]),
		{ text: '您好\nПривет' },
	);
}
