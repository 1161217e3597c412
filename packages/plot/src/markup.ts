/** An attribute's value; `undefined` leaves the attribute out. */
type AttributeValue = string | number | undefined;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Characters that no XML document may hold: most control characters, lone surrogates and two non-characters. */
const forbidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Makes a text safe as content or attribute value of XML and HTML; characters that XML forbids become U+FFFD. */
export function escapeMarkup(text: string): string {
  return text.replace(forbidden, '\ufffd').replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** One element as markup: attribute values are escaped here, `content` must be markup already. */
export function element(
  name: string,
  attributes: Readonly<Record<string, AttributeValue>>,
  ...content: readonly string[]
): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) =>
        ` ${key}="${typeof value === 'number' ? formatCoordinate(value) : escapeMarkup(String(value))}"`,
    )
    .join('');
  const inner = content.join('');
  return inner === '' ? `<${name}${written}/>` : `<${name}${written}>${inner}</${name}>`;
}

/** A coordinate with two decimals at most: a hundredth of a pixel is finer than any screen. */
export function formatCoordinate(value: number): string {
  return String(Math.round(value * 100) / 100);
}
