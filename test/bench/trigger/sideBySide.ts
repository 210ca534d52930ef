/** Ours and n8n's own Email Trigger (IMAP) 2.2 in one real n8n, on mailboxes of the same Dovecot. */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, startFaultProxy, type FaultProxy } from '../../servers';
import { median, type Figure, type Measurement } from '../figures';
import { N8nRig, SIDES, type Mailbox, type Side } from './n8nRig';

const SECOND_MS = 1_000;
const LATENCY_MAILS = 12;
const BACKLOG = 500;
const BACKLOG_ROUNDS = 3;
/** What each side receives before it is measured: code that never ran is slow in both. */
const WARM_UP_MAILS = 40;
const SLOW_BACKLOG = 200;
const MAIL_BYTES = 4_096;
const ROUND_TRIP_MS = 50;
const WORKFLOWS = 100;
const THEIR_WORKFLOWS = 50;
/** How long n8n's own trigger is waited for where it may never come. */
const PATIENCE_MS = 290 * SECOND_MS;
const OUTAGE_MS = 120 * SECOND_MS;
const AFTER_OUTAGE_MS = 200 * SECOND_MS;

type Pair<T> = Record<Side, T>;

async function both<T>(make: (side: Side) => Promise<T>): Promise<Pair<T>> {
	const [ours, theirs] = await Promise.all(SIDES.map(make));
	return { ours: ours as T, theirs: theirs as T };
}

/** How a mailbox was worked off. */
interface Drained {
	/** From switching on to the last mail. */
	lastMs: number;
	/** Mails a second from the first run to the last. */
	rate: number;
}

function middle(rounds: readonly Drained[]): Drained {
	return { lastMs: median(rounds.map(({ lastMs }) => lastMs)), rate: median(rounds.map(({ rate }) => rate)) };
}

function seconds(ms: number | undefined): string {
	return ms === undefined || !Number.isFinite(ms) ? 'never' : `${(ms / SECOND_MS).toFixed(2)} s`;
}

export class SideBySide {
	static readonly names = ['latency', 'outages', 'backlog', 'slow backlog', 'workflows'];

	private constructor(private readonly rig: N8nRig) {}

	static async start(): Promise<SideBySide> {
		return new SideBySide(await N8nRig.start());
	}

	async stop(): Promise<void> {
		await this.rig.stop();
	}

	measurements(): Measurement[] {
		return [
			{ name: 'backlog', run: async () => await this.backlog() },
			{ name: 'slow backlog', run: async () => await this.slowBacklog() },
			{ name: 'workflows', run: async () => await this.workflows() },
			{ name: 'latency', run: async () => await this.latency() },
			{ name: 'outages', run: async () => await this.outages() },
		];
	}

	/** Mails at random moments to both at the same time. */
	private async latency(): Promise<Figure[]> {
		const boxes = await both(async (side) => await this.rig.mailbox('latency', side));
		const ids = await both(async (side) => await this.rig.publish(boxes[side], `latency-${side}`));
		await sleep(3 * SECOND_MS);
		const took: Pair<number[]> = { ours: [], theirs: [] };
		for (let i = 0; i < LATENCY_MAILS; i++) {
			await sleep(Math.random() * 4 * SECOND_MS);
			const subject = `latency ${i}`;
			const at: Partial<Pair<number>> = {};
			for (const side of SIDES) {
				at[side] = Date.now();
				await this.rig.deliver(boxes[side], [subject]);
			}
			for (const side of SIDES) {
				const hit = () =>
					this.rig.recorder.at(`/latency-${side}`).find(({ query }) => query['s'] === subject);
				const found = await eventually(60 * SECOND_MS, `${subject} ${side}`, hit).catch(() => undefined);
				took[side].push(found ? found.at - (at[side] ?? 0) : Infinity);
			}
		}
		for (const side of SIDES) await this.rig.n8n.rest.unpublish(ids[side]);
		const [ours, theirs] = [median(took.ours), median(took.theirs)];
		return [
			{
				what: `delivery → next node, median of ${LATENCY_MAILS}`,
				ours: `${ours} ms`,
				theirs: `${theirs} ms`,
				ratio: theirs / ours,
				bar: '≥ 20× sooner',
				ok: theirs / ours >= 20,
			},
		];
	}

