// Asks for dashboards of populations that nobody asked for yet, and says how long each took.
//
//   node ask.mjs BASE-URL

const base = process.argv[2];
const AGES = ["neonate", "pediatric", "adult"];
const YEARS = ["..2009", "2010..2019", "2020.."];
const times = [];
for (const age of AGES) {
  for (const years of YEARS) {
    const began = performance.now();
    const answer = await fetch(`${base}/registry?where=age_group:${age}&where=started:${years}`);
    const text = await answer.text();
    if (!answer.ok || text.includes("This population is not shown")) throw new Error(`${age} ${years}: ${answer.status}`);
    times.push(performance.now() - began);
  }
}
times.sort((a, b) => a - b);
const ms = (time) => time.toFixed(1);
console.log(
  `a dashboard not in the cache, ms: min ${ms(times[0])}, median ${ms(times[times.length >> 1])}, max ${ms(times.at(-1))}`,
);
