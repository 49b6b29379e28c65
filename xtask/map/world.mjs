// Writes the country shapes of the world map: `npm ci && npm run map`.
//
// Natural Earth 1:50m (public domain, as packed by world-atlas) is simplified with its shared borders, projected to
// Equal Earth and written as one line per territory, sorted by code:
//
//   CODE|name|x y of the point|P or S|path
//
// CODE is ISO 3166-1 alpha-2; XK is Kosovo, and what has no code is named -1, -2, … and never gets a color. P marks
// territories that are so small that a map shows a point for them. Coordinates are whole numbers in a box of 2000 by
// the height in the first line. Names are the English region names of CLDR, as this Node.js knows them.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { geoArea, geoCentroid, geoEqualEarth, geoPath } from "d3-geo";
import { feature } from "topojson-client";
import { presimplify, quantile, simplify } from "topojson-simplify";

const require = createRequire(import.meta.url);
const countries = require("i18n-iso-countries");
const topology = JSON.parse(readFileSync(require.resolve("world-atlas/countries-50m.json")));

const WIDTH = 2000;
// share of the points of borders that stays
const KEPT = 0.34;
// largest area, in square units of the box, that is shown as a point
const SMALL = 60;

// territories that Natural Earth draws with another one or not at all: longitude, latitude
const LACKING = {
  BQ: [-68.27, 12.18], BV: [3.41, -54.42], CC: [96.83, -12.19], CX: [105.63, -10.49], GF: [-53.1, 3.95],
  GI: [-5.35, 36.14], GP: [-61.55, 16.2], MQ: [-61.02, 14.64], RE: [55.54, -21.12], SJ: [18.0, 78.5],
  TK: [-171.85, -9.17], TV: [179.2, -8.52], UM: [-177.38, 28.21], YT: [45.16, -12.8],
};
// the point of a country whose centroid misleads, because far islands weigh in
const CENTER = { FR: [2.4, 46.6], US: [-98.6, 39.8], NO: [9.0, 61.5], FJ: [178.0, -17.8], KI: [173.0, 1.4] };

const shrunk = presimplify(topology);
const simple = simplify(shrunk, quantile(shrunk, KEPT));
const wanted = feature(simple, simple.objects.countries).features;
const full = feature(topology, topology.objects.countries).features;

const projection = geoEqualEarth().precision(0).fitWidth(WIDTH, {
  type: "FeatureCollection",
  features: full.filter((shape) => shape.properties.name !== "Antarctica"),
});
const path = geoPath(projection);
const [[, top], [, bottom]] = path.bounds({
  type: "FeatureCollection",
  features: full.filter((shape) => shape.properties.name !== "Antarctica"),
});
const [dx, dy] = projection.translate();
projection.translate([dx, dy - top]);
const height = Math.ceil(bottom - top);
const names = new Intl.DisplayNames(["en"], { type: "region" });

const code = (shape) => {
  if (shape.properties.name === "Kosovo") return "XK";
  return shape.id === undefined ? undefined : countries.numericToAlpha2(shape.id);
};

// whole numbers, relative, shortest writing; rings that collapse and points on straight lines are dropped
const compact = (d) => {
  let out = "";
  for (const ring of d.match(/M[^M]*/g) ?? []) {
    const points = ring.replace(/[MZ]/g, "").split("L").map((pair) => pair.split(",").map((n) => Math.round(Number(n))));
    const kept = points.filter(([x, y], at) => at === 0 || x !== points[at - 1][0] || y !== points[at - 1][1]);
    const [first] = kept;
    while (kept.length > 1 && kept.at(-1)[0] === first[0] && kept.at(-1)[1] === first[1]) kept.pop();
    const turns = kept.filter(([x, y], at) => {
      const [[px, py], [nx, ny]] = [kept.at(at - 1), kept[(at + 1) % kept.length]];
      return at === 0 || (x - px) * (ny - y) !== (y - py) * (nx - x);
    });
    if (turns.length < 3) continue;
    let [x, y] = first;
    out += `M${x} ${y}l`;
    turns.slice(1).forEach(([px, py], at) => {
      const [a, b] = [px - x, py - y];
      out += `${at > 0 && a >= 0 ? " " : ""}${a}${b >= 0 ? " " : ""}${b}`;
      [x, y] = [px, py];
    });
    out += "z";
  }
  return out;
};

const lines = new Map();
let nameless = 0;
full.forEach((shape, at) => {
  if (shape.properties.name === "Antarctica") return;
  const alpha = code(shape);
  const key = alpha ?? `-${++nameless}`;
  const d = compact(path(wanted[at]) ?? "");
  const area = path.area(shape);
  const known = lines.get(key);
  const [x, y] = projection(CENTER[key] ?? geoCentroid(largest(shape))).map(Math.round);
  if (known) {
    // the same code twice: shapes are joined, the larger one gives the point
    known.d += d;
    if (area > known.area) Object.assign(known, { x, y });
    known.area += area;
  } else {
    lines.set(key, { name: alpha ? names.of(alpha) : "", x, y, area, d });
  }
});
for (const [key, place] of Object.entries(LACKING)) {
  if (lines.has(key)) throw new Error(`${key} has a shape`);
  const [far, y] = projection(place).map(Math.round);
  // the box ends where land ends
  const x = Math.min(Math.max(far, 0), WIDTH);
  lines.set(key, { name: names.of(key), x, y, area: 0, d: "" });
}

/** The largest polygon of a shape. */
function largest(shape) {
  if (shape.geometry.type !== "MultiPolygon") return shape;
  const parts = shape.geometry.coordinates.map((coordinates) => ({ type: "Polygon", coordinates }));
  return parts.reduce((one, other) => (geoArea(other) > geoArea(one) ? other : one));
}

const missing = Object.keys(countries.getAlpha2Codes()).filter((alpha) => !lines.has(alpha) && alpha !== "AQ");
if (missing.length > 0) throw new Error(`no place for ${missing.join(", ")}`);

const rows = [...lines].sort(([one], [other]) => (one < other ? -1 : 1));
const body = rows.map(([key, l]) => `${key}|${l.name}|${l.x} ${l.y}|${l.area < SMALL ? "P" : "S"}|${l.d}`).join("\n");
writeFileSync(process.argv[2], `${WIDTH} ${height}\n${body}\n`);
console.log(`${rows.length} territories, ${body.length} bytes, box ${WIDTH} by ${height}`);
