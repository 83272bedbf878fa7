import { modelCase } from './cases/model.js';
const c = modelCase();
for (let i = 0; i < 8; i++) { const t = performance.now(); c.run(); console.log(Math.round(c.operations / (performance.now() - t) * 1000)); }
