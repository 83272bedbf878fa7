import { answer } from './answer.mjs';
import './elements.mjs';

globalThis.inPage = answer;
globalThis.inWorker = new Promise((resolve, reject) => {
  const worker = new Worker(new URL('./worker.mjs', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = reject;
});
