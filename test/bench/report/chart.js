/** @typedef {import('../figures/growth.js').Series} Series */
/** @typedef {{ title: string, unit: string, lines: { kind: string, points: { x: number, y: number }[] }[] }} Panel */

const PANEL = { width: 240, height: 190, left: 52, right: 14, top: 34, bottom: 40 };
const LEGEND_HEIGHT = 30;
/** @type {Record<string, string>} */
const COLOURS = { MySQL: '#4a7d2c', MariaDB: '#0b6e99', PostgreSQL: '#c2571a' };
const MEASURES = [
  { title: 'deliveries per second', of: (/** @type {Series['points'][number]} */ point) => point.perSecond },
  { title: 'a claim, in ms', of: (/** @type {Series['points'][number]} */ point) => point.claimMs },
];

/**
 * The growth as a picture, SVG: a column for each thing that grows, a row for each measure.
 *
 * @param {readonly Series[]} series
 */
export function growthChart(series) {
  const units = [...new Set(series.map(({ unit }) => unit))];
  const panels = MEASURES.flatMap(({ title, of }, row) =>
    units.map((unit, column) => {
      const lines = series
        .filter((one) => one.unit === unit)
        .map(({ kind, points }) => ({ kind, points: points.map((point) => ({ x: point.x, y: of(point) })) }));
      const [x, y] = [column * PANEL.width, LEGEND_HEIGHT + row * PANEL.height];
      return `<g transform="translate(${x} ${y})">${panel({ title, unit, lines })}</g>`;
    }),
  );
  const [width, height] = [units.length * PANEL.width, LEGEND_HEIGHT + MEASURES.length * PANEL.height];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11" fill="#333">
<rect width="${width}" height="${height}" fill="#fff"/>
${legend([...new Set(series.map(({ kind }) => kind))])}
${panels.join('\n')}
</svg>
`;
}

/** @param {readonly string[]} kinds */
function legend(kinds) {
  return kinds
    .map((kind, index) => {
      const x = PANEL.left + index * 110;
      return `<circle cx="${x}" cy="18" r="4" fill="${COLOURS[kind]}"/><text x="${x + 9}" y="22">${kind}</text>`;
    })
    .join('');
}

/** @param {Panel} panel */
function panel({ title, unit, lines }) {
  const most = niceCeiling(Math.max(...lines.flatMap(({ points }) => points.map(({ y }) => y))));
  const xs = lines[0]?.points.map(({ x }) => x) ?? [];
  const bottom = PANEL.height - PANEL.bottom;
  const right = PANEL.width - PANEL.right;
  // Each value is a multiple of the one before, so even spacing is a logarithmic scale.
  const atX = (/** @type {number} */ index) =>
    PANEL.left + 12 + (index * (right - PANEL.left - 24)) / Math.max(1, xs.length - 1);
  const atY = (/** @type {number} */ value) => bottom - (value / most) * (bottom - PANEL.top);
  const grid = [0, most / 2, most].map(
    (value) =>
      `<path d="M${PANEL.left} ${atY(value)}H${right}" stroke="#ddd"/><text x="${PANEL.left - 5}" y="${atY(value) + 4}" text-anchor="end">${value.toLocaleString('en')}</text>`,
  );
  const labels = xs.map(
    (x, index) => `<text x="${atX(index)}" y="${bottom + 16}" text-anchor="middle">${x.toLocaleString('en')}</text>`,
  );
  const drawn = lines.map(({ kind, points }) => {
    const places = points.map(({ y }, index) => `${atX(index).toFixed(1)},${atY(y).toFixed(1)}`);
    const dots = places.map(
      (place) => `<circle cx="${place.split(',')[0]}" cy="${place.split(',')[1]}" r="3" fill="${COLOURS[kind]}"/>`,
    );
    return `<polyline points="${places.join(' ')}" fill="none" stroke="${COLOURS[kind]}" stroke-width="2"/>${dots.join('')}`;
  });
  const texts = `<text x="${PANEL.left}" y="${PANEL.top - 12}" font-weight="bold">${title}</text><text x="${(PANEL.left + right) / 2}" y="${bottom + 31}" text-anchor="middle" fill="#666">${unit}</text>`;
  return [texts, ...grid, ...labels, ...drawn].join('');
}

/**
 * The next round number: 1, 2 or 5 with zeros.
 *
 * @param {number} value
 */
function niceCeiling(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-3)));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}
