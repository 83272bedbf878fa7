import { html } from 'lit';
import { download } from '../elements/download.js';
import { messageOf } from '../elements/events.js';

/** Properties that a drawing takes from its styles. */
const INLINED = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
];
const SCALE = 2;

/** A drawing as a document of its own, in the colours it has on the page. */
export function svgText(drawing: SVGSVGElement): string {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const from = [drawing, ...drawing.querySelectorAll('*')];
  const to = [copy, ...copy.querySelectorAll('*')];
  to.forEach((element, i) => {
    const style = getComputedStyle(from[i] as Element);
    for (const name of INLINED) element.setAttribute(name, style.getPropertyValue(name));
    element.removeAttribute('class');
  });
  const { width, height } = drawing.viewBox.baseVal;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  const colour = getComputedStyle(document.documentElement).getPropertyValue('--panel');
  for (const [name, value] of [
    ['width', width],
    ['height', height],
    ['fill', colour],
  ] as const) {
    ground.setAttribute(name, String(value));
  }
  copy.prepend(ground);
  // lit's markers are comments without a meaning outside the page.
  return new XMLSerializer().serializeToString(copy).replace(/<!--[\s\S]*?-->/g, '');
}

/** A drawing as an image, at twice its size. */
export async function pngOf(drawing: SVGSVGElement): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svgText(drawing)], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.width * SCALE;
    canvas.height = image.height * SCALE;
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) =>
      canvas.toBlob((blob) => (blob === null ? reject(new Error('no image was made')) : resolve(blob))),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Buttons that save the drawing of a chart. */
export function saveButtons(root: () => ParentNode, name: string) {
  const drawing = (): SVGSVGElement => root().querySelector('svg') as SVGSVGElement;
  const savePng = async (): Promise<void> => {
    try {
      download(`${name}.png`, await pngOf(drawing()));
    } catch (error) {
      console.error(messageOf(error));
    }
  };
  return html`<div class="buttons">
    <button class="small" @click=${() => download(`${name}.svg`, svgText(drawing()), 'image/svg+xml')}>
      SVG<span class="offscreen"> of ${name}</span>
    </button>
    <button class="small" @click=${savePng}>PNG<span class="offscreen"> of ${name}</span></button>
  </div>`;
}
