/**
 * The thread in which mail is parsed: started and ended by parsePool.ts, one message at a time. What goes wrong in here
 * (no memory, no end) ends this thread and not n8n. Libraries are loaded at once, since it exists for nothing else.
 */
import { parentPort } from 'worker_threads';
import { OPERATIONS, type ParseAnswer, type ParseJob } from './operations';

parentPort?.on('message', ({ operation, source }: ParseJob) => {
	void answer(operation, Buffer.from(source.buffer, source.byteOffset, source.byteLength));
});

async function answer(operation: ParseJob['operation'], source: Buffer): Promise<void> {
	let result: ParseAnswer;
	try {
		result = { value: await OPERATIONS[operation](source) };
	} catch (error) {
		result = { error: error instanceof Error ? error.message : String(error) };
	}
	parentPort?.postMessage(result);
}
