/** What about a sender deserves a second look. */
import { domainToASCII, domainToUnicode } from 'url';
import type { SenderChecks } from '../meaning';
import type { Address } from '../parsed';

/** Scripts whose letters are mistaken for each other. */
const SCRIPTS = [
	/\p{Script=Latin}/u,
	/\p{Script=Cyrillic}/u,
	/\p{Script=Greek}/u,
	/\p{Script=Armenian}/u,
	/\p{Script=Cherokee}/u,
];

export function checkSender(from: readonly Address[], replyTo: readonly Address[]): SenderChecks {
	const sender = from[0];
	const domain = domainOf(sender?.address ?? '');
	const ascii = domain === '' ? '' : domainToASCII(domain);
	const readable = ascii === '' ? domain : domainToUnicode(ascii) || domain;
	const answersTo = domainOf(replyTo[0]?.address ?? '');
	return {
		fromCount: from.length,
		addressInName: sender ? addressInName(sender) : null,
		domain: readable === '' ? null : readable,
		domainAscii: ascii === '' ? null : ascii,
		mixedScripts: readable
			.split('.')
			.some((label) => SCRIPTS.filter((script) => script.test(label)).length > 1),
		replyToDiffers: answersTo !== '' && domainToASCII(answersTo) !== ascii,
	};
}

/** The name is what most programs show; an address in it that is another one is meant to deceive. */
function addressInName({ name, address }: Address): string | null {
	const found = /[^\s"'<>()[\],;:@]{1,64}@[\p{L}\p{N}.-]{1,200}\.[\p{L}]{2,24}/u.exec(
		name.slice(0, 1_000),
	)?.[0];
	return found === undefined || found.toLowerCase() === address.toLowerCase() ? null : found;
}

function domainOf(address: string): string {
	const at = address.lastIndexOf('@');
	return at < 0
		? ''
		: address
				.slice(at + 1)
				.toLowerCase()
				.replace(/\.$/, '');
}
