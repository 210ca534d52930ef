/** E-mail addresses as people and workflows write them: strings, lists, or the trigger's address objects. */
import { domainToASCII } from 'url';
import { MailError } from '../errors';
import type { Address } from './parsed';

/** What a field for addresses accepts; the last of them is how n8n's own trigger gives addresses. */
export type AddressInput =
	string | Partial<Address> | readonly AddressInput[] | null | undefined | { value: readonly AddressInput[] };

/** RFC 5321 §4.5.3.1: local part 64, whole path 254. */
const MAX_LOCAL_LENGTH = 64;
const MAX_ADDRESS_LENGTH = 254;
const MAX_NAME_LENGTH = 300;
/** Recipients of one message; more belong into several (servers promise only 100, RFC 5321 §4.5.3.1.8). */
export const MAX_RECIPIENTS = 1_000;

/** Dot-atom or quoted string (RFC 5322 §3.4.1), also with letters of any script (RFC 6531). */
const LOCAL_PART =
	/^(?:[^\s\u0000-\u001f\u007f()<>[\]:;@\\,."]+(?:\.[^\s\u0000-\u001f\u007f()<>[\]:;@\\,."]+)*|"(?:[^"\\\u0000-\u001f\u007f]|\\[\u0020-\u007e])*")$/;
const DOMAIN_LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/i;
const ADDRESS_LITERAL = /^\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9a-fA-F:.]+)\]$/;

/** Splits a header-like list such as `"Doe, Jane" <jane@example.com>, bob@example.com`; given by the composer's library. */
export type ListParser = (list: string) => ListEntry[];

interface ListEntry {
	address?: string | undefined;
	name?: string | undefined;
	group?: ListEntry[] | undefined;
}

/**
 * Reads and checks the addresses of one field.
 *
 * @param field name of the field, as the user sees it, for the error
 * @returns the addresses in their order, without doubles
 * @throws MailError `ADDRESS` naming the field and the address that cannot be used
 */
export function readAddresses(input: AddressInput, field: string, parse: ListParser): Address[] {
	const found = new Map<string, Address>();
	for (const address of flatten(input, field, parse)) {
		checkAddress(address.address, field);
		if (address.name.length > MAX_NAME_LENGTH)
			throw unusable(address.name, field, `the name is longer than ${MAX_NAME_LENGTH} characters`);
		const key = address.address.toLowerCase();
		if (!found.has(key)) found.set(key, address);
	}
	return [...found.values()];
}

function flatten(input: AddressInput, field: string, parse: ListParser): Address[] {
	if (input === null || input === undefined || input === '') return [];
	if (typeof input === 'string') {
		refuseLineBreaks(input, field);
		return parse(input).flatMap((entry) =>
			(entry.group ?? [entry]).map(({ address, name }) => {
				if (address) refuseMisreading(input, address, name ?? '', field);
				// Text without an address in it, such as a name alone.
				if (!address && name) throw unusable(name, field, 'it has no @ with something on both sides');
				return { address: address ?? '', name: name ?? '' };
			}),
		);
	}
	if (Array.isArray(input))
		return (input as readonly AddressInput[]).flatMap((entry) => flatten(entry, field, parse));
	const { value } = input as { value?: unknown };
	if (Array.isArray(value)) return flatten(value as readonly AddressInput[], field, parse);
	const { address = '', name = '' } = input as Partial<Address>;
	if (typeof address !== 'string' || typeof name !== 'string')
		throw unusable(JSON.stringify(input), field, 'it is not an address');
	refuseLineBreaks(address + name, field);
	return [{ address, name }];
}

/**
 * Parsers are generous: `bob@example .com` is read as `bob@example` with a name. What was written must be the address
 * alone, or the address in angle brackets, or with a name in round brackets (RFC 5322 §3.2.2).
 */
function refuseMisreading(list: string, address: string, name: string, field: string): void {
	if (list.includes(`<${address}>`) || /<\s|\s>/.test(list)) return;
	const plain = address.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
	const alone = new RegExp(`(?:^|[,;:])\\s*${plain}\\s*(?:\\([^()]*\\)\\s*)?(?:$|[,;])`);
	if (!alone.test(list)) throw unusable(`${address} ${name}`.trim(), field, 'it has more than an address');
}

/** A line break in an address is an attempt to add header fields or recipients (RFC 5322 §2.2). */
function refuseLineBreaks(text: string, field: string): void {
	if (/[\r\n\u0000]/.test(text.trim())) throw unusable(text, field, 'it contains a line break');
}

/** @throws MailError `ADDRESS` */
export function checkAddress(address: string, field: string): void {
	const at = address.lastIndexOf('@');
	if (at < 1)
		throw unusable(
			address,
			field,
			address === '' ? 'it is empty' : 'it has no @ with something on both sides',
		);
	const local = address.slice(0, at);
	const domain = address.slice(at + 1);
	if (local.length > MAX_LOCAL_LENGTH || address.length > MAX_ADDRESS_LENGTH)
		throw unusable(address, field, 'it is too long');
	if (!LOCAL_PART.test(local))
		throw unusable(address, field, 'the part before the @ has characters that are not allowed');
	if (!ADDRESS_LITERAL.test(domain) && !isDomain(domain))
		throw unusable(address, field, 'the part after the @ is no domain name');
}

function isDomain(domain: string): boolean {
	const ascii = domainToASCII(domain);
	return ascii !== '' && ascii.length <= 253 && ascii.split('.').every((label) => DOMAIN_LABEL.test(label));
}

function unusable(address: string, field: string, why: string): MailError {
	const shown = JSON.stringify(address.length > 80 ? `${address.slice(0, 80)}…` : address);
	return new MailError('ADDRESS', `The address ${shown} in "${field}" cannot be used: ${why}.`, {
		side: 'smtp',
		nextStep:
			'Write addresses as name@example.com or "Name" <name@example.com>, several separated by commas.',
	});
}

/** The domain in its ASCII form (RFC 5891), which every server accepts. */
export function toAsciiDomain(address: string): string {
	const at = address.lastIndexOf('@');
	const domain = address.slice(at + 1);
	return `${address.slice(0, at)}@${domain.startsWith('[') ? domain : domainToASCII(domain)}`;
}
