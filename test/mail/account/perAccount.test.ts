import { MAX_IDLE, PerAccount } from '../../../nodes/mail/account/perAccount';
import { testAccount } from './accounts';

test('each account has its own, and of very many only those in use are kept', () => {
	let made = 0;
	const things = new PerAccount<{ number: number; inUse: boolean }>(({ inUse }) => !inUse);
	const make = () => ({ number: made++, inUse: false });
	const of = (user: string, password = 'one') => things.of(testAccount({ user, password }), make);
	const first = of('first');
	first.inUse = true;
	expect(of('first')).toBe(first);
	expect(of('first', 'another')).not.toBe(first);
	for (let count = 0; count < 3 * MAX_IDLE; count++) of(`user ${count}`);
	expect(of('first')).toBe(first);
	expect(things.all().length).toBeLessThanOrEqual(MAX_IDLE);
});
