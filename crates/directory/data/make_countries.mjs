// Writes the country outlines that positions are checked against:
//
//   cd xtask/map && npm ci && node ../../crates/directory/data/make_countries.mjs ../../crates/directory/data/countries.txt
//
// Natural Earth 1:50m (public domain, as packed by world-atlas) is simplified with its shared borders and written as
// one line per country, sorted by ISO 3166-1 alpha-2 code:
//
//   CODE|ring|ring|…
//
// A ring is `longitude latitude` of its first point, then the step to each next one, in hundredths of a degree. Longitudes
// go on beyond 180 degrees where a ring crosses the date line. What Natural Earth draws with another country or not at
// all is a circle: `@longitude latitude kilometers`.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const { feature } = require("topojson-client");
const { presimplify, simplify } = require("topojson-simplify");
const countries = require("i18n-iso-countries");
const topology = JSON.parse(readFileSync(require.resolve("world-atlas/countries-50m.json")));

// corners that enclose less than this, in square degrees (about 37 square kilometers at the equator), are dropped
const CORNER = 0.003;
// the point and the reach of territories without a shape of their own, of far islands that the shapes lack, and of land
// that the shapes count to another country: a center there may name either
const CIRCLES = {
  AU: [[159.08, -31.55, 20]], BQ: [[-68.27, 12.18, 40]], BR: [[-32.42, -3.85, 20]], BV: [[3.41, -54.42, 20]],
  CC: [[96.83, -12.19, 20]], CX: [[105.63, -10.49, 20]], EH: [[-13.2, 27.15, 120]],
  FM: [[151.78, 7.42, 60], [162.98, 5.32, 30]], GF: [[-53.1, 3.95, 260]], GI: [[-5.35, 36.14, 5]],
  GP: [[-61.55, 16.2, 50]], KI: [[173.0, 1.4, 250], [-171.7, -2.8, 60]], MH: [[167.33, 9.08, 60], [171.2, 7.15, 60]],
  MQ: [[-61.02, 14.64, 40]], MV: [[73.5, 4.2, 350]], PN: [[-130.1, -25.07, 30]], TC: [[-71.14, 21.47, 30]], PF: [[-134.95, -23.13, 60]], RE: [[55.54, -21.12, 40]],
  SJ: [[18.0, 78.5, 350]], TK: [[-171.85, -9.17, 90]], TV: [[179.2, -8.52, 90]], UA: [[34.1, 45.1, 180]],
  UM: [[-177.38, 28.21, 20], [166.62, 19.28, 20]], YT: [[45.16, -12.8, 30]],
};
// shapes without a code count to the country whose code is in use there
const NAMED = { Kosovo: "XK", Somaliland: "SO", "N. Cyprus": "CY", "Indian Ocean Ter.": "CX", "Siachen Glacier": "IN" };

const simple = simplify(presimplify(topology), CORNER);
const units = ([lon, lat]) => [Math.round(lon * 100), Math.round(lat * 100)];

const polygons = (shape) => (shape.geometry.type === "Polygon" ? [shape.geometry.coordinates] : shape.geometry.coordinates);
// neighbors that differ, going on beyond 180 degrees where a ring crosses the date line
const points = (ring) => {
  const kept = [];
  for (let [x, y] of ring.map(units)) {
    const [px, py] = kept.at(-1) ?? [x, y];
    x += Math.round((px - x) / 36000) * 36000;
    if (kept.length === 0 || x !== px || y !== py) kept.push([x, y]);
  }
  return kept;
};

const rings = new Map();
const full = feature(topology, topology.objects.countries).features;
feature(simple, simple.objects.countries).features.forEach((shape, place) => {
  const code = NAMED[shape.properties.name] ?? (shape.id === undefined ? undefined : countries.numericToAlpha2(shape.id));
  if (!code || !shape.geometry) throw new Error(`${shape.properties.name} has no code`);
  const own = rings.get(code) ?? [];
  rings.set(code, own);
  const original = polygons(full[place]).flat();
  polygons(shape).flat().forEach((ring, at) => {
    let kept = points(ring);
    // small islands keep their shape
    if (kept.length < 8) kept = points(original[at]);
    if (kept.length < 2) kept.push(kept[0]);
    let [x, y] = kept[0];
    let text = `${x} ${y}`;
    for (const [px, py] of kept.slice(1)) {
      text += ` ${px - x} ${py - y}`;
      [x, y] = [px, py];
    }
    own.push(text);
  });
});
for (const [code, places] of Object.entries(CIRCLES)) {
  const circles = places.map(([lon, lat, km]) => `@${units([lon, lat]).join(" ")} ${km}`);
  rings.set(code, [...(rings.get(code) ?? []), ...circles]);
}
const lines = [...rings].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, own]) => `${code}|${own.join("|")}`);
writeFileSync(process.argv[2], `${lines.join("\n")}\n`);
