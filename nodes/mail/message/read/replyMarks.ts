/** How mail programs of the world introduce what they quote, and end what a person wrote. Data for replyText.ts. */

/** "On … wrote:" — the verb, in its languages. The line also has a date or an address, and ends in a colon. */
const WROTE = [
	'wrote',
	'writes',
	'schrieb',
	'geschrieben',
	'a écrit',
	'écrivait',
	'escribió',
	'escribio',
	'va escriure',
	'ha scritto',
	'scrisse',
	'escreveu',
	'schreef',
	'geschreven',
	'skrev',
	'kirjoitti',
	'napisał\\(a\\)',
	'napisała?',
	'pisze',
	'napsal\\(?a?\\)?',
	'napísala?',
	'írta',
	'a scris',
	'yazdı',
	'şunu yazdı',
	'έγραψε',
	'написала?',
	'написал\\(а\\)',
	'пишет',
	'пише',
	'написа',
	'je napisao',
	'je napisala',
	'je napisao\\/la',
	'napisao je',
	'rašė',
	'rakstīja',
	'kirjutas',
	'đã viết',
	'menulis',
	'เขียนว่า',
	'כתבה?',
	'כתב\\/ה',
	'‫כתב',
	'كتبت?',
	'نوشت',
	'写道',
	'寫道',
	'写信给',
	'书写',
	'書きました',
	'書き込みました',
	'(?:の|から)?(?:メール|メッセージ)',
	'さんは(?:次のように)?書きました',
	'작성',
	'님이 작성',
	'썼습니다',
	'쓴 글',
	'님이 쓰신',
];
export const ATTRIBUTION_VERB = new RegExp(
	`(?:^|[\\s\\d"'>)）】\\]、，,]|[\\p{Script=Han}\\p{Script=Hangul}\\p{Script=Hiragana}])(?:${WROTE.join('|')})(?=[\\s:：]|$|\\S{0,40}[:：])`,
	'iu',
);

/** Gmail in some languages says no more than when and who. */
export const ATTRIBUTION_WITHOUT_VERB = /\d{1,4}[年./: ].*<[^<>\s]{1,64}@[^<>\s]{1,200}>\s*[:：]\s*$/;

/** How such a line begins, for those that are wrapped before the name. */
export const ATTRIBUTION_START =
	/^(?:on|at|am|le|el|il|in data|em|no dia|op|den|på|pe|w dniu|dnia|dne|dňa|v|ve|a|la|în|στις|στο|в|у|на|ср|пн|вт|чт|пт|сб|вс|\d{1,4}[./年-]|20\d\d|在|于|vào|pada|בתאריך|في|เมื่อ|mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|jeu|ven|sam|dim)(?=[\s\d,.:年]|$)/iu;

