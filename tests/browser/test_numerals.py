"""Every number of the plate in the headset, drawn by the page's own code and read by who never saw its lines."""

import base64
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Open
from tests.browser.room_server import TOKEN, RoomServer

LETTERS = """
0 .###. 1 ..#.. 2 .###. 3 .###. 4 ...#. 5 ##### 6 ..##. 7 ##### 8 .###. 9 .###. . ..... - .....
  #...#   .##..   #...#   #...#   ..##.   #....   .#...   ....#   #...#   #...#   .....   .....
  #...#   #.#..   ....#   ....#   .#.#.   ####.   #....   ...#.   #...#   #...#   .....   .....
  #...#   ..#..   ...#.   ..##.   #..#.   ....#   ####.   ..#..   .###.   .####   .....   #####
  #...#   ..#..   ..#..   ....#   #####   ....#   #...#   ..#..   #...#   ....#   .....   .....
  #...#   ..#..   .#...   #...#   ...#.   #...#   #...#   .#...   #...#   ...#.   .....   .....
  .###.   ..#..   #####   .###.   ...#.   .###.   .###.   .#...   .###.   .##..   ..#..   .....
"""
"""What digits look like to anybody, five by seven."""
READ = """
([numbers, letters, styles]) => {
  const { drawNumeral } = window.orview;
  const names = Object.keys(letters);
  // Ink in a frame as tall as a digit, five by seven, so that size and width of the lines do not matter.
  const coarse = (data, width, height, stride, left, top) => {
    const sums = new Float64Array(35);
    for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) {
      const u = (x + 0.5) / width, v = (y + 0.5) / height;
      const column = Math.floor((u - 0.1) / 0.16), row = Math.floor((v - 0.05) / 0.13);
      if (column < 0 || column > 4 || row < 0 || row > 6) continue;
      sums[5 * row + column] += data[4 * ((top + y) * stride + left + x) + 1] > 128 ? 1 : 0;
    }
    return sums;
  };
  const read = (sums) => {
    const ink = sums.reduce((sum, value) => sum + value, 0);
    if (ink === 0) return " ";
    const length = Math.hypot(...sums);
    let best = "?", most = -1;
    for (const name of names) {
      const like = letters[name];
      const dot = sums.reduce((sum, value, at) => sum + value * like[at], 0) / (length * Math.hypot(...like));
      if (dot > most) { most = dot; best = name; }
    }
    return best;
  };
  const canvas = document.createElement("canvas");
  canvas.width = 640; canvas.height = 1000;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const wrong = [];
  let drawn = 0;
  for (const { size, width, height } of styles) {
    const style = { size, weight: 500, ink: [238, 244, 246], ground: [10, 16, 20], groundAlpha: 1 };
    const rows = Math.floor(canvas.height / (height + 8)), perRow = Math.floor(canvas.width / (5 * width + 8));
    for (let first = 0; first < numbers.length; first += rows * perRow) {
      context.fillStyle = "rgb(10 16 20)";
      context.fillRect(0, 0, canvas.width, canvas.height);
      const batch = numbers.slice(first, first + rows * perRow);
      const place = (n) => [(n % perRow) * (5 * width + 8), Math.floor(n / perRow) * (height + 8)];
      batch.forEach((text, n) => {
        const [left, top] = place(n);
        // The baseline lies where the digits' feet are.
        if (!drawNumeral(context, text, left, top + height * 14.5 / 16, style)) wrong.push(`refused ${text}`);
      });
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      batch.forEach((text, n) => {
        const [left, top] = place(n);
        const told = [...text].map((_, at) =>
          read(coarse(data, width, height, canvas.width, left + at * width, top))).join("");
        drawn += 1;
        if (told !== text) wrong.push(`${text} read as ${told}`);
      });
    }
  }
  return { drawn, wrong: wrong.slice(0, 20), count: wrong.length };
}
"""


