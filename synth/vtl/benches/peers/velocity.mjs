// Median microseconds of rendering the list with velocityjs, parsed once, after warming up.
import { readFileSync } from 'node:fs';
import velocity from 'velocityjs';

const { Compile, parse } = velocity;
const { template } = JSON.parse(readFileSync(process.argv[2], 'utf8')).list;
const items = Array.from({ length: 100 }, (_, i) => ({
  id: { S: `item-${i}` }, n: { N: `${i}` }, title: { S: `It's "number" ${i}, a/b` }, opt: { S: i % 2 ? '' : 'yes' },
}));
const body = JSON.stringify({ Items: items });
const escape = (s) => JSON.stringify(String(s)).slice(1, -1).replaceAll("'", "\\'").replaceAll('/', '\\/');
const ast = parse(template);
const render = () => new Compile(ast).render({
  input: { path: () => JSON.parse(body) },
  util: { escapeJavaScript: escape },
});
if (!render().includes('item-99')) throw new Error('velocityjs rendered something else');
for (let i = 0; i < 300; i++) render();
const times = Array.from({ length: 301 }, () => {
  const start = process.hrtime.bigint();
  render();
  return Number(process.hrtime.bigint() - start) / 1000;
}).sort((a, b) => a - b);
console.log(times[150]);
