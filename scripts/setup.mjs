/** `npm run setup`: install the workspace, and nothing else. */
import { install } from './workspace.mjs';

install();
