/**
 * Which charset bytes are in when nobody says, or says wrong. Each candidate decodes a sample, and the one that yields
 * the most everyday letters of its language wins. On subjects of a few characters, which is what arrives undeclared,
 * this is right far more often than byte statistics.
 */
import { decodeAs } from './codec';

/** Bytes that are enough to tell. */
const SAMPLE_BYTES = 2_048;
/** Below this share of plausible letters nothing is guessed. */
const MIN_SCORE = 0.45;

/** How the words of its languages look: Han characters, an alphabet of its own, or Latin letters with accents. */
type Kind = 'han' | 'alphabet' | 'western';

interface Candidate {
	charset: string;
	kind: Kind;
	/** Everyday letters: a full point each. */
	common: Set<string>;
	/** What else its texts contain: half a point. */
	possible: RegExp;
}

const HAN = /[\u4e00-\u9fff]/;
const ACCENTED = /[\u00c0-\u017f]/;

const candidate = (kind: Kind, charset: string, common: string, possible: RegExp): Candidate => ({
	charset,
	kind,
	common: new Set(common),
	possible,
});

const HANZI =
	'的一是不了在人有我他中大上到子和你地出道也年得就那要下以生自之家可小心多天而能好都日起成事只作想看文手十用主行方又如前所本面公同三已老知民分外但身些高意法此回二理美月明其全工己向情部正名定女力等很最新打便位因重被走四第相次海口使教西再平真世信北少内加化由代入先山五太水市才住性通目立命活神安表原白路期常提感金何更反合放系或司利受光王果及今京制解各任至清物台共接特望直服林建南度色字交百科元社指思非流每青夫快往近留治周保半候七必城父步完深求品士空告江英基派式息令德持取始友站改委早房音火首失香石若志包造件您附件';
const SIMPLIFIED =
	'这来国个说们为时会着过学对里后么还发当无开经头动两长样现将与进把实点种声话儿问机给几业间什电门东听气关并产万体别处总场师书员华报马难数车应亲务记边风战干许觉题统请让认论义术结资队带条变联言权该领传红达办运强转众轻语满写识极黄钱设双历广议际则单据导网专观组视济离谢测试发送邮订单报价户标签议约税额费购账';
const TRADITIONAL =
	'這來國個說們為時會著過學對裡後麼還發當無開經頭動兩長樣現將與進實點種聲話問機給幾業間電門東聽氣關並產萬體別處總場師書員華報馬難數車應親務記邊風戰許覺題統請讓認論義術結資隊帶條變聯權該領傳紅達辦運強轉眾輕語滿寫識極黃錢設雙歷廣議際則單據導網專觀組視濟離謝測試送郵訂價戶標簽約稅額費購賬臺';
const KANJI =
	'日本人年大会中国出月時分行前東京社者今田上事自新方同部合内間見目会議様件資料送信確認願致株式番号案内連絡予定返登録注文詳細利用必要以下請求書様件重要発送納品領収支払価格商品配送変更停止障害報告打合議室面談応募採用契約更新期限手続受付担当御中部長課営業開発技術研修説明参加招待確定日程';
/** The Hangul that Korean texts use; the rest of the charset is what texts in others look like. */
const KS_X_1001 = decodeAs(
	Buffer.from(Array.from({ length: 25 * 94 }, (_, i) => [0xb0 + Math.floor(i / 94), 0xa1 + (i % 94)]).flat()),
	'cp949',
);
const KANA =
	'ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬねのはばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろわをんァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロワヲンヴー';
const HANGUL =
	'이다는의가을에를하고지로기사한은도대서리시인자어나정수해제아보부전그일상주여원구세적게과들안문장성동공국신개발연무들니습있합요메확알림첨파내용감드립번호회계약';
const CYRILLIC = 'оеаинтсрвлкмдпуяы';
const CYRILLIC_POSSIBLE = /[а-яёА-ЯЁ№—«»…іїєґІЇЄҐ]/;

