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
	'napisala?',
	'napisana przez',
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
	'लिखा',
];
export const ATTRIBUTION_VERB = new RegExp(
	`(?:^|[\\s\\d"'>)）】\\]、，,]|[\\p{Script=Han}\\p{Script=Hangul}\\p{Script=Hiragana}])(?:${WROTE.join('|')})(?=[\\s:：]|$|\\S{0,40}[:：])`,
	'iu',
);

/** Webmails that begin with the word instead ("Quoting …", "Missatge de … del dia …"). */
export const ATTRIBUTION_BEFORE =
	/^(?:quoting|zitat von|zitiere|citando(?: a)?|citerar|citaat van|selon|missatge de|цитирую|quoted? from)\s.*\S@\S.*[:：]\s*$/iu;

/** Gmail in some languages says no more than when and who. */
export const ATTRIBUTION_WITHOUT_VERB = /\d{1,4}[年./: ].*<[^<>\s]{1,64}@[^<>\s]{1,200}>\s*[:：]\s*$/;

/** How such a line begins, for those that are wrapped before the name. */
export const ATTRIBUTION_START =
	/^(?:on|at|am|le|el|il|in data|em|no dia|op|den|på|pe|w dniu|dnia|dne|dňa|v|ve|a|la|în|στις|στο|в|у|на|ср|пн|вт|чт|пт|сб|вс|\d{1,4}[./年-]|20\d\d|在|于|vào|pada|בתאריך|في|เมื่อ|mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|jeu|ven|sam|dim)(?=[\s\d,.:年]|$)/iu;

