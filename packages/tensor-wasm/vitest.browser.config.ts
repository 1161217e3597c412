import { browserTests } from '../../vitest.browser.shared.js';
export default browserTests(import.meta.dirname);
