// Makes internal/report/worldmap/world.json, the shapes of the countries for
// the map of the report, of Natural Earth's 1:50m countries as world-atlas
// packs them. Run by scripts/data.sh, which puts it beside the packages.
//
// One path a country, by ISO 3166-1 alpha-2 code, in whole units of a picture
// 2000 wide in the Equal Earth projection, so that areas compare. "" is the
// land that has no code. Countries without a shape, or with one too small to
// see, have a dot.
import {createRequire} from 'node:module';
import {writeFileSync} from 'node:fs';
import {geoEqualEarth, geoPath, geoCentroid, geoArea} from 'd3-geo';
import {presimplify, simplify} from 'topojson-simplify';
import {feature} from 'topojson-client';
const require = createRequire(import.meta.url);
const iso = require('i18n-iso-countries');
const atlas = require('world-atlas/countries-50m.json');

const width = 2000;
const smallest = 90; // square units that a shape must cover to do without a dot
const weight = 0.015; // square degrees of the least corner that is kept

// Parts of a country that have a code of their own: [of, code, west, south, east, north].
const parts = [
  ['FR', 'GF', -55, 2, -51, 6], ['FR', 'GP', -62, 15.8, -61, 16.6], ['FR', 'MQ', -61.3, 14.3, -60.7, 15],
  ['FR', 'RE', 55, -21.5, 56, -20.8], ['FR', 'YT', 45, -13.1, 45.4, -12.6],
  ['NO', 'SJ', -10, 70.7, 34, 81], ['NL', 'BQ', -69, 12, -62.9, 17.7],
];
// Positions of those without a shape: [longitude, latitude].
const places = {
  BQ: [-68.3, 12.2], BV: [3.4, -54.4], CC: [96.8, -12.2], CX: [105.7, -10.5], GF: [-53, 4], GI: [-5.35, 36.14],
  GP: [-61.5, 16.2], MQ: [-61, 14.6], RE: [55.5, -21.1], SJ: [16, 78.5], TK: [-171.8, -9.2], TV: [179.2, -8.5],
  UM: [-166.6, 19.3], YT: [45.15, -12.8],
};

const topology = simplify(presimplify(atlas), weight);
const shapes = new Map(); // code to list of polygons
const add = (code, polygon) => shapes.set(code, [...(shapes.get(code) ?? []), polygon]);
for (const f of feature(topology, topology.objects.countries).features) {
  const code = (f.id && iso.numericToAlpha2(f.id)) || '';
  if (code === 'AQ') continue; // no archive is there, and it would take a fifth of the picture
  const polygons = f.geometry.type === 'Polygon' ? [f.geometry.coordinates] : f.geometry.coordinates;
  for (const polygon of polygons) {
    const [x, y] = geoCentroid({type: 'Polygon', coordinates: polygon});
    const part = parts.find(([of, , w, s, e, n]) => of === code && w <= x && x <= e && s <= y && y <= n);
    add(part ? part[1] : code, polygon);
  }
}

const all = {type: 'MultiPolygon', coordinates: [...shapes.values()].flat()};
const projection = geoEqualEarth().rotate([-11, 0]).fitWidth(width, all);
const path = geoPath(projection);
const height = Math.ceil(path.bounds(all)[1][1]);

// compact writes a path in whole units, relative to the point before.
function compact(polygons) {
  let out = '';
  const text = path.digits(2)({type: 'MultiPolygon', coordinates: polygons}) ?? '';
  for (const ring of text.split('Z')) {
    const points = [];
    for (const p of ring.split(/[ML]/).filter(Boolean)) {
      const [x, y] = p.split(',').map(v => Math.round(v));
      const last = points.at(-1);
      if (!last || last[0] !== x || last[1] !== y) points.push([x, y]);
    }
    if (points.length < 4) continue; // too small to see
    let [px, py] = points[0];
    let d = `M${px} ${py}l`;
    for (const [x, y] of points.slice(1)) {
      d += `${d.endsWith('l') ? '' : x < px ? '' : ' '}${x - px}${y < py ? '' : ' '}${y - py}`;
      [px, py] = [x, y];
    }
    out += d + 'z';
  }
  return out;
}

const world = {width, height, paths: {}, dots: {}};
for (const [code, polygons] of [...shapes].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const d = compact(polygons);
  if (d) world.paths[code] = d;
  if (!code || path.area({type: 'MultiPolygon', coordinates: polygons}) >= smallest) continue;
  const largest = polygons.reduce((a, b) => (geoArea({type: 'Polygon', coordinates: a}) > geoArea({type: 'Polygon', coordinates: b}) ? a : b));
  world.dots[code] = projection(geoCentroid({type: 'Polygon', coordinates: largest})).map(Math.round);
}
for (const [code, at] of Object.entries(places)) {
  if (!world.paths[code] || world.dots[code]) world.dots[code] ??= projection(at).map(Math.round);
}
world.dots = Object.fromEntries(Object.entries(world.dots).sort());
const missing = Object.keys(iso.getAlpha2Codes()).filter(c => !['AQ', 'XK'].includes(c) && !world.paths[c] && !world.dots[c]);
if (missing.length) throw new Error('without a place on the map: ' + missing);
writeFileSync(process.argv[2], JSON.stringify(world).replaceAll('",', '",\n').replaceAll('],', '],\n') + '\n');
