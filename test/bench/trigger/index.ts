/** The benchmark of the IMAP Trigger: in the harness, and beside n8n's own trigger in one real n8n. */
import { isWanted, measure, report, type BenchOptions } from '../figures';
import { harnessMeasurements } from './harness';
import { SideBySide } from './sideBySide';

export async function main(options: BenchOptions): Promise<{ passed: number; failed: number }> {
	const figures = await measure(harnessMeasurements, options);
	if (SideBySide.names.some((name) => isWanted(name, options))) {
		const n8n = await SideBySide.start();
		try {
			figures.push(...(await measure(n8n.measurements(), options)));
		} finally {
			await n8n.stop();
		}
	}
	return report('trigger', figures, options);
}
