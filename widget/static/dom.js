// @ts-check

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * Build an element; strings become text nodes, so no markup is ever parsed.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | boolean | number | null | undefined>} [attributes] `true` sets an empty attribute; `false`, `null` and `undefined` set none
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) {
    if (child) node.append(child);
  }
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

/** @type {Record<string, string>} */
const SHAPES = {
  send: "M3.4 20.4 21 12 3.4 3.6l-.1 6.6L15 12 3.3 13.8z",
  external: "M14 4h6v6h-2V7.4l-7.3 7.3-1.4-1.4L16.6 6H14zM5 6h6v2H6v10h10v-5h2v7H4V6z",
  shield: "M12 2 4 5v6c0 5 3.4 9.4 8 11 4.6-1.6 8-6 8-11V5zm-1.2 13.9-3.5-3.5 1.4-1.4 2.1 2.1 4.6-4.6 1.4 1.4z",
  robot: "M11 2h2v3h5a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2h-4l-4 3v-3H6a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2h5zM8.5 10.2a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2m7 0a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2",
  compass: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20m4.8 5.2-2.9 6.7-6.7 2.9 2.9-6.7zM12 10.8a1.2 1.2 0 1 0 0 2.4 1.2 1.2 0 0 0 0-2.4",
  clock: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20m1 5v4.6l3.6 2.1-1 1.7L11 12.7V7z",
  minimise: "M12 15.6 4.7 8.3l1.4-1.4 5.9 5.9 5.9-5.9 1.4 1.4z",
};

/**
 * A decorative icon in the colour of the text, hidden from assistive technology.
 *
 * @param {keyof typeof SHAPES} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  svg.classList.add("icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}
