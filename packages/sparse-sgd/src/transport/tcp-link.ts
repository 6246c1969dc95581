/** A worker's TCP connection to a hub, made again whenever it is gone. */
import { FormatError, SaccadeError } from '@saccade/tensor';
import { FrameCutter } from './frame-cutter.js';
import { decodeFromHub, encodeFrame, largestFrame } from './hub-frames.js';
import type { HubLink, LinkHandler } from './hub-log.js';
import type { FromHub, ToHub } from './hub-messages.js';
import type { LogTraffic } from './log.js';
import { FrameWriter, type NodeNet, type Socket } from './node-net.js';

const firstPause = 50;
const longestPause = 2000;
/** Heartbeats that may stay unanswered. */
const patience = 3;

/** Where the hub is, and how patient the link is; times in milliseconds. */
export interface TcpLinkOptions {
  readonly op: string;
  readonly host: string;
  readonly port: number;
  /** How long to try at the beginning. Once it was connected it tries for ever. */
  readonly connectTimeout: number;
  /** How often the hub is asked whether it is there. */
  readonly heartbeat: number;
}

/** See `HubLink`. */
export class TcpLink implements HubLink {
  readonly #net: NodeNet;
  readonly #handler: LinkHandler;
  readonly #options: TcpLinkOptions;
  readonly #giveUp: ReturnType<typeof setTimeout>;
  #socket: Socket | undefined;
  /** While there is a connection. */
  #writer: FrameWriter | undefined;
  #closed = false;
  #pause = firstPause;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silent = 0;
  #beat: ReturnType<typeof setTimeout> | undefined;
  #why = 'it does not answer';
  #sent = 0;
  #received = 0;

  constructor(net: NodeNet, handler: LinkHandler, options: TcpLinkOptions) {
    this.#net = net;
    this.#handler = handler;
    this.#options = options;
    this.#giveUp = setTimeout(() => this.#failed(), options.connectTimeout);
    this.#timer = setTimeout(() => this.#connect(), 0);
  }

  get traffic(): LogTraffic {
    const { bytesWritten = 0, bytesRead = 0 } = this.#socket ?? {};
    return { sent: this.#sent + bytesWritten, received: this.#received + bytesRead };
  }

  send(message: ToHub): void {
    this.#writer?.write(encodeFrame(message));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#giveUp);
    clearTimeout(this.#timer);
    clearTimeout(this.#beat);
    if (this.#writer !== undefined) this.#socket!.end();
    else this.#socket?.destroy();
  }

  #connect(): void {
    const socket = this.#net.connect(this.#options);
    const frames = new FrameCutter(largestFrame);
    this.#socket = socket;
    this.#silent = 0;
    this.#schedule(socket);
    socket.setNoDelay(true);
    socket.on('error', (error) => {
      this.#why = error.message;
    });
    socket.on('connect', () => {
      this.#writer = new FrameWriter(socket);
      this.#handler.up();
    });
    socket.on('data', (piece) => {
      this.#silent = 0;
      try {
        for (const frame of frames.push(piece)) this.#message(decodeFromHub(frame));
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        this.#why = `what answers is no hub: ${error.message}`;
        socket.destroy();
      }
    });
    socket.on('close', () => this.#gone(socket));
  }

  #message(message: FromHub): void {
    clearTimeout(this.#giveUp);
    this.#pause = firstPause;
    if (!this.#closed) this.#handler.message(message);
  }

  #gone(socket: Socket): void {
    clearTimeout(this.#beat);
    this.#sent += socket.bytesWritten;
    this.#received += socket.bytesRead;
    this.#socket = undefined;
    this.#writer = undefined;
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.#connect(), this.#pause);
    this.#pause = Math.min(longestPause, 2 * this.#pause);
  }

  /** Counts heartbeats rather than time: a worker that computes for a minute hears nothing for a minute, but counts one. */
  #schedule(socket: Socket): void {
    this.#beat = setTimeout(() => {
      if (this.#silent++ >= patience) socket.destroy();
      else {
        this.send({ type: 'ping' });
        this.#schedule(socket);
      }
    }, this.#options.heartbeat);
  }

  #failed(): void {
    const { op, host, port, connectTimeout } = this.#options;
    const after = connectTimeout / 1000;
    this.#handler.failed(new SaccadeError('io', `${op}: no hub at ${host}:${port} after ${after} s (${this.#why})`));
  }
}
