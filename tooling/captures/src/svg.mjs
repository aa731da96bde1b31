const [CELL_WIDTH, CELL_HEIGHT, FONT_SIZE, BASELINE, MARGIN] = [8, 18, 13, 13, 10];
const FONTS = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace";

/**
 * A picture of a terminal, as text: small, and a change of a line is a line in a diff. Each run has the width of its cells,
 * whatever the font.
 *
 * @param {Awaited<ReturnType<import("./screen.mjs").runsOf>>} rows
 * @param {{ columns: number, palette: typeof import("./palettes.mjs").PALETTES.light, title: string }} form
 */
export function svgOf(rows, { columns, palette, title }) {
  const width = columns * CELL_WIDTH + 2 * MARGIN;
  const height = rows.length * CELL_HEIGHT + 2 * MARGIN;
  const { background, foreground, frame } = palette;
  const lines = rows.map((runs, row) => runs.map((run) => runText(run, row, palette)).join(""));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>text{font:${FONT_SIZE}px ${FONTS};white-space:pre;fill:${foreground}}.b{font-weight:bold}</style>`,
    `<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="6" fill="${background}" stroke="${frame}"/>`,
    ...lines.filter((line) => line !== ""),
    "</svg>",
    "",
  ].join("\n");
}

function runText({ column, width, text, colour, bold, inverse }, row, { background, foreground, colours }) {
  const [x, y] = [MARGIN + column * CELL_WIDTH, MARGIN + row * CELL_HEIGHT];
  const paint = colour === undefined ? foreground : colours[colour];
  const length = width * CELL_WIDTH;
  const behind = inverse ? `<rect x="${x}" y="${y}" width="${length}" height="${CELL_HEIGHT}" fill="${paint}"/>` : "";
  if (text.trim() === "") return behind;
  const fill = inverse ? ` style="fill:${background}"` : colour === undefined ? "" : ` style="fill:${paint}"`;
  const weight = bold ? ' class="b"' : "";
  return `${behind}<text x="${x}" y="${y + BASELINE}" textLength="${length}"${weight}${fill}>${escaped(text)}</text>`;
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
