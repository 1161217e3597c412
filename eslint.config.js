import jsdoc from 'eslint-plugin-jsdoc';
import tsdoc from 'eslint-plugin-tsdoc';
import tseslint from 'typescript-eslint';
import { meaningfulNames } from './scripts/lint/meaningful-names.mjs';
import { noCommentedCode } from './scripts/lint/no-commented-code.mjs';

const house = { rules: { 'meaningful-names': meaningfulNames, 'no-commented-code': noCommentedCode } };

const noInheritance = {
  selector: ':matches(ClassDeclaration, ClassExpression)[superClass]',
  message: 'No class inheritance outside errors. Compose functions instead.',
};

const exportWhereDeclared = {
  selector: 'ExportNamedDeclaration[source=null][declaration=null]',
  message: 'Export a symbol where it is declared, so that its doc comment stands there.',
};

/** Every exported symbol, and every member of an exported interface, object type or class. */
const documented = [
  'FunctionDeclaration',
  'ClassDeclaration',
  'TSInterfaceDeclaration',
  'TSTypeAliasDeclaration',
  'TSEnumDeclaration',
  'TSDeclareFunction',
]
  .map((kind) => `ExportNamedDeclaration > ${kind}`)
  .concat(
    'ExportNamedDeclaration[declaration.type="VariableDeclaration"]',
    'ExportNamedDeclaration > TSInterfaceDeclaration > TSInterfaceBody > :matches(TSPropertySignature, TSMethodSignature)',
    'ExportNamedDeclaration > TSTypeAliasDeclaration > TSTypeLiteral > :matches(TSPropertySignature, TSMethodSignature)',
    'ExportNamedDeclaration > ClassDeclaration > ClassBody > PropertyDefinition:not([accessibility="private"])',
    'ExportNamedDeclaration > ClassDeclaration > ClassBody > MethodDefinition[kind!="constructor"]',
  );

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '**/.examples/**',
      '**/reports/**',
      'apps/docs/.vitepress/**',
      'apps/docs/api/**',
    ],
  },
  {
    files: ['**/*.ts', '**/*.mjs', '**/*.js'],
    languageOptions: { parser: tseslint.parser },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { house },
    rules: {
      'max-lines': ['error', { max: 400 }],
      'no-restricted-syntax': ['error', noInheritance],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'] }],
      'house/meaningful-names': 'error',
      'house/no-commented-code': 'error',
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { tsdoc },
    rules: {
      'tsdoc/syntax': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': ['error', noInheritance, exportWhereDeclared],
      'no-restricted-globals': [
        'error',
        { name: 'WebAssembly', message: 'Only tensor-wasm may instantiate WebAssembly.' },
      ],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    plugins: { jsdoc },
    settings: { jsdoc: { mode: 'typescript' } },
    rules: {
      'jsdoc/require-jsdoc': [
        'error',
        { contexts: documented, require: { FunctionDeclaration: false }, enableFixer: false },
      ],
      'jsdoc/require-description': ['error', { contexts: documented }],
      'jsdoc/check-param-names': ['error', { checkDestructured: false, disableMissingParamChecks: true }],
    },
  },
  { files: ['packages/tensor/src/errors.ts'], rules: { 'no-restricted-syntax': ['error', exportWhereDeclared] } },
  { files: ['packages/tensor-wasm/src/**/*.ts'], rules: { 'no-restricted-globals': 'off' } },
  { files: ['**/*.test.ts'], rules: { 'max-lines': ['error', { max: 600 }] } },
  // Type tests hold calls that must not compile, and so are never awaited.
  {
    files: ['packages/*/src/**/types.test.ts'],
    rules: { '@typescript-eslint/no-floating-promises': 'off', '@typescript-eslint/require-await': 'off' },
  },
);