const CANDIDATES: readonly Candidate[] = [
	candidate('han', 'gb18030', HANZI + SIMPLIFIED, /[，。！？：；（）《》、“”…—\uff10-\uff5a]/),
	candidate('han', 'big5-hkscs', HANZI + TRADITIONAL, /[，。！？：；（）《》、「」…—\uff10-\uff5a]/),
	candidate('han', 'cp932', KANJI + KANA, /[、。！？「」【】]/),
	candidate('han', 'euc-jp', KANJI + KANA, /[、。！？「」【】]/),
	candidate('han', 'cp949', HANGUL, new RegExp(`[${KS_X_1001}]`)),
	candidate('alphabet', 'windows-1251', CYRILLIC, CYRILLIC_POSSIBLE),
	candidate('alphabet', 'koi8-r', CYRILLIC, CYRILLIC_POSSIBLE),
	candidate('alphabet', 'windows-1253', 'αοιετσνηυρπκάίό', /[α-ωΑ-Ωά-ώ]/),
	candidate('alphabet', 'windows-1255', 'יוהלאתרשמבנ', /[א-ת]/),
	candidate('alphabet', 'windows-1256', 'اليمونترب', /[ء-ي]/),
	candidate('alphabet', 'windows-874', 'ากนรอเงมยลวดทสต่้ั', /[ก-๙]/),
	candidate('western', 'windows-1252', 'äöüßéèàâêîôûçñáíóúãõåæøëïÄÖÜÉÅØ', /[À-ÖØ-öø-ÿ€–—‘’“”•…«»©®™°§]/),
	candidate('western', 'windows-1250', 'ąćęłńśźżěščřžýůőűŁŚŻČŘŠŽďťň', /[áéíóúöüäçëÁÉÍÓÚÖÜđşţăâî]/),
	candidate('western', 'windows-1254', 'şğıİçöüŞĞ', /[âîûÇÖÜ]/),
];

/** How much better another charset has to fit than the one that is named. */
const CLEARLY_BETTER = 0.3;
/** Bytes beyond ASCII that are enough to doubt what is named. */
const ENOUGH_BYTES = 12;

/**
 * The charset these bytes are most likely in.
 *
 * @param declared gets a head start, since senders are more often right than wrong
 * @returns null when nothing is likely
 */
export function guessCharset(bytes: Buffer, declared = ''): string | null {
	const sample = bytes.subarray(0, SAMPLE_BYTES);
	let best: string | null = null;
	let bestScore = MIN_SCORE;
	for (const one of CANDIDATES) {
		const { charset } = one;
		const score = scoreOf(decodeAs(sample, charset), one) + (charset === declared ? 0.05 : 0);
		if (score > bestScore) {
			best = charset;
			bestScore = score;
		}
	}
	return best;
}

/** Whether the bytes read well in a charset; also true for one that nothing is known of. */
export function readsWellAs(bytes: Buffer, charset: string): boolean {
	const one = CANDIDATES.find((candidate) => candidate.charset === charset);
	return !one || scoreOf(decodeAs(bytes.subarray(0, SAMPLE_BYTES), charset), one) > MIN_SCORE;
}

/**
 * The charset of text that could be in the one that is named, but makes no sense there: KOI8 called Windows-1251, Big5
 * called GB2312.
 *
 * @returns null when the named one will do
 */
export function clearlyBetter(bytes: Buffer, declared: string): string | null {
	const one = CANDIDATES.find((candidate) => candidate.charset === declared);
	const sample = bytes.subarray(0, SAMPLE_BYTES);
	if (!one || one.kind === 'western' || sample.filter((byte) => byte > 127).length < ENOUGH_BYTES)
		return null;
	const score = scoreOf(decodeAs(sample, declared), one);
	if (score + CLEARLY_BETTER > 1) return null;
	const best = guessCharset(sample);
	const other = CANDIDATES.find((candidate) => candidate.charset === best);
	if (!other || other === one || other.kind === 'western') return null;
	return scoreOf(decodeAs(sample, other.charset), other) >= score + CLEARLY_BETTER ? other.charset : null;
}

/** Points for each character beyond ASCII, as a share from 0 to 1; below 0 when it is no text at all. */
function scoreOf(text: string, { common, possible, kind }: Candidate): number {
	let points = 0;
	let count = 0;
	const characters = [...text];
	let startsLower = false;
	characters.forEach((character, index) => {
		if (!isLetter(characters[index - 1] ?? '')) startsLower = isLower(character);
		const code = character.codePointAt(0) ?? 0;
		if (code <= 127) return;
		count++;
		if (code === 0xfffd || code < 0xa0 || (code >= 0xe000 && code <= 0xf8ff)) points--;
		else points += pointsOf(character, characters[index - 1] ?? '', characters[index + 1] ?? '');
	});
	return count === 0 ? 0 : points / count;

	function pointsOf(character: string, previous: string, next: string): number {
		const known = common.has(character) || common.has(character.toLowerCase());
		// A capital in the middle of a word is what text in a neighbouring charset looks like.
		if (isUpper(character) && (startsLower || isLower(previous))) return 0;
		// Western words have accented letters one at a time; others do not have them inside ASCII words.
		if (kind === 'western' && ACCENTED.test(character) && ACCENTED.test(previous)) return 0;
		if (kind === 'alphabet' && (/[a-z]/i.test(previous) || /[a-z]/i.test(next))) return 0;
		if (known) return 1;
		if (possible.test(character)) return 0.5;
		return kind === 'han' && HAN.test(character) ? 0.25 : 0;
	}
}

const isLower = (character: string): boolean => character !== character.toUpperCase();
const isLetter = (character: string): boolean => isLower(character) || isUpper(character);
const isUpper = (character: string): boolean => character !== character.toLowerCase();
