const narrow = new Set("iIjlft.,:;'|!()[]{} -");
const wide = new Set('mwMW@%—');

/** The approximate width of a text in pixels; fonts differ, so the guess is a little generous. */
export function textWidth(text: string, fontSize: number): number {
  let ems = 0;
  for (const character of text) {
    if (narrow.has(character)) ems += 0.36;
    else if (wide.has(character)) ems += 0.92;
    else if (character >= 'A' && character <= 'Z') ems += 0.7;
    else if ((character.codePointAt(0) ?? 0) > 0x2e80) ems += 1.05;
    else ems += 0.59;
  }
  return ems * fontSize;
}

/** Breaks a text at spaces into lines that are no wider than `width`; a word that is too long is cut. */
export function wrapText(text: string, fontSize: number, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (textWidth(longer, fontSize) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (textWidth(line, fontSize) > width && line.length > 1) {
      const fitting = fittingLength(line, fontSize, width);
      lines.push(line.slice(0, fitting));
      line = line.slice(fitting);
    }
  }
  if (line !== '') lines.push(line);
  return lines;
}

function fittingLength(word: string, fontSize: number, width: number): number {
  let length = 1;
  while (length < word.length && textWidth(word.slice(0, length + 1), fontSize) <= width) length += 1;
  return length;
}

/** The text itself, or as much of it as fits with an ellipsis in place of its middle, so that indices at its end stay. */
export function fitText(text: string, fontSize: number, width: number): string {
  if (textWidth(text, fontSize) <= width) return text;
  const characters = [...text];
  for (let kept = characters.length - 1; kept > 1; kept -= 1) {
    const shorter = `${characters.slice(0, Math.ceil(kept / 2)).join('')}…${characters.slice(-Math.floor(kept / 2)).join('')}`;
    if (textWidth(shorter, fontSize) <= width) return shorter;
  }
  return '…';
}
