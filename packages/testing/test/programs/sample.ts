/** Says where it runs and with what, and ends with its last argument, or at Ctrl-C. */
process.on('SIGINT', () => process.exit(130));
const [last] = process.argv.slice(-1);
console.log(JSON.stringify({ cwd: process.cwd(), args: process.argv.slice(2), env: process.env }));
console.error('runs');
if (last === 'wait') setInterval(() => {}, 1000);
else process.exit(Number(last));
