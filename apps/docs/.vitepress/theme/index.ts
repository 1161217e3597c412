import type { Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import DoubleWell from './DoubleWell.vue';
import './style.css';

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => {
    app.component('DoubleWell', DoubleWell);
  },
} satisfies Theme;
