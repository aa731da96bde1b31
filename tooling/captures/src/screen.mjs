import xterm from "@xterm/headless";

const { Terminal } = xterm; // it is CommonJS, whose names Node does not find

/**
 * Lines with escape sequences, as tmux captures them, as runs of cells that look the same: `{ column, width, text,
 * colour, bold, inverse }`, where `colour` is one of the sixteen or undefined. Empty lines at the end are left out.
 *
 * @param {string} captured
 * @param {number} columns
 */
export async function runsOf(captured, columns) {
  const lines = captured.split("\n");
  const terminal = new Terminal({ cols: columns, rows: lines.length, allowProposedApi: true });
  await new Promise((resolve) => terminal.write(lines.join("\r\n"), resolve));
  const { active } = terminal.buffer;
  const rows = lines.map((_line, row) => runsOfLine(active.getLine(row), columns));
  while (rows.length > 0 && rows.at(-1).length === 0) rows.pop();
  return rows;
}

function runsOfLine(line, columns) {
  const runs = [];
  let run;
  for (let column = 0; column < columns; column++) {
    const cell = line.getCell(column);
    if (cell.getWidth() === 0) continue; // the second half of a wide character
    const look = {
      colour: cell.isFgPalette() ? cell.getFgColor() : undefined,
      bold: cell.isBold() !== 0,
      inverse: cell.isInverse() !== 0,
    };
    const text = cell.getChars() || " ";
    const isWide = cell.getWidth() === 2;
    if (run === undefined || run.isWide || isWide || !looksLike(run, look)) {
      run = { column, width: 0, text: "", isWide, ...look };
      runs.push(run);
    }
    run.text += text;
    run.width += cell.getWidth();
  }
  return runs.map(withoutSpaces).filter(({ text, inverse }) => text !== "" || inverse);
}

function looksLike(run, look) {
  return run.colour === look.colour && run.bold === look.bold && run.inverse === look.inverse;
}

/** Spaces at the ends show nothing, unless they have a colour behind them. */
function withoutSpaces({ isWide: _isWide, ...run }) {
  if (run.inverse) return run;
  const begin = run.text.length - run.text.trimStart().length;
  const text = run.text.trim();
  return { ...run, column: run.column + begin, width: run.width - (run.text.length - text.length), text };
}
