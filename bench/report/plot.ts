/** One system in a plot: how much, and how long it takes. */
export interface Bar {
  readonly name: string;
  readonly value: number;
  /** Ours stand out. */
  readonly ours?: boolean;
}

export interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
}

const [WIDTH, LABEL, ROW, TITLE, GAP] = [760, 210, 24, 34, 18] as const;
const NUMBERS = 90;

/** Horizontal bars, a panel under the other, as an SVG that a browser and a code host show without anything else. */
export function plot(heading: string, panels: readonly Panel[]): string {
  let y = 40;
  const drawn: string[] = [];
  for (const panel of panels) {
    drawn.push(draw(panel, y));
    y += TITLE + panel.bars.length * ROW + GAP;
  }
  const height = String(y);
  const width = String(WIDTH);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="13" fill="#333">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="12" y="26" font-size="16" font-weight="bold">${escaped(heading)}</text>`,
    ...drawn,
    '</svg>\n',
  ].join('\n');
}

function draw({ title, unit, bars }: Panel, top: number): string {
  const most = Math.max(...bars.map(({ value }) => value), 1e-9);
  const room = WIDTH - LABEL - NUMBERS;
  const rows = bars.map(({ name, value, ours }, at) => {
    const y = top + TITLE + at * ROW;
    const length = ((value / most) * room).toFixed(1);
    const number = value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Math.round(value * 10) / 10);
    return [
      `<text x="${String(LABEL - 8)}" y="${String(y + 12)}" text-anchor="end"${ours ? ' font-weight="bold"' : ''}>${escaped(name)}</text>`,
      `<rect x="${String(LABEL)}" y="${String(y)}" width="${length}" height="16" fill="${ours ? '#1f6feb' : '#b8c0cc'}"/>`,
      `<text x="${String(LABEL + Number(length) + 6)}" y="${String(y + 12)}">${number}</text>`,
    ].join('\n');
  });
  const caption = `<text x="12" y="${String(top + 20)}"><tspan font-weight="bold">${escaped(title)}</tspan> (${escaped(unit)})</text>`;
  return [caption, ...rows].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
