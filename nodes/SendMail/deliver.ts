/** From what an item asks for to its output: composed, sent or filed, copied, and told. */
import type { IBinaryData, IDataObject, IExecuteFunctions } from 'n8n-workflow';
import type { Account } from '../mail/account/account';
import { quirksOf } from '../mail/account/providers';
import { MailError } from '../mail/errors';
import { fileMessage, mailboxWithRole } from '../mail/imap/originals';
import { compose, readMessage, type ComposedMail } from '../mail/message/compose';
import { messageLocator } from '../mail/message/locator';
import { sendMail, type SendResult } from '../mail/smtp/send';
import { storeBinary } from '../bridge/binary';
import type { DeliverySettings } from './fields/deliveryOptions';
import type { Mailboxes } from './mailboxes';
import type { Job } from './operations/operation';

/** Field of the item that holds the mail of a dry run. */
export const DRY_RUN_FIELD = 'message';

/** What an item's output is made of. */
export interface Delivered {
	json: IDataObject;
	binary?: Record<string, IBinaryData>;
	/** Why it counts as failed. */
	error: MailError | null;
	/** Whether the mail was accepted or may have been, so that it must not be sent again. */
	settled: boolean;
}

export interface DeliveryContext {
	context: IExecuteFunctions;
	account: Account;
	mailboxes: Mailboxes;
	signal: AbortSignal | undefined;
	/** Makes the Message-ID. */
	uniqueKey: string | null;
	/** Called before anything that may fail follows an accepted mail. */
	onSettled(delivered: Delivered): void;
}

/** @throws MailError before anything was sent */
export async function deliver(job: Job, settings: DeliverySettings, by: DeliveryContext): Promise<Delivered> {
	const mail = await compose({ ...job.request, uniqueKey: by.uniqueKey });
	if (job.kind === 'draft') return await saveAsDraft(job, mail, by);
	if (settings.dryRun) return await showOnly(mail, by.context);
	const { attempts, totalTimeMs, intervalMs } = settings;
	const result = await sendMail(by.account, mail, {
		attempts,
		totalTimeMs,
		intervalMs,
		...(by.signal && { signal: by.signal }),
	});
	const delivered = deliveredOf(result, settings);
	if (!delivered.settled) return delivered;
	by.onSettled(delivered);
	if (result.outcome === 'unknown') return delivered;
	const warnings = await afterwards(job, mail, settings, by);
	return warnings.length === 0 ? delivered : { ...delivered, json: { ...delivered.json, warnings } };
}

function deliveredOf(result: SendResult, settings: DeliverySettings): Delivered {
	const { outcome } = result;
	const failed =
		outcome === 'refused' || outcome === 'unknown' || (outcome === 'partial' && settings.failOnPartial);
	const told =
		settings.transcript === 'always' || (settings.transcript === 'errors' && outcome !== 'accepted');
	return {
		json: { ...toJson(result), ...(told && { transcript: result.transcript }) },
		error: failed ? result.error : null,
		settled: outcome !== 'refused',
	};
}

function toJson(result: SendResult): IDataObject {
	const addresses = (accepted: boolean) =>
		result.recipients
			.filter(({ status }) => (status === 'accepted') === accepted)
			.map(({ address }) => address);
	return {
		outcome: result.outcome,
		messageId: result.messageId,
		accepted: addresses(true),
		rejected: addresses(false),
		response: result.response,
		envelope: { from: result.envelope.from, to: result.envelope.to },
		queueId: result.queueId,
		recipients: result.recipients.map((recipient) => ({ ...recipient })),
		attempts: result.attempts,
	};
}

/** Copies and marks. The mail is out, so a failure here is a warning and nothing more. */
async function afterwards(
	job: Job,
	mail: ComposedMail,
	settings: DeliverySettings,
	{ account, mailboxes }: DeliveryContext,
): Promise<string[]> {
	const warnings: string[] = [];
	const attempt = async (what: string, work: () => Promise<void>) => {
		try {
			await work();
		} catch (error) {
			warnings.push(`The mail was sent, but ${what}: ${sentenceOf(error)}`);
		}
	};
	const savesItself = quirksOf(account.provider, account.smtp?.host).savesSentMail;
	if (settings.saveToSent && !savesItself)
		await attempt('no copy of it was filed', async () => {
			await mailboxes.use(account, async (client) => {
				const sent = await mailboxWithRole(client, '\\Sent');
				// Read when it is its turn: of many large mails one at a time is in memory.
				await fileMessage(client, sent, await readMessage(mail), ['\\Seen']);
			});
		});
	const { afterwards: mark } = job;
	if (mark)
		await attempt('the original was not marked', async () => {
			await mailboxes.use(account, async (client) => await mark(client));
		});
	return warnings;
}

function sentenceOf(error: unknown): string {
	if (error instanceof MailError) return error.line;
	return error instanceof Error ? error.message : String(error);
}

async function saveAsDraft(
	job: Job,
	mail: ComposedMail,
	{ account, mailboxes, onSettled }: DeliveryContext,
): Promise<Delivered> {
	return await mailboxes.use(account, async (client) => {
		const mailbox = job.draftsMailbox || (await mailboxWithRole(client, '\\Drafts'));
		const source = await readMessage(mail);
		const location = await fileMessage(client, mailbox, source, ['\\Draft', '\\Seen']);
		const delivered: Delivered = {
			json: {
				id: location && messageLocator(location),
				messageId: mail.messageId,
				mailbox,
				uid: location?.uid ?? null,
				uidValidity: location?.uidValidity ?? null,
				size: source.length,
			},
			error: null,
			settled: true,
		};
		onSettled(delivered);
		return delivered;
	});
}

async function showOnly(mail: ComposedMail, context: IExecuteFunctions): Promise<Delivered> {
	const content = await readMessage(mail);
	const { from, to } = mail.envelope;
	const file = { content, fileName: 'message.eml', mimeType: 'message/rfc822' };
	return {
		json: { dryRun: true, messageId: mail.messageId, envelope: { from, to }, size: content.length },
		binary: { [DRY_RUN_FIELD]: await storeBinary(context, file) },
		error: null,
		settled: false,
	};
}
