/** The fault campaign of the IMAP Trigger: facts in docs/reliability.md, rules in docs/delivery.md. */
import { builtPackage } from '../builtPackage';
import { runCampaign, type Count, type Options, type Row } from '../campaign';
import { consumerRows } from './consumer';
import { killRows } from './kills';
import { networkRows } from './network';
import { otherServersRows } from './otherServers';
import { realN8nRows } from './realN8n';
import { serverLiesRows } from './serverLies';
import { serverLifeRows } from './serverLife';
import { sharingRows } from './sharing';
import { slowNetworkRows } from './slowNetwork';

export const ROWS: Row[] = [
	...networkRows,
	...slowNetworkRows,
	...serverLifeRows,
	...serverLiesRows,
	...otherServersRows,
	...killRows,
	...consumerRows,
	...sharingRows,
	...realN8nRows,
];

export async function main(options: Options): Promise<Count> {
	// A package that cannot be built is said once, not by every row.
	builtPackage();
	return await runCampaign('trigger', ROWS, options);
}
