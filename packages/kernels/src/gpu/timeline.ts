/** Jobs one after another: at once while nothing is awaited, else when all before are done. */

/** Must not throw or reject. */
export type Job = () => void | Promise<void>;

export class Timeline {
  #jobs: Job[] = [];
  #next = 0;
  #busy = false;

  add(job: Job): void {
    this.#jobs.push(job);
    if (!this.#busy) this.#drain();
  }

  #drain(): void {
    this.#busy = true;
    while (this.#next < this.#jobs.length) {
      const job = this.#jobs[this.#next++] as Job;
      const pending = job();
      if (pending !== undefined) {
        void pending.then(() => this.#drain());
        return;
      }
    }
    this.#jobs = [];
    this.#next = 0;
    this.#busy = false;
  }
}
