/** Reads an item's parameters, whatever its expressions gave. */
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { MailError } from '../mail/errors';

export class ItemFields {
	/** Reading a parameter evaluates its expressions, so each is read once. */
	private readonly known = new Map<string, unknown>();

	constructor(
		readonly context: IExecuteFunctions,
		readonly itemIndex: number,
	) {}

	raw(name: string, fallback: unknown = ''): unknown {
		if (!this.known.has(name))
			this.known.set(name, this.context.getNodeParameter(name, this.itemIndex, fallback as object));
		return this.known.get(name);
	}

	text(name: string): string {
		return toText(this.raw(name));
	}

	flag(name: string, fallback: boolean): boolean {
		return toFlag(this.raw(name, fallback), fallback);
	}

	/** The options of a collection that were added; empty when none were. */
	group(name: string): IDataObject {
		const value = this.raw(name, {});
		return typeof value === 'object' && value !== null ? (value as IDataObject) : {};
	}
}

/** Expressions may give numbers or nothing where text is meant. */
export function toText(value: unknown): string {
	if (value === null || value === undefined) return '';
	return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}

/** An expression may give "false". */
export function toFlag(value: unknown, fallback = false): boolean {
	if (value === undefined || value === null || value === '') return fallback;
	return typeof value === 'string' ? !/^(false|no|0)$/i.test(value.trim()) : Boolean(value);
}

/** A list, or text with commas or line breaks between. */
export function toNames(value: unknown): string[] {
	const names = Array.isArray(value) ? value.map(toText) : toText(value).split(/[,\n]/);
	return names.map((name) => name.trim()).filter((name) => name !== '');
}

/**
 * @param name as the editor shows it
 * @throws MailError `MESSAGE` when it is no number in the range
 */
export function toNumber(value: unknown, name: string, min: number, max: number): number {
	const number = typeof value === 'string' && value.trim() === '' ? NaN : Number(value);
	if (Number.isFinite(number) && number >= min && number <= max) return number;
	throw new MailError('MESSAGE', `"${name}" has to be a number from ${min} to ${max}.`, {
		nextStep: `It is ${JSON.stringify(value)} now; correct it, or the expression that gives it.`,
	});
}