def templates() -> dict[str, list[int]]:
    lines = LETTERS.strip("\n").split("\n")
    found: dict[str, list[int]] = {}
    for place in range(12):
        name, column = lines[0][8 * place], 8 * place + 2
        found[name] = [int(character == "#") for line in lines for character in line[column : column + 5]]
    return found


@pytest.fixture
def page(host: RoomServer, open_page: Open) -> Page:
    page = open_page(f"{host.url}/#t={TOKEN}")
    page.wait_for_function("() => window.orview")
    return page


@pytest.mark.hazard("H33")
def test_every_number_from_0_to_999_9_is_read_as_it_was_meant(page: Page):
    """10,000 numbers, and some at the smallest and largest size of the plate, read as coarse letters."""
    numbers = [f"{tenth / 10:.1f}" for tenth in range(10_000)]
    styles = [{"size": 32, "width": 19, "height": 30}]
    told: dict[str, Any] = page.evaluate(READ, [numbers, templates(), styles])
    assert told == {"drawn": len(numbers), "wrong": [], "count": 0}
    others = [{"size": 22, "width": 13, "height": 21}, {"size": 46, "width": 27, "height": 43}]
    told = page.evaluate(READ, [numbers[::7], templates(), others])
    assert told == {"drawn": 2 * len(numbers[::7]), "wrong": [], "count": 0}


SPOILED = """
([text, spoil]) => {
  const canvas = document.createElement("canvas");
  canvas.width = 400; canvas.height = 80;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "rgb(10 16 20)";
  context.fillRect(0, 0, 400, 80);
  const style = { size: 46, weight: 500, ink: [238, 244, 246], ground: [10, 16, 20], groundAlpha: 1 };
  const proto = CanvasRenderingContext2D.prototype, stroke = proto.stroke;
  let cell = 0;
  context.stroke = function () {
    const at = cell; cell += 1;
    if (spoil.cell === at && spoil.how === "blank") return;
    stroke.call(this);
    if (spoil.cell === at && spoil.how === "scratched") { this.clearRect(2, 2, 3, 3); }
    if (spoil.cell === at && spoil.how === "blotted") { this.fillStyle = "#fff"; this.fillRect(3.5, 6.5, 2, 2); }
  };
  const transform = proto.transform;
  let placed = 0;
  context.transform = function (a, b, c, d, left, top) {
    const off = spoil.cell === placed && spoil.how === "moved" ? 3 : 0;
    placed += 1;
    transform.call(this, a, b, c, d, left + off, top);
  };
  const good = window.orview.drawNumeral(context, text, 10, 50, style);
  return { good, png: canvas.toDataURL("image/png") };
}
"""


def ink(png: str) -> int:
    decoded = cv2.imdecode(np.frombuffer(base64.b64decode(png.split(",")[1]), np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return int((decoded[..., 1] > 128).sum())


@pytest.mark.hazard("H33")
def test_a_digit_that_is_missing_moved_or_spoiled_takes_the_number_away(page: Page):
    """The recall of a navigation system: a digit replaced by a blank, "8_.5 mm"."""

    def drawn(cell: int, how: str) -> dict[str, Any]:
        told: dict[str, Any] = page.evaluate(SPOILED, ["81.5\u00a0mm", {"cell": cell, "how": how}])
        return told

    good = drawn(-1, "")
    assert good["good"]
    assert ink(good["png"]) > 500
    spoils = [(cell, how) for cell in (0, 1, 2, 3, 5) for how in ("blank", "moved")]
    spoils += [(cell, "scratched") for cell in (0, 1, 3)] + [(cell, "blotted") for cell in (1, 2, 4)]
    for cell, how in spoils:
        spoiled = drawn(cell, how)
        assert not spoiled["good"], (cell, how)
        assert ink(spoiled["png"]) == 0, (cell, how)


def test_what_has_no_glyph_is_not_drawn_as_a_number(page: Page):
    assert not page.evaluate(SPOILED, ["8x5", {"cell": -1, "how": ""}])["good"]
