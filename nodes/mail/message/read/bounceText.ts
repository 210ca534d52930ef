/**
 * Delivery reports without a part for programs: qmail, Exim, old Sendmail and Exchange, Gmail, Yahoo, Domino and many
 * more. They differ in words, but all name the address and close to it what the server said.
 */
import type { BouncedRecipient } from '../meaning';
import type { Address } from '../parsed';
import { first, type Headers } from './headerFields';

export interface TextEvidence {
	headers: Headers;
	from: readonly Address[];
	subject: string;
	text: string;
}

/** Characters in which the report itself stands; the rest is the original. */
const MAX_TEXT = 30_000;
const MAX_RECIPIENTS = 200;
const MAX_DIAGNOSTIC = 500;

/** Names that only mail servers use, as the beginning of an address or as its display name. */
const SERVER =
	/^(?:mailer-?daemon|postmaster|mail-?(?:delivery|admin)|mail delivery (?:sub)?system|mdaemon|microsoftexchange\w*|mail[ _-]?daemon)(?:[+_.-].*)?(?:@|$)/i;
/** Names that servers use, and shops and parcel services too. */
const ROBOT = /^(?:bounces?|no-?reply|complaints|delivery)(?:[+_.-].*)?(?:@|$)/i;
/** The answer of a mail server, which no parcel service quotes. */
const REPLY_CODE = /(?:^|[^\d.])(?:[45]\d\d[ -]|[45]\.\d{1,3}\.\d{1,3}(?!\.?\d))/;
/** Subjects of postmasters that list mails which were held back, with subjects of all kinds. */
const LISTING = /quarant|digest|spam|junk/i;
const SUBJECT =
	/(?:undeliver|returned (?:e?mail|to sender)|mail (?:delivery|system) (?:fail|error|status|subsystem|delay)|delivery (?:status notification|fail|has failed|notification|report|delay|problem|incomplete|unsuccessful)|failure notice|failed (?:delivery|mail)|mail(?:ing)? fail|non[- ]?deliver|message (?:could not|not|status - undeliver)|could not be delivered|not delivered|nicht (?:zustellbar|zugestellt)|unzustellbar|zustell(?:fehler|ung)|non remis|échec (?:de la )?(?:remise|distribution)|non distribu|impossible de remettre|no entregado|no se pudo entregar|mancata consegna|messaggio non consegnato|não (?:foi )?entregue|falha na entrega|niet (?:bezorgd|afgeleverd)|onbestelbaar|не (?:доставлено|удалось доставить)|недоставленн|ошибка доставки|невозможно доставить|niedostarcz|zwrot|退信|无法投递|無法投遞|投递失败|投遞失敗|配信(?:できません|不能|エラー)|未配信|반송|(?:배달|발송|전송|수신) ?(?:실패|되지))/iu;
const BODY =
	/(?:this is the (?:mail (?:system|delivery)|qmail-send program|mail delivery agent)|this message was created automatically by mail delivery software|could not be delivered|couldn['’]t be delivered|was(?: not|n['’]t) delivered|delivery to the following recipients? (?:failed|has failed|has been delayed)|did not reach (?:some or all of )?the (?:intended|following) recipient|permanent (?:fatal )?errors?|unable to deliver|wasn't able to deliver|delivery (?:has )?failed|undeliverable|returned to (?:the )?sender|address(?:es)? (?:failed|not found)|failed recipients?|recipient address rejected|user unknown|mailbox (?:is )?(?:full|unavailable|not found)|no such (?:user|address|recipient)|warning: (?:message|could not send)|transient non-fatal|konnte nicht zugestellt|nicht zugestellt werden|n['’]a pas pu être|no (?:pudo ser|se ha podido) entreg|non è stato possibile (?:consegnare|recapitare)|não pôde ser entregue|kon niet worden (?:bezorgd|afgeleverd)|не (?:может быть|было|удалось) доставл?е?н?и?т?ь?|无法(?:送达|投递|发送)|退回|配信できません|届けることができません|(?:전송|발송|배달)(?:하지 못|되지 (?:못|않)| ?실패))/iu;
