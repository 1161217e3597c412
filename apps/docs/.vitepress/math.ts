import type { MarkdownRenderer } from 'vitepress';

/** TSDoc writes math as $`...`$ and in `math` fences, since its lint rejects bare backslashes. Both render like `$...$` and `$$...$$`. */
export function tsdocMath(md: MarkdownRenderer): void {
  md.inline.ruler.before('escape', 'tsdoc-math', (state, silent) => {
    if (!state.src.startsWith('$`', state.pos)) return false;
    const end = state.src.indexOf('`$', state.pos + 2);
    if (end < 0) return false;
    if (!silent) state.push('math_inline', 'math', 0).content = state.src.slice(state.pos + 2, end);
    state.pos = end + 2;
    return true;
  });
  const { fence, math_block: block } = md.renderer.rules;
  if (fence === undefined || block === undefined) throw new Error('tsdocMath: expected the math plugin to be in use.');
  md.renderer.rules.fence = (tokens, index, ...rest) =>
    (tokens[index]?.info.trim() === 'math' ? block : fence)(tokens, index, ...rest);
}
