/**
 * One message over an open connection: MAIL, RCPT, the message, and the word that makes it count.
 *
 * That word is kept apart. With CHUNKING (RFC 3030) the server has confirmed the whole message but its last line end
 * before `BDAT 2 LAST` is written; without it, the final dot is held back until the rest has left and one round trip has
 * passed. So a line that breaks before is surely a mail not accepted, and "unknown" is left for what nobody can know.
 */
import type { Readable } from 'stream';
import { MailError } from '../errors';
import type { Envelope } from '../message/compose';
import type { SmtpAnswer, SmtpChannel } from './channel';
import { MessageChunks, type MessageChunk } from './messageChunks';
import type { SmtpFailure } from './smtpErrors';

/** How long the server may take to answer, in milliseconds. */
export interface AnswerLimits {
	/** MAIL, RCPT, DATA and a piece of the message; a tarpit takes seconds for each. */
	answerMs: number;
	/** The end of the message: ten minutes (RFC 5321 §4.5.3.2.6). */
	finalMs: number;
}

export const ANSWER_LIMITS: AnswerLimits = { answerMs: 300_000, finalMs: 600_000 };
/** How long the final dot is held back at least and at most; between them one and a half round trips. */
const HOLD_MIN_MS = 20;
const HOLD_MAX_MS = 400;
/** Pieces on the way whose answer is still to come. */
const CHUNKS_IN_FLIGHT = 2;

/** What the server announced after EHLO. */
export interface Extensions {
	pipelining: boolean;
	chunking: boolean;
	smtpUtf8: boolean;
	eightBitMime: boolean;
	/** Whether SIZE may be told; {@link maxBytes} is the limit, 0 for none or unknown. */
	size: boolean;
	maxBytes: number;
}

/** What the server said to one message. */
export interface SmtpReply {
	response: string;
	accepted: string[];
	rejected: SmtpFailure[];
	/** What became of the recipients that are in neither list, if there are any. */
	failure?: MailError;
}

/** How far a message got; read when something fails. */
export interface Progress {
	/** The server has answered at least once, and not only that it is closing. */
	answered: boolean;
	/** Recipients that it has refused. */
	rejected: SmtpFailure[];
	/** The word that makes the message count has been written. */
	committed: boolean;
}

/**
 * Hands a message over.
 *
 * @throws MailError `MESSAGE` or `ADDRESS` for what this server cannot take; SmtpFailure for a refusal or a broken line
 */
export async function deliver(
	channel: SmtpChannel,
	{ extensions, roundTripMs }: { extensions: Extensions; roundTripMs: number },
	envelope: Envelope,
	message: Readable,
	progress: Progress,
	limits: AnswerLimits = ANSWER_LIMITS,
): Promise<SmtpReply> {
	const chunks = new MessageChunks(message, !extensions.chunking);
	const first = await chunks.next();
	const mail = mailCommand(extensions, envelope, first);
	const answers = await sayEnvelope(channel, extensions, mail, envelope.to, first, progress, limits);
	const { accepted, rejected, body } = answers;
	if (accepted.length === 0) {
		// 354 without a recipient: nothing may follow but a message, so the connection is of no more use.
		if (body && body.code < 400 && !extensions.chunking) channel.fail(new Error('No recipient'));
		return { response: rejected.at(-1)?.response ?? '', accepted, rejected };
	}
	if (!body || body.code >= 400) throw refusal(body, extensions.chunking ? 'BDAT' : 'DATA');
	const response = extensions.chunking
		? await sendByBdat(channel, chunks, first, progress, limits)
		: await sendByData(channel, chunks, first, progress, roundTripMs, limits);
	return { response, accepted, rejected };
}

function mailCommand(extensions: Extensions, envelope: Envelope, first: MessageChunk): string {
	const { size, maxBytes, smtpUtf8, eightBitMime } = extensions;
	if (first.last && maxBytes > 0 && first.bytes.length > maxBytes) throw tooBig(first.bytes.length, maxBytes);
	if (envelope.utf8 && !smtpUtf8) {
		throw new MailError(
			'ADDRESS',
			'An address has letters outside ASCII before the @, and the mail server cannot take such addresses (it does not offer SMTPUTF8).',
			{ side: 'smtp', nextStep: 'Use an address in plain letters, or an account at a server that can.' },
		);
	}
	const parameters = [
		...(size && first.last ? [`SIZE=${first.bytes.length}`] : []),
		...((envelope.utf8 || envelope.eightBit) && eightBitMime ? ['BODY=8BITMIME'] : []),
		...(envelope.utf8 ? ['SMTPUTF8'] : []),
	];
	return [`MAIL FROM:<${envelope.from}>`, ...parameters].join(' ');
}

interface EnvelopeAnswers {
	accepted: string[];
	rejected: SmtpFailure[];
	/** The answer to DATA or to the first piece; null when it was not asked for. */
	body: SmtpAnswer | null;
}

