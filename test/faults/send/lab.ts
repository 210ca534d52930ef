/** A Postfix that delivers to a Dovecot, a bad network in front of it, and mails that are counted where they arrive. */
import { Readable } from 'node:stream';
import type { Account } from '../../../nodes/mail/account/account';
import { testAccount } from '../../mail/account/accounts';
import type { Clock } from '../../../nodes/mail/clock';
import type { ComposedMail } from '../../../nodes/mail/message/compose';
import { SmtpPool } from '../../../nodes/mail/smtp/pool';
import { sendMail, type SendResult } from '../../../nodes/mail/smtp/send';
import type { AnswerLimits } from '../../../nodes/mail/smtp/transaction';
import {
	HOST,
	startDovecot,
	startFaultProxy,
	startPostfix,
	type Cut,
	type Direction,
	type Dovecot,
	type FaultProxy,
	type Postfix,
} from '../../servers';

export const USER = 'bob@example.test';
const PASSWORD = 'pass-word 7!';

/** Waits between attempts pass at once; everything else is real. */
export const IMPATIENT: Clock = {
	now: () => performance.now(),
	wallTime: () => Date.now(),
	after(_ms, callback) {
		const timer = setImmediate(callback);
		return () => clearImmediate(timer);
	},
};

export type Port = 'smtp' | 'smtps';

export class Lab {
	private constructor(
		readonly dovecot: Dovecot,
		readonly postfix: Postfix,
		readonly proxy: FaultProxy,
		private readonly port: Port,
	) {}

	/** @param settings of Postfix, such as what it does not offer */
	static async start(port: Port, settings: Record<string, string> = {}): Promise<Lab> {
		const dovecot = await startDovecot({ users: [{ user: USER, password: PASSWORD }] });
		try {
			const postfix = await startPostfix({ deliverTo: dovecot, settings });
			return new Lab(dovecot, postfix, await startFaultProxy(postfix.ports[port]), port);
		} catch (error) {
			await dovecot.stop();
			throw error;
		}
	}

	/**
	 * Sends through the proxy on a connection of its own.
	 *
	 * @param cut for the first connection only
	 * @returns also the bytes that the first connection has carried
	 */
	async send(
		mail: ComposedMail,
		cut?: Cut,
		limits?: AnswerLimits,
	): Promise<{ result: SendResult; bytes: Record<Direction, number> }> {
		const pool = new SmtpPool(this.account, undefined, limits);
		this.proxy.cut = cut;
		const connected = this.proxy.nextConnection().then((connection) => {
			this.proxy.cut = undefined;
			return connection;
		});
		const result = await sendMail(this.account, mail, { clock: IMPATIENT, pool });
		// Before we say goodbye, which also has bytes.
		const bytes = { ...(await connected).bytes };
		pool.closeIdle();
		return { result, bytes };
	}

	/** How often each Message-ID lies in the mailbox, once Postfix has delivered everything. */
	async copies(): Promise<Map<string, number>> {
		await this.postfix.queueEmpty();
		const counts = new Map<string, number>();
		for (const { raw } of await this.dovecot.fetchAll(USER)) {
			const id = /^Message-ID: *(\S+)/im.exec(raw.toString('latin1'))?.[1] ?? '';
			counts.set(id, (counts.get(id) ?? 0) + 1);
		}
		return counts;
	}

	async stop(): Promise<void> {
		await this.proxy.stop();
		await this.postfix.stop();
		await this.dovecot.stop();
	}

	get account(): Account {
		const secure = this.port === 'smtps';
		return testAccount({
			user: secure ? USER : '',
			password: secure ? PASSWORD : '',
			smtp: { host: HOST, port: this.proxy.port, security: secure ? 'tls' : 'none' },
			senderAddress: USER,
		});
	}
}

/** A small mail; all of them have the same length. */
export function smallMail(name: string): ComposedMail {
	const messageId = `<${name.padStart(12, '0')}@example.test>`;
	const lines = [
		`From: ${USER}`,
		`To: ${USER}`,
		'Subject: cut',
		`Message-ID: ${messageId}`,
		'',
		'.a line',
		'the end',
		'',
	];
	return {
		messageId,
		envelope: { from: USER, to: [USER] },
		open: async () => Readable.from([Buffer.from(lines.join('\r\n'))]),
	};
}
