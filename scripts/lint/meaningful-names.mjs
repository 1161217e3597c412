import { relative } from 'node:path';

const forbidden = new Set(['core', 'utils', 'util', 'common', 'helpers', 'helper', 'misc', 'base']);

/** ESLint rule: no file or folder is named by what it is not (DESIGN §2): core, utils, common, helpers, misc, base. */
export const meaningfulNames = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { name: '"{{name}}" says nothing about the content. Name the file or folder by its one concept.' },
  },
  create(context) {
    return {
      Program(node) {
        for (const part of relative(context.cwd, context.filename).split(/[\\/]/)) {
          const name = part.split('.')[0];
          if (forbidden.has(name)) context.report({ node, messageId: 'name', data: { name } });
        }
      },
    };
  },
};
