// A plate's geometry in the browser: the same as tlc_analysis/ground.py, so that Rf follows while something is dragged.
// The plate is a unit square here, front towards v = 0; Rf does not depend on the square's size.
"use strict";
{
  // (a..h) with x = (a u + b v + c) / (g u + h v + 1): the unit square onto four corners (Heckbert 1989, section 2.2.3).
  function homography([[x0, y0], [x1, y1], [x2, y2], [x3, y3]]) {
    const sx = x0 - x1 + x2 - x3, sy = y0 - y1 + y2 - y3;
    const dx1 = x1 - x2, dx2 = x3 - x2, dy1 = y1 - y2, dy2 = y3 - y2;
    const det = dx1 * dy2 - dx2 * dy1;
    const g = (sx * dy2 - dx2 * sy) / det, h = (dx1 * sy - sx * dy1) / det;
    return [x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h, 1];
  }

  function inverse([a, b, c, d, e, f, g, h, i]) {
    return [e * i - f * h, c * h - b * i, b * f - c * e, f * g - d * i, a * i - c * g, c * d - a * f,
      d * h - e * g, b * g - a * h, a * e - b * d];
  }

  const through = (m, [x, y]) => {
    const w = m[6] * x + m[7] * y + m[8];
    return [(m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w];
  };

  class Ground {
    constructor(corners) {
      this.toPicture = homography(corners);
      this.toPlate = inverse(this.toPicture);
    }

    plate(point) { return through(this.toPlate, point); }
    picture(point) { return through(this.toPicture, point); }

    // A line's v at u: linear between its points, continued beyond them along the last piece.
    at(line, u) {
      const points = line.map((point) => this.plate(point)).sort((one, other) => one[0] - other[0]);
      if (points.length === 1) return points[0][1];
      let i = 0;
      while (i < points.length - 2 && points[i + 1][0] < u) i += 1;
      const [[u0, v0], [u1, v1]] = [points[i], points[i + 1]];
      return v0 + ((v1 - v0) / (u1 - u0)) * (u - u0);
    }

    // A lane's centre line from its foot and head, points of the picture; upright where the head is not known.
    path(foot, head) {
      const [u, v] = this.plate(foot);
      if (!head) return { u, v, slope: 0 };
      const [u1, v1] = this.plate(head);
      return { u, v, slope: (u1 - u) / (v1 - v || -1) };
    }

    run(path, origin, front) {
      if (!origin || !front) return null;
      const along = (v) => path.u + path.slope * (v - path.v);
      const low = this.at(origin, along(this.at(origin, path.u)));
      const high = this.at(front, along(this.at(front, path.u)));
      return low - high > 0.005 ? { low, high } : null;
    }

    rf(point, run) { return run ? (run.low - this.plate(point)[1]) / (run.low - run.high) : null; }

    // The point of a lane at an Rf.
    point(path, run, rf) {
      const v = run.low - rf * (run.low - run.high);
      return this.picture([path.u + path.slope * (v - path.v), v]);
    }
  }

  // A straight ruler over a line: at most five points to hold, and what each of them pulls along.
  function grips(line) {
    const last = line.length - 1;
    const count = Math.min(line.length, 5);
    return Array.from({ length: count }, (_, i) => Math.round((i * last) / (count - 1 || 1)));
  }

  // The line with its grip number `grip` put to `to`; points between neighbouring grips follow in proportion.
  function pulled(line, at, grip, to) {
    const middle = at[grip], left = at[grip - 1] ?? middle, right = at[grip + 1] ?? middle;
    const [dx, dy] = [to[0] - line[middle][0], to[1] - line[middle][1]];
    return line.map(([x, y], i) => {
      if (i < left || i > right || (i === left && left !== middle) || (i === right && right !== middle)) return [x, y];
      const share = i === middle ? 1 : i < middle ? (i - left) / (middle - left) : (right - i) / (right - middle);
      return [x + dx * share, y + dy * share];
    });
  }

  window.PlateGeometry = { Ground, grips, pulled };
}
