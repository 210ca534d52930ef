/** How urgent the sender says a mail is; programs use four different fields for it. */
import { first, type Headers } from './headerFields';

export function priorityOf(headers: Headers): 'high' | 'normal' | 'low' {
	const number = /^\s*([1-5])/.exec(first(headers, 'x-priority') || first(headers, 'x-msmail-priority'))?.[1];
	if (number !== undefined) return Number(number) < 3 ? 'high' : Number(number) > 3 ? 'low' : 'normal';
	for (const name of ['importance', 'x-msmail-priority', 'priority']) {
		const word = first(headers, name).trim().toLowerCase();
		if (word === 'high' || word === 'urgent') return 'high';
		if (word === 'low' || word === 'non-urgent') return 'low';
	}
	return 'normal';
}
