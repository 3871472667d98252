// Write the licences of the packages that are part of the bundles of widgets: they ask for it.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

const [target, ...metafiles] = process.argv.slice(2);
const names = new Set();
for (const file of metafiles) {
  for (const input of Object.keys(JSON.parse(readFileSync(file, 'utf8')).inputs)) {
    const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found) names.add(found[1]);
  }
}
const parts = [...names].sort().map(name => {
  const folder = `node_modules/${name}`;
  const about = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const text = readdirSync(folder).find(file => /^(licen[cs]e|copying)/i.test(file));
  const author = typeof about.author === 'string' ? about.author : (about.author?.name ?? '');
  const words = text ? readFileSync(`${folder}/${text}`, 'utf8').trim() : `By ${author}; ${about.homepage}. The package has no file of its licence.`;
  if (!about.license || (!text && !author)) throw new Error(`${name} does not state its licence`);
  return `${name} ${about.version} (${about.license})\n\n${words}\n`;
});
writeFileSync(target, `Packages in chat.js and graph.js of this folder, and their licences.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`);
