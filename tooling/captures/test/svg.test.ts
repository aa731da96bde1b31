import { expect, test } from "vitest";
import { PALETTES } from "../src/palettes.mjs";
import { runsOf } from "../src/screen.mjs";
import { svgOf } from "../src/svg.mjs";

const SHOWN =
  "$ sub\n\u001b[36mkitchen/state\u001b[39m a  b 台!\n\u001b[1mTitle:\u001b[0m \u001b[7m\\x1b\u001b[27m <&>\n\n\n";

test("what looks the same is one run of cells; wide characters take two; empty lines at the end are none", async () => {
  const plain = { colour: undefined, bold: false, inverse: false };
  expect(await runsOf(SHOWN, 40)).toEqual([
    [{ column: 0, width: 5, text: "$ sub", ...plain }],
    [
      { column: 0, width: 13, text: "kitchen/state", ...plain, colour: 6 },
      { column: 14, width: 4, text: "a  b", ...plain },
      { column: 19, width: 2, text: "台", ...plain },
      { column: 21, width: 1, text: "!", ...plain },
    ],
    [
      { column: 0, width: 6, text: "Title:", ...plain, bold: true },
      { column: 7, width: 4, text: "\\x1b", ...plain, inverse: true },
      { column: 12, width: 3, text: "<&>", ...plain },
    ],
  ]);
});

test("a line is as wide as the terminal, whatever is in it", async () => {
  const [runs] = await runsOf("x".repeat(80), 80);
  expect(runs).toMatchObject([{ column: 0, width: 80 }]);
});

test("the picture has each run at its place, in the palette's colours, as text", async () => {
  const svg = svgOf(await runsOf(SHOWN, 40), { columns: 40, palette: PALETTES.dark, title: "petrel sub -t '<&>'" });
  expect(svg).toContain('<svg xmlns="http://www.w3.org/2000/svg" width="340" height="74"');
  expect(svg).toContain("<title>petrel sub -t '&lt;&amp;&gt;'</title>");
  expect(svg).toContain('<text x="10" y="41" textLength="104" style="fill:#29b8db">kitchen/state</text>');
  expect(svg).toContain('<text x="10" y="59" textLength="48" class="b">Title:</text>');
  expect(svg).toContain('<rect x="66" y="46" width="32" height="18" fill="#d4d4d4"/>');
  expect(svg).toContain('style="fill:#1e1e1e">\\x1b</text>');
  expect(svg).toContain("&lt;&amp;&gt;</text>");
});
