// SPDX-License-Identifier: Apache-2.0
// What a page can do more where scripts run. It is whole without this: everything here is read from its own tables.
"use strict";

const pad = (number, digits = 2) => String(number).padStart(digits, "0");

/** As recover takes it. */
function utc(moment) {
  const at = new Date(moment);
  const fraction = at.getUTCMilliseconds() ? "." + pad(at.getUTCMilliseconds(), 3) : "";
  return `${at.getUTCFullYear()}-${pad(at.getUTCMonth() + 1)}-${pad(at.getUTCDate())} `
    + `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}:${pad(at.getUTCSeconds())}${fraction}Z`;
}

const local = moment => new Date(moment).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function copyButton(text) {
  const button = element("button", { type: "button", textContent: "Copy" });
  button.setAttribute("aria-label", "Copy the command");
  button.addEventListener("click", async event => {
    event.stopPropagation();
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = "Copied";
    } catch {
      const range = document.createRange();
      range.selectNodeContents(button.previousElementSibling ?? button);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  return button;
}

function filter(table) {
  const input = element("input", { type: "search", id: "filter", autocomplete: "off" });
  const label = element("label", { htmlFor: "filter", textContent: "Filter" });
  const shown = element("span", { className: "quiet" });
  shown.setAttribute("role", "status");
  const rows = [...table.tBodies[0].rows];
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/);
    let count = 0;
    for (const row of rows) {
      row.hidden = !words.every(word => row.textContent.toLowerCase().includes(word));
      count += row.hidden ? 0 : 1;
    }
    shown.textContent = input.value ? `${count} of ${rows.length}` : "";
  });
  table.parentElement.before(element("div", { className: "filter" }, label, input, shown));
}

/** The picture under a pointer or keys: says the moment, and what a restore to it would use. */
class Picture {
  constructor(box, spans) {
    this.svg = box.querySelector("svg.timeline");
    this.spans = spans;
    this.whole = [Number(this.svg.dataset.from), Number(this.svg.dataset.to)];
    [this.from, this.to] = this.whole;
    this.lane = null;
    this.pinned = false;
    this.plane = element("div", { className: "plane", tabIndex: 0 });
    for (const [name, value] of Object.entries({ role: "slider", "aria-label": "Moment to restore to",
      "aria-valuemin": 0, "aria-valuemax": 1000 })) {
      this.plane.setAttribute(name, value);
    }
    this.svg.replaceWith(this.plane);
    this.plane.append(this.svg);
    this.cursor = element("div", { className: "cursor", hidden: true });
    box.append(this.cursor);
    this.moment = element("p", { className: "moment" });
    this.says = element("p", {});
    this.command = element("code", { className: "command" });
    this.copy = copyButton(() => this.command.textContent);
    this.typed = element("p", {}, this.command, this.copy);
    const said = element("div", { className: "said" }, this.moment, this.says, this.typed);
    const tool = (text, label, act) => {
      const button = element("button", { type: "button", textContent: text, onclick: act });
      button.setAttribute("aria-label", label);
      return button;
    };
    box.before(element("div", { className: "picture" }, element("div", { className: "tools" },
      tool("+", "Zoom in", () => this.zoom(0.5)), tool("−", "Zoom out", () => this.zoom(2)),
      tool("All", "Show all", () => this.show(...this.whole)))));
    box.after(said);
    this.listen();
    const last = spans.find(span => span.dataset.command);
    this.at(last ? Math.max(Number(last.dataset.from), Number(last.dataset.until) - 1000) : this.to, false);
  }

