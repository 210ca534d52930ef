/** Text that must never be shown: neither JSON, nor an inspection, nor string building gives it away. */
export class Secret {
	readonly #text: string;

	constructor(text: string) {
		this.#text = text;
	}

	get isEmpty(): boolean {
		return this.#text === '';
	}

	/** The text itself, for whoever sends it to the server. */
	reveal(): string {
		return this.#text;
	}

	toString(): string {
		return '***';
	}

	toJSON(): string {
		return '***';
	}
}
