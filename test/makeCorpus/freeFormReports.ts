/** Bounces that only people can read, in the words of the servers that write them. */
import type { Field } from './build';
import { LOST, ORIGINAL_HEADER } from './lostMail';

export interface FreeForm {
	name: string;
	from: string;
	subject: string;
	text: string;
	fields?: Field[];
	type: 'hard' | 'soft';
	recipient: object;
	/** Whether the report shows the header of the original. */
	original?: boolean;
}

const COPY = `\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <team@receiver.example>\n${ORIGINAL_HEADER}\nHello\n`;
const hardly = { address: LOST, action: 'failed', permanent: true };
const softly = { address: LOST, action: 'failed', permanent: false };

export const FREE_FORM: readonly FreeForm[] = [
	{
		name: 'qmail',
		from: 'MAILER-DAEMON@mx.receiver.example',
		subject: 'failure notice',
		text: `Hi. This is the qmail-send program at mx.receiver.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<lost@nowhere.example>:\n192.0.2.7 does not like recipient.\nRemote host said: 550 5.1.1 unknown user\nGiving up on 192.0.2.7.${COPY}`,
		type: 'hard',
		recipient: { ...hardly, status: '5.1.1' },
		original: true,
	},
	{
		name: 'qmail-no-host',
		from: 'MAILER-DAEMON@mx.receiver.example',
		subject: 'failure notice',
		text: `Hi. This is the qmail-send program at mx.receiver.example.\n\n<lost@nowhere.example>:\nSorry, I couldn't find any host named nowhere.example. (#5.1.2)${COPY}`,
		type: 'hard',
		recipient: { ...hardly, status: '5.1.2' },
		original: true,
	},
	{
		name: 'exim',
		from: 'Mail Delivery System <Mailer-Daemon@mx.receiver.example>',
		subject: 'Mail delivery failed: returning message to sender',
		fields: [['X-Failed-Recipients', 'lost@nowhere.example']],
		text: `This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  lost@nowhere.example\n    SMTP error from remote mail server after RCPT TO:<lost@nowhere.example>:\n    host mx.nowhere.example [192.0.2.7]: 550 No such user\n\n------ This is a copy of the message, including all the headers. ------\n\nReturn-path: <team@receiver.example>\n${ORIGINAL_HEADER}`,
		type: 'hard',
		recipient: hardly,
		original: true,
	},
	{
		name: 'exim-warning',
		from: 'Mail Delivery System <Mailer-Daemon@mx.receiver.example>',
		subject: 'Warning: message 1tabcd-0001 delayed 24 hours',
		text: 'This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on mx.receiver.example.\n\nThe address to which the message has not yet been delivered is:\n\n  lost@nowhere.example\n\nNo action is required on your part. Delivery attempts will continue for\nsome time.',
		type: 'soft',
		recipient: { address: LOST, action: 'delayed', permanent: false },
	},
	{
		name: 'exim-quota',
		from: 'Mail Delivery System <Mailer-Daemon@mx.receiver.example>',
		subject: 'Mail delivery failed: returning message to sender',
		text: 'This message was created automatically by mail delivery software.\n\nThe following address(es) failed:\n\n  lost@nowhere.example\n    mailbox is full: retry timeout exceeded\n',
		type: 'soft',
		recipient: softly,
	},
	{
		name: 'gmail-old',
		from: 'Mail Delivery Subsystem <mailer-daemon@googlemail.com>',
		subject: 'Delivery Status Notification (Failure)',
		fields: [['X-Failed-Recipients', 'lost@nowhere.example']],
		text: `Delivery to the following recipient failed permanently:\n\n     lost@nowhere.example\n\nTechnical details of permanent failure:\nGoogle tried to deliver your message, but it was rejected by the server for the recipient domain nowhere.example.\n\nThe error that the other server returned was:\n550 5.1.1 User unknown\n\n----- Original message -----\n\n${ORIGINAL_HEADER}`,
		type: 'hard',
		recipient: hardly,
		original: true,
	},
	{
		name: 'yahoo',
		from: 'MAILER-DAEMON@yahoo.com',
		subject: 'Failure Notice',
		text: `Sorry, we were unable to deliver your message to the following address.\n\n<lost@nowhere.example>:\n554: delivery error: dd This user doesn't have a nowhere.example account\n\n--- Below this line is a copy of the message.\n\n${ORIGINAL_HEADER}`,
		type: 'hard',
		recipient: hardly,
		original: true,
	},
	{
		name: 'exchange-2003',
		from: 'System Administrator <postmaster@nowhere.example>',
		subject: 'Undeliverable: Your order',
		text: 'Your message did not reach some or all of the intended recipients.\n\n      Subject:\tYour order\n      Sent:\t3/3/2026 9:00 AM\n\nThe following recipient(s) could not be reached:\n\n      lost@nowhere.example on 3/3/2026 9:01 AM\n            The e-mail account does not exist at the organization this message was sent to.\n            <mx.nowhere.example #5.1.1>',
		type: 'hard',
		recipient: hardly,
	},
	{
		name: 'sendmail-old',
		from: 'Mail Delivery Subsystem <MAILER-DAEMON@mx.receiver.example>',
		subject: 'Returned mail: User unknown',
		text: `The original message was received at Tue, 3 Mar 2026 09:00:00 +0100\n\n   ----- The following addresses had permanent fatal errors -----\nlost@nowhere.example\n\n   ----- Transcript of session follows -----\n550 lost@nowhere.example... User unknown\n\n   ----- Original message follows -----\n\n${ORIGINAL_HEADER}`,
		type: 'hard',
		recipient: hardly,
		original: true,
	},
	{
		name: 'sendmail-warning',
		from: 'Mail Delivery Subsystem <MAILER-DAEMON@mx.receiver.example>',
		subject: 'Warning: could not send message for past 4 hours',
		text: '    **********************************************\n    **      THIS IS A WARNING MESSAGE ONLY      **\n    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n    **********************************************\n\n   ----- The following addresses had transient non-fatal errors -----\n<lost@nowhere.example>\n\nWarning: message still undelivered after 4 hours\nWill keep trying until message is 5 days old',
		type: 'soft',
		recipient: { address: LOST, action: 'delayed', permanent: false },
	},
	{
		name: 'domino',
		from: 'Postmaster@mx.receiver.example',
		subject: 'DELIVERY FAILURE: User lost (lost@nowhere.example) not listed in Domino Directory',
		text: 'Your message\n\n  Subject: Your order\n\nwas not delivered to:\n\n  lost@nowhere.example\n\nbecause:\n\n  User lost (lost@nowhere.example) not listed in Domino Directory',
		type: 'hard',
		recipient: hardly,
	},
	{
		name: 'qq-chinese',
		from: 'PostMaster@qq.com',
		subject: '系统退信/Systems bounce',
		text: '抱歉，您的邮件被退回来了……\n\n原邮件信息：\n收件人：lost@nowhere.example\n\n退信原因：收件人邮件地址（lost@nowhere.example）不存在，邮件无法送达。\nhost mx.nowhere.example said: 550 Mailbox not found',
		type: 'hard',
		recipient: hardly,
	},
	{
		name: 'netease-chinese',
		from: 'postmaster@163.com',
		subject: '系统退信',
		text: '您的邮件无法投递到以下地址：\n\nlost@nowhere.example\n\n550 User not found: lost@nowhere.example',
		type: 'hard',
		recipient: hardly,
	},
	{
		name: 'japanese',
		from: 'MAILER-DAEMON@mx.receiver.example',
		subject: '配信エラー: ご注文',
		text: 'お客様のメールは下記の宛先へ配信できませんでした。\n\n<lost@nowhere.example>: 550 5.1.1 User unknown',
		type: 'hard',
		recipient: { ...hardly, status: '5.1.1' },
	},
	{
		name: 'german',
		from: 'Mail Delivery System <mailer-daemon@mx.receiver.example>',
		subject: 'Mail konnte nicht zugestellt werden',
		text: 'Ihre Nachricht konnte nicht zugestellt werden.\n\nEmpfänger: lost@nowhere.example\nGrund: 550 Empfänger unbekannt',
		type: 'hard',
		recipient: hardly,
	},
	{
		name: 'german-full',
		from: 'postmaster@mx.receiver.example',
		subject: 'Unzustellbar',
		text: 'Ihre Nachricht konnte nicht zugestellt werden an:\n\nlost@nowhere.example\n\nDas Postfach ist voll.',
		type: 'soft',
		recipient: { address: LOST, action: 'failed' },
	},
	{
		name: 'french',
		from: 'MAILER-DAEMON@mx.receiver.example',
		subject: 'Échec de la remise',
		text: "Votre message n'a pas pu être remis à :\n\n<lost@nowhere.example>: 550 5.1.1 utilisateur inconnu",
		type: 'hard',
		recipient: hardly,
	},
	{
		name: 'spanish',
		from: 'MAILER-DAEMON@mx.receiver.example',
		subject: 'Correo no entregado',
		text: 'El mensaje no pudo ser entregado a:\n\nlost@nowhere.example: 550 5.1.1 usuario desconocido',
		type: 'hard',
		recipient: hardly,
	},
	{
		name: 'russian',
		from: 'mailer-daemon@mx.receiver.example',
		subject: 'Недоставленное сообщение',
		text: 'Ваше письмо не может быть доставлено:\n\n<lost@nowhere.example>: 550 5.1.1 нет такого пользователя',
		type: 'hard',
		recipient: hardly,
	},
	{
		name: 'mdaemon',
		from: 'MDaemon@mx.receiver.example',
		subject: 'Permanent Delivery Failure',
		text: 'The attached message had PERMANENT fatal delivery errors!\n\n--- Session Transcript ---\n--> RCPT To:<lost@nowhere.example>\n<-- 550 5.1.1 No such user here',
		type: 'hard',
		recipient: hardly,
	},
	{
		name: 'domino-code',
		from: 'Postmaster@mx.receiver.example',
		subject: 'DELIVERY FAILURE: 550 5.1.1 User unknown',
		text: 'Your message\n\n  Subject: Your order\n\nwas not delivered to:\n\n  lost@nowhere.example\n\nbecause:\n\n  550 5.1.1 User unknown\n',
		type: 'hard',
		recipient: { ...hardly, status: '5.1.1' },
	},
	{
		name: 'korean',
		from: 'MAILER-DAEMON@mx.receiver.example',
		subject: '메일 발송 실패 안내',
		text: '메일이 전송되지 못했습니다.\n\n받는사람: lost@nowhere.example\n사유: 550 5.1.1 존재하지 않는 사용자',
		type: 'hard',
		recipient: { ...hardly, status: '5.1.1' },
	},
	{
		name: 'certified-mail-italian',
		from: 'posta-certificata@pec.example',
		subject: 'AVVISO DI MANCATA CONSEGNA: Ordine',
		text: 'Errore di consegna\n\nnel messaggio "Ordine" destinato all\'utente "lost@nowhere.example" è stato rilevato un errore 5.1.1 - indirizzo non valido.',
		type: 'hard',
		recipient: hardly,
	},
	{
		name: 'only-original-names-recipient',
		from: 'mailer-daemon@mx.receiver.example',
		subject: 'Undeliverable mail',
		text: `Your message could not be delivered.\n\n----- Original message -----\n\n${ORIGINAL_HEADER}`,
		type: 'hard',
		recipient: hardly,
		original: true,
	},
	{
		name: 'timeout',
		from: 'mailer-daemon@mx.receiver.example',
		subject: 'Delivery failed',
		text: 'Delivery to the following recipient failed:\n\n<lost@nowhere.example>: connection timed out, giving up for now',
		type: 'soft',
		recipient: { address: LOST },
	},
];
