// A hub in a process of its own: listens at the address given, prints it, and stays.
import { createHub } from '../../src/transport/tcp-hub.js';

const hub = await createHub(JSON.parse(process.argv[2]!));
console.log(JSON.stringify({ address: hub.address }));
