import { reference } from '@ebmkit/tensor';
import { describeBackend } from './describe-backend.js';

describeBackend('reference float32', () => Promise.resolve(reference()));
describeBackend('reference float64', () => Promise.resolve(reference({ precision: 'float64' })));
