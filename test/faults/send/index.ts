/** `npm run faults -- send`: what happens to a mail when the line, the server or the content is bad. */
import { runCampaign, type Count, type Options, type Row } from '../campaign';
import { rows as cuts } from './cuts';

const ROWS: Row[] = [...cuts];

export async function main(options: Options): Promise<Count> {
	return await runCampaign('send', ROWS, options);
}
