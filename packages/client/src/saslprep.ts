/**
 * SASLprep (RFC 4013), the form in which user names and passwords are compared: client and server must not differ over how
 * a keyboard writes "é". Code points that Unicode has not assigned are allowed, as in a query (RFC 3454, section 7).
 */

// Where stringprep lists code points that Unicode describes, Unicode's property says it, for characters of today.
/** RFC 3454, table C.1.2: they become U+0020. */
const SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu;
/** Table B.1: they vanish. */
// oxlint-disable-next-line no-misleading-character-class -- single code points are meant, each for itself
const NOTHING = /[\u00ad\u034f\u1806\u180b-\u180d\u200c\u200d\u2060\ufe00-\ufe0f\ufeff]/gu;
/** Tables C.2.1 to C.9. */
const PROHIBITED =
  // oxlint-disable-next-line no-misleading-character-class -- single code points are meant, each for itself
  /[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\p{Zl}\p{Zp}\u06dd\u070f\u180e\ufff9-\ufffd\u2ff0-\u2ffb\u0340\u0341\u200e\u200f\u202a-\u202e\u2061-\u2063\u206a-\u206f\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/u;
/** Letters that are written from right to left. JavaScript does not know bidirectional classes; scripts come close. */
const RIGHT_TO_LEFT =
  /(?=\p{L})[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}\p{Script=Adlam}]/u;

/** Throws an Error that names `what`, and not the text: it may be a password. */
export function saslprep(text: string, what: string): string {
  const mapped = text.replaceAll(SPACES, " ").replaceAll(NOTHING, "").normalize("NFKC");
  const prohibited = PROHIBITED.exec(mapped)?.[0];
  if (prohibited !== undefined) {
    const codePoint = prohibited.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
    throw new Error(`the ${what} has the character U+${codePoint}, which SASLprep (RFC 4013) prohibits`);
  }
  if (!isDirected(Array.from(mapped))) {
    throw new Error(
      `the ${what} mixes directions of writing: with right-to-left letters it must begin and end with one and have no others (RFC 4013)`,
    );
  }
  return mapped;
}

/** RFC 3454, section 6. */
function isDirected(characters: readonly string[]): boolean {
  const isRightToLeft = (character: string | undefined): boolean =>
    character !== undefined && RIGHT_TO_LEFT.test(character);
  if (!characters.some(isRightToLeft)) return true;
  const hasOthers = characters.some((character) => /\p{L}/u.test(character) && !isRightToLeft(character));
  return !hasOthers && isRightToLeft(characters[0]) && isRightToLeft(characters.at(-1));
}