	/** What waits when the workflow is switched on. @returns from the first sign of life to the last mail, in ms */
	private async drain(
		name: string,
		side: Side,
		count: number,
		batch: number,
		port?: number,
	): Promise<Drained> {
		const { rig } = this;
		const box = await rig.mailbox(name, side, port);
		const subjects = Array.from({ length: count }, (_, i) => `waiting ${i}`);
		await rig.deliver(box, subjects, MAIL_BYTES);
		const tag = `${name}-${side}`;
		const from = Date.now();
		const id = await rig.publish(box, tag, {
			startFrom: 'unread',
			...(batch > 1 && { options: { messagesPerExecution: batch } }),
		});
		// n8n's own trigger looks at what waits only when something arrives.
		if (side === 'theirs') {
			await sleep(SECOND_MS);
			await rig.deliver(box, ['kick']);
		}
		const reached = () => rig.reachedAt(tag, count);
		const last = await eventually(180 * SECOND_MS, `${tag}: all mails`, reached).catch(() => Infinity);
		const first = rig.recorder.at(`/${tag}`)[0];
		await sleep(2 * SECOND_MS);
		await rig.n8n.rest.unpublish(id);
		// The first run's own mails are not part of the time between the first run and the last.
		const during = (last - (first?.at ?? from)) / SECOND_MS;
		const lastMs = last - from;
		return { lastMs, rate: during > 0 ? (count - Number(first?.query['n'] ?? 0)) / during : Infinity };
	}

	private async backlog(): Promise<Figure[]> {
		for (const side of SIDES) await this.drain('warm', side, WARM_UP_MAILS, 20);
		const rounds: Pair<Drained[]> = { ours: [], theirs: [] };
		for (let round = 1; round <= BACKLOG_ROUNDS; round++)
			for (const side of SIDES) rounds[side].push(await this.drain(`backlog${round}`, side, BACKLOG, 20));
		const [ours, theirs] = [middle(rounds.ours), middle(rounds.theirs)];
		const single = await this.drain('single', 'ours', BACKLOG, 1);
		const ratio = theirs.lastMs / ours.lastMs;
		return [
			{
				what: `${BACKLOG} waiting mails of 4 KB, 20 per execution: switched on → the last one, median of ${BACKLOG_ROUNDS}`,
				ours: `${seconds(ours.lastMs)}, ${ours.rate.toFixed(0)} a second`,
				theirs: `${seconds(theirs.lastMs)}, ${theirs.rate.toFixed(0)} a second`,
				ratio,
				bar: '≥ 8× sooner, ≥ 300 a second',
				ok: ratio >= 8 && ours.rate >= 300,
			},
			{
				what: `${BACKLOG} waiting mails, one per execution`,
				ours: `${seconds(single.lastMs)}, ${single.rate.toFixed(0)} a second`,
				bar: 'none: what n8n needs for an execution',
				ok: Number.isFinite(single.lastMs),
			},
		];
	}

	private async slowBacklog(): Promise<Figure[]> {
		const proxy = await startFaultProxy(this.rig.dovecot.ports.imaps);
		proxy.delayMs = ROUND_TRIP_MS;
		const ours = await this.drain('slow', 'ours', SLOW_BACKLOG, 20, proxy.port);
		const theirs = await this.drain('slow', 'theirs', SLOW_BACKLOG, 20, proxy.port);
		await proxy.stop();
		const ratio = ours.rate / theirs.rate;
		return [
			{
				what: `${SLOW_BACKLOG} waiting mails over ${ROUND_TRIP_MS} ms, 20 per execution, from the first run to the last`,
				ours: `${ours.rate.toFixed(0)} a second (${seconds(ours.lastMs)})`,
				theirs: `${theirs.rate.toFixed(1)} a second (${seconds(theirs.lastMs)})`,
				ratio,
				bar: '≥ 30×',
				ok: ratio >= 30,
			},
		];
	}

	/** A half-open line and an outage, for both triggers at the same time. */
	private async outages(): Promise<Figure[]> {
		const [half, away] = await Promise.all([this.halfOpen(), this.outage()]);
		return [half, away];
	}

	private async behindProxies(name: string): Promise<{ boxes: Pair<Mailbox>; proxies: Pair<FaultProxy> }> {
		const proxies = await both(async () => await startFaultProxy(this.rig.dovecot.ports.imaps));
		const boxes = await both(async (side) => await this.rig.mailbox(name, side, proxies[side].port));
		for (const side of SIDES) await this.rig.publish(boxes[side], `${name}-${side}`);
		await sleep(20 * SECOND_MS);
		return { boxes, proxies };
	}

