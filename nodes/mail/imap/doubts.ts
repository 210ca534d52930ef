/** Units that may have run before this process knew of them: that n8n has had their key proves nothing then (D7, D8). */
import type { Unit } from './cursor';

export class Doubts {
	private readonly units = new Set<Unit>();
	private readonly tries = new Map<Unit, number>();

	/**
	 * @param loadedHigh highest UID that the loaded cursor knew
	 * @param allowance messages above it that may have been started so close to the cursor's last save that it missed them
	 */
	constructor(
		private readonly loadedHigh: number,
		private allowance: number,
	) {}

	has(unit: Unit): boolean {
		return this.units.has(unit);
	}

	add(unit: Unit): void {
		this.units.add(unit);
	}

	/** Whether new messages may have been started so close to the cursor's last save that it missed them. */
	mayHaveRun({ uids }: Unit): boolean {
		return this.allowance > 0 && uids.some((uid) => uid > this.loadedHigh);
	}

	/** So many of those messages are dealt with. */
	spend(count: number): void {
		this.allowance -= count;
	}

	/** A unit of new messages starts. */
	startNew(unit: Unit): void {
		if (!this.mayHaveRun(unit)) return;
		this.spend(unit.uids.length);
		this.units.add(unit);
	}

	/** What is left of a unit is as doubtful as it was. */
	replace(unit: Unit, by: readonly Unit[]): void {
		if (this.units.has(unit)) for (const next of by) this.units.add(next);
		this.delete(unit);
	}

	/** n8n could not say whether there is a run, so what it says next proves nothing either. */
	unclear(unit: Unit): void {
		this.units.add(unit);
		this.tries.set(unit, this.unclearTries(unit) + 1);
	}

	/** How often n8n could not say. */
	unclearTries(unit: Unit): number {
		return this.tries.get(unit) ?? 0;
	}

	delete(unit: Unit): void {
		this.units.delete(unit);
		this.tries.delete(unit);
	}

	clear(): void {
		this.units.clear();
		this.tries.clear();
	}
}
