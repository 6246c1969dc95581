/** safetensors with tensors: from memory, Blobs, files larger than memory and web servers; writing; bad sources. */
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createJsDevice, DisposedError, FormatError, OptionError, SaccadeError } from '@saccade/kernels';
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tensor } from '../src/create.js';
import { loadSafetensors } from '../src/formats/load-safetensors.js';
import { openSafetensors } from '../src/formats/open-safetensors.js';
import { packSafetensors } from '../src/formats/safetensors-bytes.js';
import { encodeSafetensors, saveSafetensors } from '../src/formats/save-safetensors.js';
import type { StoredArray } from '../src/formats/stored.js';
import { scope } from '../src/scope.js';
import type { Tensor } from '../src/tensor.js';

/** A test that frees its tensors. */
function check(name: string, work: () => Promise<void>): void {
  test(name, () => scope(async () => work()));
}

const stored = new Map<string, StoredArray>([
  ['weight', { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
  ['half', { dtype: 'F16', shape: [1], data: Uint16Array.of(0x3c00) }],
  ['long', { dtype: 'I64', shape: [2], data: BigInt64Array.of(-1n, 5n) }],
  ['wide', { dtype: 'I64', shape: [1], data: BigInt64Array.of(2n ** 40n) }],
  ['mask', { dtype: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) }],
]);
const sample = packSafetensors(stored, { metadata: { format: 'pt' } });

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'saccade-safetensors-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

type Handler = (request: IncomingMessage, response: ServerResponse, begin: number, end: number) => void;

/** Runs `work` against a server on this machine whose answers `handler` writes. */
async function withServer(handler: Handler, work: (url: URL) => Promise<void>): Promise<void> {
  const server = createServer((request, response) => {
    const [, begin = '0', last = '0'] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    handler(request, response, Number(begin), Number(last) + 1);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    await work(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/model.safetensors`));
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}

/** Answers a range request as it should be. */
function sendRange(response: ServerResponse, file: Uint8Array, begin: number, end: number): void {
  const stop = Math.min(end, file.length);
  response.writeHead(206, { 'content-range': `bytes ${begin}-${stop - 1}/${file.length}`, etag: '"1"' });
  response.end(file.subarray(begin, stop));
}

async function checkSample(source: string | URL | Blob | Uint8Array): Promise<void> {
  const file = await openSafetensors(source);
  assert.equal([...file.names].sort(), [...stored.keys()].sort());
  assert.is(file.metadata.format, 'pt');
  assert.equal([...file.info('weight').shape], [2, 2]);
  const weight = await file.read('weight');
  assert.is(weight.dtype, 'float32');
  assert.equal([...weight.shape], [2, 2]);
  assert.equal([...(await weight.data())], [1, 2, 3, 4]);
  const long = await file.read('long');
  assert.is(long.dtype, 'int32');
  assert.equal([...(await long.data())], [-1, 5]);
  await file.close();
}

check('single tensors are read from bytes, Blobs, paths and file URLs', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'a b.safetensors');
    await writeFile(path, sample);
    const buffer = await readFile(path);
    for (const source of [sample, buffer, new Blob([sample as BlobPart]), path, pathToFileURL(path)]) {
      await checkSample(source);
    }
  }),
);

check('a whole file is loaded, in the dtypes of the table', async () => {
  const small = new Map([...stored].filter(([name]) => name !== 'wide'));
  const { tensors, metadata } = await loadSafetensors(packSafetensors(small, { metadata: { a: 'b' } }));
  const dtypes = Object.fromEntries([...tensors].map(([name, t]) => [name, t.dtype]));
  assert.equal(dtypes, { weight: 'float32', half: 'float32', long: 'int32', mask: 'bool' });
  assert.is(metadata.a, 'b');
  assert.equal([...(await tensors.get('mask')!.data())], [1, 0, 1]);
});

check('a value that does not fit names its tensor, wherever it is read', async () => {
  const message = /tensor "wide": I64 value 1099511627776 at flat index 0 does not fit int32/;
  await assertRejects(() => loadSafetensors(sample), FormatError, message);
  const file = await openSafetensors(sample);
  await assertRejects(() => file.read('wide'), FormatError, message);
  assert.equal([...(await file.readStored('wide')).data], [2n ** 40n]);
});

check('a dtype may be asked for', async () => {
  const file = await openSafetensors(sample);
  const read = await file.read('mask', { dtype: 'float32' });
  assert.is(read.dtype, 'float32');
  assert.equal([...(await read.data())], [1, 0, 1]);
});

check('float64 comes through unrounded on the js device, whatever device is current', async () => {
  const device = createJsDevice();
  const numbers = Float64Array.of(Math.PI, 1e300);
  const bytes = packSafetensors(new Map([['x', { dtype: 'F64', shape: [2], data: numbers }]]));
  const x = await (await openSafetensors(bytes)).read('x', { dtype: 'float64', device });
  bytes.fill(0);
  assert.equal([...(await x.data())], [...numbers]);
  const back = (await loadSafetensors(await encodeSafetensors({ x }), { dtype: 'float64', device })).tensors.get('x')!;
  assert.equal([...(await back.data())], [...numbers]);
});

check('one tensor of a file of 6 GB is read without the rest', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'large.safetensors');
    const gap = 6e9;
    const text =
      `{"big":{"dtype":"U8","shape":[${gap}],"data_offsets":[0,${gap}]},` +
      `"end":{"dtype":"F32","shape":[2],"data_offsets":[${gap},${gap + 8}]}}`;
    const head = Buffer.alloc(8 + text.length);
    head.writeBigUInt64LE(BigInt(text.length));
    head.write(text, 8);
    const handle = await open(path, 'w');
    await handle.write(head);
    // A hole: the file takes no room on the disk.
    await handle.write(Buffer.from(Float32Array.of(1.5, -2).buffer), 0, 8, head.length + gap);
    await handle.close();
    const before = process.memoryUsage().arrayBuffers;
    const file = await openSafetensors(path);
    assert.equal([...(await (await file.read('end')).data())], [1.5, -2]);
    assert.ok(process.memoryUsage().arrayBuffers - before < 1e6);
    await file.close();
  }),
);

check('single tensors are read from a server by range requests', () => {
  const ranges: string[] = [];
  // Larger than the first request, so that later reads go out as well.
  const big = packSafetensors(
    new Map([...stored, ['pad', { dtype: 'F64', shape: [20_000], data: new Float64Array(20_000) }]]),
    { metadata: { format: 'pt' } },
  );
  return withServer(
    (request, response, begin, end) => {
      ranges.push(request.headers.range ?? 'none');
      sendRange(response, big, begin, end);
    },
    async (url) => {
      const file = await openSafetensors(url);
      assert.equal([...(await (await file.read('weight')).data())], [1, 2, 3, 4]);
      assert.is(ranges.length, 2);
      assert.ok(ranges.every((range) => /^bytes=\d+-\d+$/.test(range)));
      const [, begin, last] = /(\d+)-(\d+)/.exec(ranges[1]!)!;
      assert.is(Number(last) - Number(begin), 15);
    },
  );
});

check('a small file on a server takes one request', () => {
  let requests = 0;
  return withServer(
    (_, response, begin, end) => {
      requests++;
      sendRange(response, sample, begin, end);
    },
    async (url) => {
      await checkSample(url);
      assert.is(requests, 1);
    },
  );
});

check('a server that ignores the range, sends another, too little, too much or an error is refused', async () => {
  const range = (text: string, body: Uint8Array): Handler => {
    return (_, response) => response.writeHead(206, { 'content-range': text }).end(body);
  };
  const n = sample.length;
  const cases: [Handler, RegExp][] = [
    [(_, response) => response.end(sample), /ignores range requests/],
    [(_, response) => response.writeHead(404).end(), /answered 404/],
    [(_, response) => response.writeHead(206).end(sample), /no usable Content-Range \(none, or hidden by CORS\)/],
    [range(`bytes 0-${n - 1}/*`, sample), /no usable Content-Range/],
    [range(`bytes 1-${n - 1}/${n}`, sample.subarray(1)), /asked for bytes 0-65535, the server sent bytes 1-/],
    [range(`bytes 0-9/${n}`, sample.subarray(0, 10)), /the server sent bytes 0-9/],
    [range(`bytes 0-${n - 1}/${n}`, sample.subarray(0, 10)), /sent 10 of \d+ bytes/],
    [range(`bytes 0-${n - 1}/${n}`, new Uint8Array(n + 5)), /sent more than the \d+ bytes/],
    [(_, response) => response.destroy(), /request failed/],
  ];
  for (const [handler, message] of cases) {
    await withServer(handler, async (url) => {
      const error = await assertRejects(() => openSafetensors(url), SaccadeError, message);
      assert.is((error as SaccadeError).code, 'io');
    });
  }
});

check('a file that changes on the server between two requests is refused', () => {
  const big = packSafetensors(new Map([['pad', { dtype: 'F64', shape: [20_000], data: new Float64Array(20_000) }]]));
  let requests = 0;
  return withServer(
    (_, response, begin, end) => {
      const stop = Math.min(end, big.length);
      response.writeHead(206, { 'content-range': `bytes ${begin}-${stop - 1}/${big.length}`, etag: `"${requests++}"` });
      response.end(big.subarray(begin, stop));
    },
    async (url) => {
      const file = await openSafetensors(url);
      await assertRejects(() => file.read('pad'), SaccadeError, /has changed on the server/);
    },
  );
});

check('a whole file is loaded from a server that knows no ranges, and from a data URL', async () => {
  const bytes = packSafetensors(new Map([['w', stored.get('weight')!]]));
  await withServer(
    (_, response) => response.end(bytes),
    async (url) => assert.equal([...(await (await loadSafetensors(url)).tensors.get('w')!.data())], [1, 2, 3, 4]),
  );
  const { tensors } = await loadSafetensors(new URL(`data:;base64,${Buffer.from(bytes).toString('base64')}`));
  assert.is(tensors.size, 1);
});

check('an abort signal stops a download', () => {
  const controller = new AbortController();
  return withServer(
    () => controller.abort(),
    async (url) => {
      const error = await assertRejects(() => openSafetensors(url, { signal: controller.signal }));
      assert.is(error.name, 'AbortError');
    },
  );
});

check('an unknown name says which there are, and reading after close says so', async () => {
  const file = await openSafetensors(sample);
  await assertRejects(() => file.read('wieght'), OptionError, /no tensor "wieght"; the file has 5 \(/);
  await assertRejects(async () => file.info('__proto__'), OptionError, /no tensor "__proto__"/);
  await file.close();
  await file.close();
  await file[Symbol.asyncDispose]();
  await assertRejects(() => file.read('weight'), DisposedError, /"weight" after close/);
});

check('bad sources are refused by name', async () => {
  await assertRejects(() => openSafetensors('/no/such/file'), SaccadeError, /\/no\/such\/file: cannot be opened/);
  await assertRejects(() => openSafetensors(tmpdir()), SaccadeError, /is no regular file|cannot be opened/);
  await assertRejects(() => openSafetensors('https://example.com/x'), OptionError, /pass new URL/);
  await assertRejects(() => openSafetensors(''), OptionError, /path is empty/);
  await assertRejects(() => openSafetensors(7 as unknown as string), OptionError, /expected a path, URL, Blob/);
  await assertRejects(() => loadSafetensors(new Uint8Array(3)), FormatError, /loadSafetensors: .* got 3/);
});

check('a malformed file is refused with its path, and closed', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'bad.safetensors');
    await writeFile(path, sample.subarray(0, sample.length - 1));
    await assertRejects(() => openSafetensors(path), FormatError, /bad\.safetensors: tensor/);
  }),
);

check('a file that becomes shorter after it was opened is refused', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'a.safetensors');
    await writeFile(path, sample);
    const file = await openSafetensors(path);
    await writeFile(path, sample.subarray(0, 20));
    await assertRejects(() => file.read('weight'), FormatError, /ends at byte/);
    await file.close();
  }),
);

const made = () => ({
  w: tensor([
    [1, 2.5],
    [-3, 4],
  ]),
  scalar: tensor(7),
  empty: tensor(new Float32Array(0), { shape: [0, 3] }),
  ids: tensor(Int32Array.of(1, -2), { dtype: 'int32' }),
  image: tensor(Uint8Array.of(0, 255), { dtype: 'uint8' }),
  mask: tensor(Uint8Array.of(0, 1), { dtype: 'bool' }),
});

check('tensors written to memory or to the disk come back the same, and the two files are equal', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'out.safetensors');
    const tensors = made();
    const metadata = { step: '3' };
    await saveSafetensors(path, tensors, { metadata });
    const bytes = await encodeSafetensors(new Map(Object.entries(tensors)), { metadata });
    assert.ok(Buffer.from(bytes).equals(await readFile(path)));
    const back = await loadSafetensors(path);
    assert.is(back.metadata.step, '3');
    for (const [name, sent] of Object.entries(tensors)) {
      const got = back.tensors.get(name)!;
      assert.is(got.dtype, sent.dtype);
      assert.equal([...got.shape], [...sent.shape]);
      assert.equal([...(await got.data())], [...(await sent.data())]);
    }
    await saveSafetensors(path, {});
    assert.is((await loadSafetensors(path)).tensors.size, 0);
    assert.equal(await readdir(folder), ['out.safetensors']);
  }),
);

check('a failed write leaves the old file and no temporary one', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'out.safetensors');
    await saveSafetensors(path, made());
    const old = await readFile(path);
    const gone = tensor([1]);
    gone.dispose();
    await assertRejects(
      () => saveSafetensors(path, { ...made(), gone }),
      DisposedError,
      /saveSafetensors: "gone", of shape \[1\]/,
    );
    const late = tensor([1]);
    const writing = saveSafetensors(path, { ...made(), late });
    late.dispose();
    await assertRejects(() => writing, DisposedError);
    assert.ok(old.equals(await readFile(path)));
    assert.equal(await readdir(folder), ['out.safetensors']);
    const none = { x: 1 } as unknown as Record<string, Tensor>;
    await assertRejects(() => encodeSafetensors(none), OptionError, /tensor "x": expected a tensor, .* got 1/);
    await assertRejects(() => saveSafetensors(join(folder, 'no/such'), made()), SaccadeError, /cannot write/);
    await assertRejects(() => saveSafetensors(folder, made()), SaccadeError, /cannot write/);
    await assertRejects(() => saveSafetensors(path, { __metadata__: tensor(1) }), OptionError, /__metadata__/);
  }),
);

test.run();
