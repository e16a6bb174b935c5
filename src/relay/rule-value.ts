/** A value as a company's rules are compared: NFKC, lower case, white space folded. */
export function ruleValue(text: string): string {
  return text.normalize('NFKC').replace(/\s+/g, ' ').trim().toLowerCase();
}