  listen() {
    const plane = this.plane;
    const under = event => {
      const box = this.svg.getBoundingClientRect();
      const y = event.clientY - box.top;
      const names = [...this.svg.querySelectorAll("text.name")];
      const lane = names.findLast(each => Number(each.getAttribute("y")) - 14 <= y) ?? names[0];
      this.lane = lane ? lane.textContent.replace(/\D/g, "") : null;
      return this.from + (event.clientX - box.left) / box.width * (this.to - this.from);
    };
    plane.addEventListener("pointermove", event => {
      if (event.pointerType === "mouse" && !this.pinned) this.at(under(event), true);
    });
    plane.addEventListener("click", event => {
      this.pinned = false;
      this.at(under(event), true);
      this.pinned = true;
    });
    plane.addEventListener("pointerleave", () => { if (!this.pinned) this.cursor.hidden = true; });
    // Otherwise it scrolls the page.
    plane.addEventListener("wheel", event => {
      if (!event.ctrlKey && document.activeElement !== plane) return;
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 0.8 : 1.25, under(event));
    }, { passive: false });
    plane.addEventListener("keydown", event => {
      const step = (this.to - this.from) * (event.shiftKey ? 0.1 : 0.01);
      const keys = {
        ArrowLeft: () => this.at(this.time - step, true), ArrowRight: () => this.at(this.time + step, true),
        ArrowUp: () => this.other(-1), ArrowDown: () => this.other(1),
        Home: () => this.at(this.whole[0], true), End: () => this.at(this.whole[1], true),
        "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2),
        "0": () => this.show(...this.whole),
      };
      if (keys[event.key] && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        this.pinned = true;
        keys[event.key]();
      }
    });
    const touches = new Map();
    let apart = 0;
    const spread = () => {
      const [one, two] = [...touches.values()];
      return Math.abs(one.clientX - two.clientX);
    };
    plane.addEventListener("pointerdown", event => {
      if (event.pointerType === "touch") {
        touches.set(event.pointerId, event);
        apart = touches.size === 2 ? spread() : 0;
      }
    });
    plane.addEventListener("pointermove", event => {
      const before = touches.get(event.pointerId);
      if (!before) return;
      touches.set(event.pointerId, event);
      if (touches.size === 2 && apart > 0) {
        const now = Math.max(1, spread());
        this.zoom(apart / now, under(event));
        apart = now;
      } else if (touches.size === 1) {
        const width = this.svg.getBoundingClientRect().width;
        const moved = (before.clientX - event.clientX) / width * (this.to - this.from);
        this.show(this.from + moved, this.to + moved);
      }
    });
    for (const end of ["pointerup", "pointercancel"]) {
      plane.addEventListener(end, event => touches.delete(event.pointerId));
    }
  }

  /** Another timeline, for the keys. */
  other(step) {
    const lanes = [...this.svg.querySelectorAll("text.name")].map(each => each.textContent.replace(/\D/g, ""));
    const place = Math.max(0, lanes.indexOf(this.lane));
    this.lane = lanes[Math.min(lanes.length - 1, Math.max(0, place + step))];
    this.at(this.time, true);
  }

  at(time, isSeen) {
    const step = this.to - this.from > 3_600_000 ? 1000 : 1;
    let moment = Math.min(this.whole[1], Math.max(this.whole[0], Math.floor(time / step) * step));
    if (isSeen && (moment < this.from || moment > this.to)) {
      const half = (this.to - this.from) / 2;
      this.show(moment - half, moment + half);
    }
    this.time = moment;
    const here = this.spans.filter(span => Number(span.dataset.from) <= moment && moment < Number(span.dataset.until));
    const span = here.find(each => each.dataset.timeline === this.lane && each.dataset.command)
      ?? here.find(each => each.dataset.command) ?? here.find(each => each.dataset.timeline === this.lane) ?? here[0];
    // A backup may have ended within the millisecond: its own moment is exact.
    const text = span && moment === Number(span.dataset.from) ? span.dataset.first : utc(moment);
    this.moment.textContent = `${text} UTC · ${local(moment)} here`.replace("Z UTC", " UTC");
    const says = span?.querySelector(".says").textContent;
    this.says.textContent = !span ? "No restore to this moment is listed here: it is before the first backup, older than the table, or after the last archived commit."
      : span.dataset.command ? `A restore uses ${says}.`
      : `No restore reaches this moment: ${says}.`;
    this.command.textContent = span?.dataset.command.replace("MOMENT", text) ?? "";
    this.typed.hidden = !span?.dataset.command;
    this.plane.setAttribute("aria-valuenow",
      Math.round((moment - this.whole[0]) / (this.whole[1] - this.whole[0]) * 1000));
    this.plane.setAttribute("aria-valuetext", `${text}. ${this.says.textContent}`);
    this.place(isSeen);
  }

  place(isSeen) {
    const share = (this.time - this.from) / (this.to - this.from);
    this.cursor.hidden = !isSeen || share < 0 || share > 1;
    this.cursor.style.left = `calc(.5rem + (100% - 1rem) * ${share})`;
  }

  zoom(by, around = this.time) {
    const width = Math.max(60_000, (this.to - this.from) * by);
    const share = (around - this.from) / (this.to - this.from);
    const from = around - width * Math.min(1, Math.max(0, share));
    this.show(from, from + width);
  }

  show(from, to) {
    const width = Math.min(to - from, this.whole[1] - this.whole[0]);
    this.from = Math.min(Math.max(from, this.whole[0]), this.whole[1] - width);
    this.to = this.from + width;
    const x = moment => (moment - this.from) / (this.to - this.from) * 100;
    for (const each of this.svg.querySelectorAll(".at:not(.tick)")) {
      each.setAttribute("x", `${x(Number(each.dataset.at))}%`);
    }
    for (const each of this.svg.querySelectorAll(".bar")) {
      const begin = Math.max(-1, x(Number(each.dataset.from)));
      const end = Math.min(101, x(Number(each.dataset.until)));
      each.setAttribute("x", `${begin}%`);
      each.setAttribute("width", `${Math.max(end <= begin ? 0 : 0.05, end - begin)}%`);
    }
    this.ticks(x);
    this.place(!this.cursor.hidden);
  }

  ticks(x) {
    const minutes = [1, 5, 15, 60, 180, 360, 720, 1440, 2880, 10080, 43200, 129600, 525600];
    const width = (this.to - this.from) / 60_000;
    const step = (minutes.find(each => width / each < 6) ?? 525600) * 60_000;
    const old = [...this.svg.querySelectorAll(".tick")];
    const made = [];
    for (let at = Math.ceil(this.from / step) * step; at < this.to; at += step) {
      const tick = old[0].cloneNode(true);
      const text = utc(at);
      tick.setAttribute("x", `${x(at)}%`);
      tick.querySelector("text").textContent = width > 432_000 ? text.slice(0, 7)
        : step >= 86_400_000 || text.slice(11, 16) === "00:00" ? text.slice(5, 10) : text.slice(11, 16);
      made.push(tick);
    }
    old[0].before(...(made.length ? made : [old[0].cloneNode(true)]));
    old.forEach(each => each.remove());
  }
}

for (const table of document.querySelectorAll("table.fleet")) {
  if (table.tBodies[0].rows.length > 5) filter(table);
}
for (const code of document.querySelectorAll("code.command")) {
  code.after(copyButton(() => code.textContent));
}
for (const box of document.querySelectorAll(".picture")) {
  if (box.querySelector(".tick")) {
    new Picture(box, [...box.closest("section").querySelectorAll("tr.span")]);
  }
}
