/** `npm run faults -- send`: what happens to a mail when the line, the server or the content is bad. */
import { runCampaign, type Count, type Options, type Row } from '../campaign';
import { rows as afterTheEnd } from './afterTheEnd';
import { rows as attachments } from './attachments';
import { rows as codes } from './codes';
import { rows as cuts } from './cuts';
import { rows as patience } from './patience';
import { rows as smuggling } from './smuggling';

const ROWS: Row[] = [...afterTheEnd, ...cuts, ...codes, ...patience, ...smuggling, ...attachments];

export async function main(options: Options): Promise<Count> {
	return await runCampaign('send', ROWS, options);
}
