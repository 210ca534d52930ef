/** Text whose charset is named wrongly or not at all, in mail that gives other hints of it. */
import { composed, encode, head, message, part, type Case } from './build';

/** Subjects and names without any declaration, in mail whose text is in the same charset. */
const HINTED: readonly [name: string, charset: string, text: string][] = [
	['hebrew', 'windows-1255', 'שלום'],
	['hebrew-words', 'windows-1255', 'פגישה מחר'],
	['polish', 'windows-1250', 'Dziękuję'],
	['czech', 'windows-1250', 'Faktúra č. 12'],
	['turkish', 'windows-1254', 'Toplantı'],
];
/** Without any hint. */
const UNHINTED: readonly [name: string, charset: string, text: string][] = [
	['shift-jis', 'shift_jis', '請求書'],
	['shift-jis-brackets', 'shift_jis', '【重要】お知らせ'],
	['euc-jp-katakana', 'euc-jp', 'テストメール'],
	['euc-jp-kanji', 'euc-jp', '請求書送付'],
];
const WRONG: readonly [name: string, charset: string, declared: string, text: string][] = [
	['windows-1251-called-koi8', 'windows-1251', 'koi8-r', 'Здравствуйте, высылаю счёт на оплату.'],
	['koi8-called-windows-1251', 'koi8-r', 'windows-1251', 'Здравствуйте, высылаю счёт на оплату.'],
	['big5-called-gb2312', 'big5', 'gb2312', '您好，請查收附件中的報價單，謝謝。敬請見諒'],
	['gbk-called-big5', 'gbk', 'big5', '您好，请查收附件中的报价单，谢谢。这是发票'],
	['euc-jp-called-shift-jis', 'euc-jp', 'shift_jis', 'お世話になっております。見積書を送ります。'],
];

export function wrongCharsets(): Case[] {
	const cases: Case[] = [];
	const add = (name: string, source: Buffer, expected: object) =>
		cases.push({ name: `wrongCharsets/${name}`, source, expected });
	for (const [name, charset, text] of HINTED) {
		const disposition = Buffer.concat([
			Buffer.from('attachment; filename="'),
			encode(`${text}.pdf`, charset),
			Buffer.from('"'),
		]);
		add(
			`hint-${name}`,
			composed(head(encode(text, charset)), 'mixed', [
				part(`text/plain; charset=${charset}`, encode(text, charset)),
				part('application/pdf', 'x', ['Content-Disposition', disposition]),
			]),
			{ subject: text, text, attachments: [{ fileName: `${text}.pdf` }] },
		);
	}
	for (const [name, charset, text] of UNHINTED)
		add(`raw-${name}`, message(head(encode(text, charset)), 'x'), { subject: text });
	for (const [name, charset, declared, text] of WRONG)
		add(
			name,
			message([...head('x'), ['Content-Type', `text/plain; charset=${declared}`]], encode(text, charset)),
			{ text },
		);
	return cases;
}
