// Looking closer: a lane's profile and the plate itself, by wheel, pinch, buttons and keys. Kept while one looks at the
// other pictures of the plate. Without this file both are shown whole.
"use strict";
{
  const MOST = 16;

  class Zoom {
    // `across`: only the width is magnified, as for a profile whose height is its scale.
    constructor(svg, { across = false, keep = null, onChange = null } = {}) {
      const { x, y, width, height } = svg.viewBox.baseVal;
      Object.assign(this, { svg, across, keep, onChange, whole: { x, y, width, height }, factor: 1, cx: 0.5, cy: 0.5 });
      this.touches = new Map();
      const kept = keep && JSON.parse(sessionStorage.getItem(keep) || "null");
      if (kept) Object.assign(this, kept);
      svg.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
      svg.addEventListener("touchmove", (event) => this.#pinch(event), { passive: false });
      svg.addEventListener("touchend", () => { this.apart = null; });
      this.apply();
    }

    by(factor, [px, py] = [this.cx, this.cy]) {
      const next = Math.min(MOST, Math.max(1, this.factor * factor));
      const share = 1 - this.factor / next; // the point under the finger stays under it
      this.cx += (px - this.cx) * share;
      this.cy += (py - this.cy) * share;
      this.factor = next;
      this.apply();
    }

    pan(dx, dy) {
      this.cx += dx / this.factor;
      this.cy += dy / this.factor;
      this.apply();
    }

    reset() { Object.assign(this, { factor: 1, cx: 0.5, cy: 0.5 }); this.apply(); }

    apply() {
      const half = 0.5 / this.factor;
      this.cx = Math.min(1 - half, Math.max(half, this.cx));
      this.cy = Math.min(1 - half, Math.max(half, this.cy));
      const { x, y, width, height } = this.whole;
      const box = [x + (this.cx - half) * width, this.across ? y : y + (this.cy - half) * height,
        width / this.factor, this.across ? height : height / this.factor];
      this.svg.setAttribute("viewBox", box.map((n) => n.toFixed(2)).join(" "));
      if (this.keep) sessionStorage.setItem(this.keep, JSON.stringify({ factor: this.factor, cx: this.cx, cy: this.cy }));
      if (this.onChange) this.onChange(this);
    }

    // A point of the window as a share of the whole drawing.
    #share(x, y) {
      const box = this.svg.getBoundingClientRect();
      const half = 0.5 / this.factor;
      return [this.cx - half + ((x - box.x) / box.width) * 2 * half, this.cy - half + ((y - box.y) / box.height) * 2 * half];
    }

    #wheel(event) {
      if (!event.ctrlKey && document.activeElement !== this.svg) return; // else the page scrolls, as it should
      event.preventDefault();
      this.by(Math.exp(-event.deltaY / 300), this.#share(event.clientX, event.clientY));
    }

    #pinch(event) {
      if (event.touches.length !== 2) return;
      event.preventDefault();
      const [a, b] = event.touches;
      const apart = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
      const middle = this.#share((a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
      if (this.apart) this.by(apart / this.apart, middle);
      this.apart = apart;
    }
  }

  function keys(zoom, svg) {
    svg.addEventListener("keydown", (event) => {
      const act = {
        "+": () => zoom.by(1.5), "=": () => zoom.by(1.5), "-": () => zoom.by(1 / 1.5), 0: () => zoom.reset(),
        ArrowLeft: () => zoom.pan(-0.1, 0), ArrowRight: () => zoom.pan(0.1, 0),
      }[event.key];
      if (!act || event.target !== svg || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      act();
    });
  }

  for (const box of document.querySelectorAll("[data-profile]")) {
    const svg = box.querySelector("svg");
    const zoom = new Zoom(svg, { across: true, keep: `profile-${box.dataset.profile}` });
    svg.setAttribute("tabindex", "0");
    keys(zoom, svg);
    for (const button of box.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => ({ in: () => zoom.by(1.5), out: () => zoom.by(1 / 1.5), whole: () => zoom.reset() })[button.dataset.zoom]());
    }
    box.querySelector("[data-zoom-bar]").hidden = false;
  }

  // The other pictures open at the lane that one looks at.
  const tabs = document.querySelectorAll(".tabs a[href*='picture=']");
  const follow = (lane) => tabs.forEach((tab) => { tab.hash = lane.id; });
  document.addEventListener("focusin", (event) => {
    const lane = event.target.closest?.(".lane-card");
    if (lane) follow(lane);
  });
  const now = location.hash && document.querySelector(`.lane-card${location.hash.replace(/[^#\w-]/g, "")}`);
  if (now) follow(now);

  window.PlateZoom = Zoom;
}