/** MAIL, RCPT and the beginning of the message, in one go where the server allows it (RFC 2920). */
async function sayEnvelope(
	channel: SmtpChannel,
	extensions: Extensions,
	mail: string,
	to: readonly string[],
	first: MessageChunk,
	progress: Progress,
	limits: AnswerLimits,
): Promise<EnvelopeAnswers> {
	const rcpt = (address: string) => channel.ask(`RCPT TO:<${address}>`, limits.answerMs);
	const begin = () =>
		extensions.chunking ? sendChunk(channel, first, limits) : channel.ask('DATA', limits.answerMs);
	const sender = (answer: SmtpAnswer) => {
		progress.answered = answer.code !== 421;
		if (answer.code >= 300) throw refusal(answer, 'MAIL FROM');
	};
	const answers: EnvelopeAnswers = { accepted: [], rejected: progress.rejected, body: null };
	const recipient = (address: string, answer: SmtpAnswer) => {
		// The server is closing (RFC 5321 §3.8): that is about the message, not about this recipient.
		if (answer.code === 421) throw refusal(answer, 'RCPT TO');
		if (answer.code < 300) answers.accepted.push(address);
		else answers.rejected.push(Object.assign(refusal(answer, 'RCPT TO'), { recipient: address }));
	};
	if (!extensions.pipelining) {
		sender(await channel.ask(mail, limits.answerMs));
		for (const address of to) recipient(address, await rcpt(address));
		if (answers.accepted.length > 0) answers.body = await begin();
		return answers;
	}
	const asked = channel.together(() => ({
		mail: channel.ask(mail, limits.answerMs),
		rcpt: to.map(rcpt),
		body: begin(),
	}));
	const mailAnswer = await asked.mail;
	// The others still come; the connection is in step again only after them.
	if (mailAnswer.code >= 300) {
		const settled = await Promise.allSettled([...asked.rcpt, asked.body]);
		const last = settled.at(-1);
		const waitsForData = last?.status === 'fulfilled' && last.value.code < 400;
		if (waitsForData && !extensions.chunking) channel.fail(new Error('No sender'));
	}
	sender(mailAnswer);
	for (const [index, answer] of asked.rcpt.entries()) recipient(to[index] ?? '', await answer);
	answers.body = await asked.body;
	return answers;
}

/** RFC 3030: each piece is answered, and only `LAST` makes the message count. */
async function sendByBdat(
	channel: SmtpChannel,
	chunks: MessageChunks,
	first: MessageChunk,
	progress: Progress,
	limits: AnswerLimits,
): Promise<string> {
	const onTheWay: Promise<SmtpAnswer>[] = [];
	const confirm = async () => {
		const answer = await onTheWay.shift();
		if (answer && answer.code >= 300) throw refusal(answer, 'BDAT');
	};
	for (let chunk = first; !chunk.last;) {
		chunk = await chunks.next();
		onTheWay.push(sendChunk(channel, chunk, limits));
		if (onTheWay.length >= CHUNKS_IN_FLIGHT) await confirm();
	}
	while (onTheWay.length > 0) await confirm();
	await heard();
	if (channel.failure) throw channel.failure;
	progress.committed = true;
	const answer = await bdat(channel, LINE_END, true, limits);
	if (answer.code >= 300) throw refusal(answer, 'BDAT');
	return answer.text;
}

const LINE_END = Buffer.from('\r\n');

/** All of a piece, but the line end that makes the message whole. */
function sendChunk(
	channel: SmtpChannel,
	{ bytes, last }: MessageChunk,
	limits: AnswerLimits,
): Promise<SmtpAnswer> {
	return bdat(channel, last ? bytes.subarray(0, -LINE_END.length) : bytes, false, limits);
}

function bdat(channel: SmtpChannel, bytes: Buffer, last: boolean, limits: AnswerLimits): Promise<SmtpAnswer> {
	return channel.together(() => {
		const command = `BDAT ${bytes.length}${last ? ' LAST' : ''}`;
		const answer = channel.ask(command, last ? limits.finalMs : limits.answerMs);
		// Whoever waits for the answer hears of a broken line too.
		channel.write(bytes).catch(() => undefined);
		return answer;
	});
}

/** RFC 5321 §4.1.1.4. The server says nothing before the final dot, unless it gives up. */
async function sendByData(
	channel: SmtpChannel,
	chunks: MessageChunks,
	first: MessageChunk,
	progress: Progress,
	roundTripMs: number,
	limits: AnswerLimits,
): Promise<string> {
	const early: { answer?: SmtpAnswer } = {};
	const final = channel.expect(limits.finalMs).then((answer) => (early.answer = answer));
	final.catch(() => undefined);
	try {
		for (let chunk = first; ; chunk = await chunks.next()) {
			await channel.write(chunk.bytes);
			channel.restartTimer();
			if (early.answer || chunk.last) break;
		}
		await pause(Math.min(Math.max(HOLD_MIN_MS, roundTripMs * 1.5), HOLD_MAX_MS));
	} catch (error) {
		if (!early.answer) throw error;
	}
	if (early.answer) {
		// The server has stopped reading in the middle of the message: nothing more can be said on this line.
		channel.fail(new Error('Refused in the middle of the message'));
		throw refusal(early.answer, 'DATA');
	}
	if (channel.failure) throw channel.failure;
	progress.committed = true;
	channel.writeCommand('.');
	channel.restartTimer();
	const answer = await final;
	if (answer.code >= 300) throw refusal(answer, 'DATA');
	return answer.text;
}

async function pause(ms: number): Promise<void> {
	await new Promise<void>((resolve) => setTimeout(resolve, ms));
	await heard();
}

/** Waits until what the network has brought meanwhile has been heard. */
async function heard(): Promise<void> {
	for (let turn = 0; turn < 2; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

function refusal(answer: SmtpAnswer | null, command: string): SmtpFailure {
	const text = answer?.text ?? 'no answer';
	return Object.assign(new Error(text), {
		command,
		response: text,
		...(answer && { responseCode: answer.code }),
	});
}

function tooBig(bytes: number, maxBytes: number): MailError {
	const mb = (count: number) => `${(count / 1_000_000).toFixed(1)} MB`;
	return new MailError(
		'MESSAGE',
		`The mail has ${mb(bytes)} and the server takes at most ${mb(maxBytes)}, so it was not sent.`,
		{
			side: 'smtp',
			nextStep:
				'Send fewer or smaller attachments (they grow by a third when they are sent), or a link to the files.',
		},
	);
}