/** Lines that alone say: from here on it is an older mail. */
export const SEPARATORS: readonly RegExp[] = [
	/^[>\s]*[-=_*]{2,}(?:\s|&nbsp;)*(?:original (?:message|appointment|email)|reply message|forwarded (?:message|by .{0,80})|(?:ursprüngliche|original) ?(?:-?nachricht|e-?mail)|originalnachricht|weitergeleitete nachricht|message (?:d['’]origine|original|transf[ée]r[ée])|mensaje (?:original|reenviado)|messaggio (?:originale|inoltrato)|mensagem (?:original|encaminhada)|oorspronkelijk bericht|doorgestuurd bericht|ursprungligt meddelande|original meddelelse|oprindelig meddelelse|opprinnelig melding|alkuperäinen viesti|wiadomość oryginalna|oryginalna wiadomość|přeposlaná zpráva|původní (?:zpráva|e-mail)|eredeti üzenet|mesaj original|orijinal (?:mesaj|ileti)|αρχικό μήνυμα|исходное сообщение|пересылаемое сообщение|пересланное сообщение|конец пересылаемого|оригінальне повідомлення|原始(?:邮件|郵件|信件)|原始訊息|转发(?:邮件|信息)?(?:的邮件)?|轉寄(?:郵件)?|回复的原邮件|original|元のメッセージ|転送されたメッセージ|forwarded message|원본 메(?:시|일)지?|원본 메일|הודעה מקורית|الرسالة الأصلية)(?:\s.{0,60})?(?:\s|&nbsp;)*[-=_*]{2,}\s*$/iu,
	/^[>\s]*(?:begin forwarded message|anfang der weitergeleiteten nachricht|début du message (?:réexpédié|transféré)|inizio messaggio inoltrato|inicio del mensaje reenviado|begin doorgestuurd bericht|início da mensagem encaminhada|vidarebefordrat brev|下面是被转发的邮件|以下是轉寄的郵件|転送されたメッセージ|начало переадресованного сообщения)\s*[:：]\s*$/iu,
	/^\s*_{20,}\s*$/,
];

/** Names of header fields as Outlook and others translate them, by what they mean. */
const FIELD_NAMES = {
	from: 'from|von|de|da|van|från|fra|lähettäjä|od|odesílatel|feladó|kimden|από|от|кого|від|发件人|寄件者|寄件人|差出人|送信者|보낸 ?사람|발신|מאת|من|expéditeur|remetente|mittente|afzender',
	sent: 'sent|date|gesendet|datum|envoyé|enviado(?: el| em)?|fecha|data|inviato|verzonden|skickat|sendt|dato|lähetetty|päivämäärä|wysłano|odesláno|küldve|dátum|elküldve|trimis|gönderme tarihi|gönderildi|tarih|ημερομηνία|στάλθηκε|отправлено|дата|надіслано|发送时间|发送日期|日期|時間|寄件日期|傳送時間|送信日時|日付|日時|보낸 ?날짜|날짜|נשלח|תאריך|تم الإرسال|التاريخ|صادر',
	to: 'to|an|à|para|a|aan|till|til|vastaanottaja|do|komu|címzett|către|kime|alıcı|προς|кому|収件人|收件人|收件者|宛先|받는 ?사람|수신|אל|إلى|destinataire|destinatario|destinatário|ontvanger',
	subject:
		'subject|betreff|objet|asunto|oggetto|assunto|onderwerp|ämne|emne|aihe|temat|předmět|predmet|tárgy|subiect|konu|θέμα|тема|主题|主旨|主題|件名|제목|נושא|الموضوع',
};
const fieldLine = (names: string) =>
	new RegExp(`^[>\\s]*\\*{0,2}(?:${names})\\s*\\*{0,2}\\s*[:：]\\*{0,2}`, 'iu');
export const FROM_LINE = fieldLine(FIELD_NAMES.from);
export const OTHER_FIELD_LINES: readonly RegExp[] = [
	fieldLine(FIELD_NAMES.sent),
	fieldLine(FIELD_NAMES.to),
	fieldLine(FIELD_NAMES.subject),
];

/** Last lines that a phone or a program wrote. */
export const DEVICE_SIGNATURE =
	/^\s*(?:sent (?:from|via|with|using) .{1,80}|get outlook for .{1,60}|download .{0,20}outlook .{1,40}|von meinem .{1,60} gesendet|gesendet (?:mit|von|über|aus) .{1,80}|diese nachricht wurde von meinem .{1,60} gesendet|envoyé (?:de|à partir de|depuis|avec) .{1,80}|télécharger outlook .{1,40}|enviado (?:desde|a partir d[oe]|do|con|com|via|de) .{1,80}|obtener outlook .{1,40}|inviato (?:da|dal|con) .{1,80}|verzonden (?:vanaf|met|via) .{1,80}|verstuurd vanaf .{1,60}|skickat från .{1,60}|sendt fra .{1,60}|lähetetty .{1,60}|wysłane? z .{1,60}|odesláno z .{1,60}|отправлено (?:с|из|от) .{1,60}|надіслано з .{1,60}|gönderildi .{0,20}iphone.{0,20}|.{1,40}(?:dan|den|'dan|'den) gönderildi|发自我的.{1,40}|發自我的.{1,40}|从我的.{1,40}发送|傳送自.{1,40}|.{1,40}から送信|나의 .{1,40}에서 보냄|.{1,40}에서 보냄|从.{1,30}获取 ?outlook.{0,20})\.?\s*$/iu;