	private async recovered(name: string, from: number, patience: number): Promise<Pair<number>> {
		const took = await both(async (side) => {
			const ran = () => this.rig.reachedAt(`${name}-${side}`, 1);
			return await eventually(patience, `${name} ${side}`, ran).then(
				(at) => at - from,
				() => Infinity,
			);
		});
		return took;
	}

	private async halfOpen(): Promise<Figure> {
		const { boxes, proxies } = await this.behindProxies('halfopen');
		const from = Date.now();
		for (const side of SIDES) {
			proxies[side].mute();
			await this.rig.deliver(boxes[side], ['after the line went half-open']);
		}
		const took = await this.recovered('halfopen', from, PATIENCE_MS);
		for (const side of SIDES) await proxies[side].stop();
		return {
			what: 'half-open line noticed and caught up',
			ours: seconds(took.ours),
			theirs: Number.isFinite(took.theirs) ? seconds(took.theirs) : `not in ${PATIENCE_MS / SECOND_MS} s`,
			...(Number.isFinite(took.theirs) && { ratio: took.theirs / took.ours }),
			bar: '≤ 130 s',
			ok: took.ours <= 130 * SECOND_MS,
		};
	}

	private async outage(): Promise<Figure> {
		const { boxes, proxies } = await this.behindProxies('outage');
		for (const side of SIDES) {
			await proxies[side].refuse('close');
			proxies[side].drop('reset');
			await this.rig.deliver(boxes[side], ['while the server was away']);
		}
		await sleep(OUTAGE_MS);
		for (const side of SIDES) await proxies[side].accept();
		const from = Date.now();
		const took = await this.recovered('outage', from, AFTER_OUTAGE_MS);
		for (const side of SIDES) await proxies[side].stop();
		return {
			what: `mail flows after ${OUTAGE_MS / SECOND_MS} s without a server`,
			ours: `${seconds(took.ours)} later`,
			theirs: Number.isFinite(took.theirs)
				? `${seconds(took.theirs)} later`
				: `not in ${AFTER_OUTAGE_MS / SECOND_MS} s`,
			bar: '≤ 35 s',
			ok: took.ours <= 35 * SECOND_MS,
		};
	}

	/** Many workflows on one mailbox, and one mail. */
	private async workflows(): Promise<Figure[]> {
		const measured: Partial<
			Pair<{ connections: number; runs: number; mb: number; ms: number; count: number }>
		> = {};
		for (const side of SIDES) {
			const proxy = await startFaultProxy(this.rig.dovecot.ports.imaps);
			const box = await this.rig.mailbox('many', side, proxy.port);
			const before = this.rig.rssMb();
			const ids: string[] = [];
			const count = side === 'ours' ? WORKFLOWS : THEIR_WORKFLOWS;
			for (let i = 0; i < count; i++) ids.push(await this.rig.publish(box, `many-${side}`));
			await sleep(2 * SECOND_MS);
			const mb = this.rig.rssMb() - before;
			const from = Date.now();
			await this.rig.deliver(box, ['one for all']);
			const tag = `many-${side}`;
			const last = await eventually(90 * SECOND_MS, tag, () => this.rig.reachedAt(tag, count)).catch(
				() => Infinity,
			);
			await sleep(2 * SECOND_MS);
			measured[side] = {
				...{ connections: proxy.openCount, runs: this.rig.items(tag), mb, ms: last - from, count },
			};
			for (const id of ids) await this.rig.n8n.rest.unpublish(id);
			await proxy.stop();
		}
		const { ours, theirs } = measured as Required<typeof measured>;
		const text = (one: typeof ours) =>
			`${one.connections} connections, ${one.runs} runs of ${one.count}, all after ${seconds(one.ms)}, + ${one.mb} MB`;
		return [
			{
				what: `${WORKFLOWS} workflows on one mailbox (n8n's own: ${THEIR_WORKFLOWS}), one mail`,
				ours: text(ours),
				theirs: text(theirs),
				bar: '1 connection, 100 runs',
				ok: ours.connections === 1 && ours.runs === WORKFLOWS,
			},
		];
	}
}
