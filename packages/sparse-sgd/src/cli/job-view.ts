/** What people see of a job while it runs: the chart, who comes and goes, and that nothing happens. */
import { counted, LiveChart, percent } from '@saccade/command';
import { quantity } from '@saccade/pictures';
import type { LossSeries } from '../pictures/loss-series.js';
import { lossText } from '../pictures/loss-text.js';
import type { PeerEvent, Transport } from '../transport/transport.js';
import { type ChartFiles, writeLivePage } from './chart-files.js';
import type { JobSettings } from './job-settings.js';
import type { Standing } from './standing.js';
import type { Score } from './task.js';

/** Milliseconds without a round after which people are told. */
const longSilence = 10_000;

/** The view. It writes the warnings of libraries too, which must not go across the chart, until it is closed. */
export class JobView {
  readonly title: string;
  /** Times that a worker was given up. */
  lost = 0;
  /** Workers that came late. */
  joined = 0;
  readonly #transport: Transport;
  readonly #epochs: number;
  readonly #files: ChartFiles;
  readonly #chart = new LiveChart();
  readonly #stop: readonly (() => void)[];
  #status = '';

  constructor(transport: Transport, job: string, { compress, epochs }: JobSettings, files: ChartFiles) {
    this.title = `${job}: ${compress}`;
    this.#transport = transport;
    this.#epochs = epochs;
    this.#files = files;
    const { warn } = console;
    console.warn = (text: unknown) => this.#tell(String(text));
    const restore = (): void => {
      console.warn = warn;
    };
    this.#stop = [transport.onPeerLost((event) => this.#peer(event)), this.#watch(), restore];
  }

  /** The curve of this worker. */
  series({ points }: Standing): LossSeries[] {
    const { rank, size } = this.#transport;
    return [{ name: size === 1 ? 'loss' : `worker ${rank}`, points }];
  }

  async point(standing: Standing): Promise<void> {
    await this.#draw(standing, standing.turns === standing.total);
    writeLivePage(this.#files, this.series(standing), this.title);
  }

  async epoch(standing: Standing, score: Score): Promise<void> {
    this.#status = this.#epochText(standing, score);
    await this.#chart.progress(this.#status);
    await this.#draw(standing, true);
  }

  close(): void {
    for (const stop of this.#stop) stop();
  }

  #draw(standing: Standing, force: boolean): Promise<void> {
    const losses = { series: this.series(standing), x: this.#files.x, title: this.title };
    return this.#chart.draw((size) => lossText({ ...size, ...losses }), this.#status, force);
  }

  #tell(text: string): void {
    void this.#chart.tell(text);
  }

  #epochText({ epoch, points, bytes, denseBytes }: Standing, { accuracy }: Score): string {
    const loss = points.at(-1)?.loss.toPrecision(4) ?? '-';
    const learned = `epoch ${Math.floor(epoch)}/${this.#epochs}: loss ${loss}, accuracy ${percent(accuracy)}`;
    const { size, present } = this.#transport;
    if (size === 1) return learned;
    const sent = `${quantity(bytes, 'B')} (${percent(bytes / Math.max(1, denseBytes), 2)})`;
    return `${learned}, sent ${sent}, ${counted(present.length, 'worker')}`;
  }

  #peer({ rank, state }: PeerEvent): void {
    const isOwn = rank === this.#transport.rank;
    if (state === 'lost') this.lost += 1;
    if (state === 'joined' && !isOwn) this.joined += 1;
    const who = isOwn ? 'this worker' : `worker ${rank}`;
    const what = { lost: 'is lost; the others go on', back: 'is back', joined: 'joins' }[state];
    this.#tell(`${who} ${what}`);
  }

  /** Tells people once when nothing happens for long: what a worker waits for, it cannot know. */
  #watch(): () => void {
    const { counts } = this.#transport;
    let [rounds, since, told] = [counts.rounds, performance.now(), false];
    const look = (): void => {
      const now = this.#transport.counts.rounds;
      if (now !== rounds) [rounds, since, told] = [now, performance.now(), false];
      if (told || performance.now() - since < longSilence) return;
      told = true;
      this.#tell(`no round was complete for ${longSilence / 1000} s: waits for other workers, or for the way to them`);
    };
    const timer = setInterval(look, 1000);
    return () => clearInterval(timer);
  }
}