/** Lines that alone say: from here on it is an older mail. */
export const SEPARATORS: readonly RegExp[] = [
	/^[>\s]*[-=_*]{2,}(?:\s|&nbsp;)*(?:original (?:message|appointment|email)|repl(?:y|ied) message|forwarded (?:message|by .{0,80})|(?:ursprüngliche|original) ?(?:-?nachricht|e-?mail)|originalnachricht|weitergeleitete nachricht|message (?:d['’]origine|original|transf[ée]r[ée])|mensaje (?:original|reenviado)|messaggio (?:originale|inoltrato)|mensagem (?:original|encaminhada)|oorspronkelijk bericht|doorgestuurd bericht|ursprungligt meddelande|original meddelelse|oprindelig meddelelse|opprinnelig melding|alkuperäinen viesti|wiadomość oryginalna|oryginalna wiadomość|přeposlaná zpráva|původní (?:zpráva|e-mail)|eredeti üzenet|mesaj original|orijinal (?:mesaj|ileti)|αρχικό μήνυμα|исходное сообщение|пересылаемое сообщение|пересланное сообщение|конец пересылаемого|оригінальне повідомлення|原始(?:邮件|郵件|信件)|原始訊息|转发(?:邮件|信息)?(?:的(?:原)?邮件)?|轉寄(?:郵件)?|回复的原邮件|original|元のメッセージ|転送されたメッセージ|forwarded message|원본 메(?:시|일)지?|원본 메일|הודעה מקורית|الرسالة الأصلية)(?:\s.{0,60})?(?:\s|&nbsp;)*[-=_*]{2,}\s*$/iu,
	/^[>\s]*(?:begin forwarded message|anfang der weitergeleiteten nachricht|début du message (?:réexpédié|transféré)|inizio messaggio inoltrato|inicio del mensaje reenviado|begin doorgestuurd bericht|início da mensagem encaminhada|vidarebefordrat brev|(?:下面|以下)是被?转发的邮件|以下是被?轉寄的郵件|転送されたメッセージ|начало переадресованного сообщения)\s*[:：]\s*$/iu,
	/^\s*_{20,}\s*$/,
	// Zoho and Lotus Notes put their "wrote" between dashes, GroupWise and helpdesks what they have between other marks.
	/^[>\s]*-{4,}\s?\S.{0,300}\s(?:wrote|schrieb|a écrit|escribió|ha scritto|escreveu|schreef|写道)\s*:?\s*-{3,}\s*$/iu,
	/^>>> .{0,200}\d[:.]\d.{0,40} >>>\s*$/u,
	/^\s*(?:##?-|-{2,})\s*(?:please (?:type|reply|write|add)|reply|type|bitte (?:antworten|schreiben)|répondez|responda).{0,60}(?:above|oberhalb|über|au-dessus|encima|acima).{0,40}-#{0,2}\s*$/iu,
];

/** Names of header fields as Outlook and others translate them, by what they mean. */
const FIELD_NAMES = {
	from: 'from|von|de(?: la)?|da|van|från|fra|lähettäjä|od|odesílatel|feladó|kimden|από|от|кого|від|发件人|寄件者|寄件人|差出人|送信者|보낸 ?사람|발신|מאת|من|expéditeur|remetente|mittente|afzender',
	sent: 'sent|date|gesendet|datum|envoyé|enviado(?: el| em)?|fecha|data|inviato|verzonden|skickat|sendt|dato|lähetetty|päivämäärä|wysłano|odesláno|küldve|dátum|elküldve|trimis|gönderme tarihi|gönderildi|tarih|ημερομηνία|στάλθηκε|отправлено|дата|надіслано|发送时间|发送日期|日期|時間|寄件日期|傳送時間|送信日時|日付|日時|보낸 ?날짜|날짜|נשלח|תאריך|تم الإرسال|التاريخ|صادر',
	to: 'to|an|à|para|a|aan|till|til|vastaanottaja|do|komu|címzett|către|kime|alıcı|προς|кому|収件人|收件人|收件者|宛先|받는 ?사람|수신|אל|إلى|destinataire|destinatario|destinatário|ontvanger',
	subject:
		'subject|betreff|objet|asunto|oggetto|assunto|onderwerp|ämne|emne|aihe|temat|předmět|predmet|tárgy|subiect|konu|θέμα|тема|主　?[题旨題]|件名|제목|נושא|الموضوع',
};
const fieldLine = (names: string) =>
	new RegExp(`^[>\\s]*\\*{0,2}(?:${names})\\s*\\*{0,2}\\s*[:：]\\*{0,2}`, 'iu');
export const FROM_LINE = fieldLine(FIELD_NAMES.from);
export const TO_LINE = fieldLine(FIELD_NAMES.to);
export const OTHER_FIELD_LINES: readonly RegExp[] = [
	fieldLine(FIELD_NAMES.sent),
	TO_LINE,
	fieldLine(FIELD_NAMES.subject),
];

/** Words for what a phone or program is, with which the last lines of a mail name themselves. */
const DEVICE =
	'(?:iphon\\w*|ipad|ipod|android|samsung|galaxy|huawei|xiaomi|redmi|oppo|vivo|pixel|nokia|motorola|sony|htc|lg|blackberry|windows phone|smartphone|handy|mobile?|mobil\\w*|phone|tablet|телефон\\w*|смартфон\\w*|mail|e-?mail|outlook|yahoo|gmail|gmx|web\\.de|proton|tutanota|tuta|thunderbird|aol|zoho|spark|почт\\w*|手机|小米|华为|荣耀|邮箱|device|gerät|appareil|dispositivo|celular|móvil|телефон)';
const SENT =
	'sent (?:from|via|with|using)|gesendet (?:mit|von|über|aus)|envoyé (?:de|à partir de|depuis|avec)|enviado (?:desde|a partir d[oe]|do|con|com|via|de)|inviato (?:da|dal|con)|verzonden (?:vanaf|met|via)|verstuurd vanaf|skickat från|sendt fra|lähetetty|wysłane? z|odesláno z|отправлено (?:с|из|от)|надіслано (?:з|із)|trimis de pe|στάλθηκε από|נשלח מ|أ?ُ?رسلت من|发自|發自|来自|從|从|傳送自';
/** Last lines that a phone or a program wrote. */
export const DEVICE_SIGNATURE = new RegExp(
	`^\\s*(?:(?:${SENT}).{0,60}${DEVICE}.{0,80}|(?:diese nachricht wurde )?von .{1,60} gesendet|(?:get|download|télécharger|obtener|obtenga|scarica|baixe|获取|holen sie sich|pobierz|скачать) .{0,20}outlook .{1,40}|outlook für .{1,20} beziehen|yahoo mail: search, organi[sz]e, conquer|.{1,40}(?:dan|den) gönderildi|.{1,40}[oóeő](?:m)?r[óő]l küldve|.{1,40}から送信|.{1,40}에서 보냄|从.{1,30}获取 ?outlook.{0,20})\\.?\\s*$`,
	'iu',
);