/** What follows is the mail that came back. */
const ORIGINAL =
	/^(?:[-= *_]{0,40}\s*(?:below this line is a copy|this is a copy of (?:the|your) message|original message|returned message|message header|transcript of session follows|unsent message|the (?:header|body) of the (?:original )?message|included is a copy|copy of (?:the )?message|start of (?:returned )?message|ursprüngliche (?:nachricht|e-mail)|message d['’]origine|mensaje original|原始邮件|原始郵件)|(?:return-path|received|message-id|mime-version):\s)/im;
const DELAYED =
	/(?:delay(?:ed|s)?\b|will (?:keep|continue) (?:to )?(?:try|be re)|still (?:being|trying)|not yet been delivered|warning(?: message)?[: ]|transient non-fatal|temporar(?:y|ily) (?:fail|defer)|no action is required|keine aktion|verzögert|wird weiter versucht|retard[ée]|retrasad|in ritardo|задерж|延迟|遅延|지연)/iu;
/** A full mailbox: it passes, whatever code the server gives. */
export const FULL =
	/(?:mailbox (?:is )?(?:over )?full|over (?:its |the allowed )?quota|quota ?exceeded|insufficient (?:system )?storage|mailbox size limit|exceeded (?:his|her|its|their)?\s*(?:mailbox|storage)|out of storage|postfach (?:ist )?voll|boîte (?:aux lettres )?pleine|buzón (?:de correo )?lleno|casella piena|переполнен|邮箱(?:已|空间)?满|空间(?:已|不足)|容量(?:不足|を超)|용량 초과)/iu;
const PASSING =
	/(?:try again later|temporarily|timed? ?out|connection (?:refused|timed)|greylist|too many (?:messages|connections)|rate limit)/iu;
export const ADDRESS = /[\w!#$%&'*+/=?^`{|}~.-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.)+[\p{L}]{2,24}/gu;

/**
 * Reads a free-form report.
 *
 * @param originalTo To of the mail that came back, for reports that name no address themselves
 * @param isReport whether a part for programs says that it is one, though it names no recipient
 * @returns null when the mail is no report
 */
export function bounceFromText(
	evidence: TextEvidence,
	originalTo: () => string | null,
	isReport: boolean,
): BouncedRecipient[] | null {
	const { headers, from, subject } = evidence;
	const failed = first(headers, 'x-failed-recipients');
	const text = evidence.text.slice(0, MAX_TEXT);
	const sender = from[0]?.address ?? '';
	const isServer = SERVER.test(sender) || SERVER.test(from[0]?.name ?? '');
	const isNamed = isReport || failed !== '';
	// People forward and discuss bounces: a program must have sent it, and its words must say what it is.
	if (!isNamed && !isReportOf(evidence, text, isServer)) return null;
	const report = text.slice(0, ORIGINAL.exec(text)?.index ?? text.length);
	const own = new Set([sender.toLowerCase(), ...(first(headers, 'to').toLowerCase().match(ADDRESS) ?? [])]);
	const named = (failed === '' ? (report.match(ADDRESS) ?? []) : (failed.match(ADDRESS) ?? [])).filter(
		(address) =>
			failed !== '' || !(own.has(address.toLowerCase()) || SERVER.test(address) || ROBOT.test(address)),
	);
	const addresses = [...new Map(named.map((address) => [address.toLowerCase(), address])).values()];
	const fallback = originalTo()?.match(ADDRESS)?.[0];
	// Words about full mailboxes without anybody's name are a warning to the reader.
	if (!isNamed && addresses.length === 0 && fallback === undefined && !SUBJECT.test(subject)) return null;
	const all = addresses.length > 0 ? addresses.slice(0, MAX_RECIPIENTS) : [fallback ?? null];
	const delayed =
		DELAYED.test(subject) ||
		(DELAYED.test(report.slice(0, 1_500)) && !/permanent|giv(?:en|ing) up|failed permanently/i.test(report));
	return all.map((address) => describe(address, report, delayed));
}

/** How much must be said depends on who says it: shops also write that something could not be delivered. */
function isReportOf({ headers, from, subject }: TextEvidence, text: string, isServer: boolean): boolean {
	const isTold = SUBJECT.test(subject) || BODY.test(text);
	if (isServer) return SUBJECT.test(subject) || (isTold && !LISTING.test(subject));
	const sender = from[0]?.address ?? '';
	const hasNoSender = /^\s*<\s*>\s*$/.test(first(headers, 'return-path'));
	if (!(hasNoSender || ROBOT.test(sender)) || first(headers, 'list-unsubscribe') !== '') return false;
	const isSure = hasNoSender && SUBJECT.test(subject) && BODY.test(text);
	return isSure || (isTold && REPLY_CODE.test(text));
}

function describe(address: string | null, report: string, delayed: boolean): BouncedRecipient {
	const around = addressContext(address, report);
	const said = around === '' ? report : around;
	const status = /(?:^|[^\d.])([45]\.\d{1,3}\.\d{1,3})(?!\.?\d)/.exec(said)?.[1] ?? null;
	const code = /(?:^|[^\d.])([45])\d\d[ -]/.exec(said)?.[1] ?? status?.charAt(0);
	const action = delayed ? 'delayed' : 'failed';
	const passes =
		code === '4' || FULL.test(said) || PASSING.test(said) || /^5\.(?:2\.2|4\.\d+)$/.test(status ?? '');
	const remoteServer =
		/(?:host|server|remote host(?: said)?:?|mta)\s+([\w-]+(?:\.[\w-]+)+)/i.exec(said)?.[1] ?? null;
	return {
		address,
		originalAddress: null,
		action,
		status,
		diagnostic: around === '' ? null : around.slice(0, MAX_DIAGNOSTIC),
		remoteServer,
		permanent: !delayed && !passes,
	};
}

/** The words that go with an address: the rest of its paragraph, or the next one when it stands alone. */
function addressContext(address: string | null, report: string): string {
	const at = address === null ? -1 : report.toLowerCase().indexOf(address.toLowerCase());
	if (address === null || at < 0) return words(/^.*\b[45]\d\d[ -].*$/m.exec(report)?.[0] ?? '');
	const after = report
		.slice(at + address.length, at + address.length + 3_000)
		.replace(/^[>)\]"':;,.\s]*?(?=\n|[^>)\]"':;,.\s])/, '');
	// "because:" stands alone above what the server said.
	const paragraphs = after
		.replace(/^\s+/, '')
		.split(/\n\s*\n/, 3)
		.map(words);
	return paragraphs.find((text) => text.length > 3 && !/^\S{1,20}:$/.test(text)) ?? '';
}

function words(text: string): string {
	return text.replace(/\s+/g, ' ').trim();
}
