import fc from 'fast-check';

/** Characters that forge lines, end strings early, or are none on their own. */
export const sharpCharacters = [
  '\r',
  '\n',
  '\0',
  '\u2028',
  '\u2029',
  '\u0085',
  '\ud800',
  '\udc00',
  '\ufeff',
  '\u0001',
  '\u007f',
  '"',
  '\\',
  '<',
  '~',
  '.',
  ':',
  '=',
  '&',
  '%',
  ' ',
  '{',
  '}',
  '[',
  ']',
  ',',
  '\u{1f600}',
] as const;

/** Names that objects have without being given them. */
export const inheritedNames = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
];

/** Text as an attacker would choose it. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: fc.constantFrom(...sharpCharacters), maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(...inheritedNames, '', 'x'.repeat(201), 'x'.repeat(2_049)),
);

/** JSON values, with names that objects inherit among their keys. */
export const hostileJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  {
    weight: 1,
    arbitrary: fc.dictionary(
      fc.oneof(fc.constantFrom(...inheritedNames), hostileText),
      fc.oneof(fc.integer(), hostileText, fc.constant(null)),
      { maxKeys: 3 },
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom(1e308, -0, Number.MAX_SAFE_INTEGER + 2, [], {}, null) },
);

/** A text with a few characters replaced, taken out or doubled. */
export function mutated(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.nat(),
    by: fc.oneof(fc.constant(''), hostileText),
    cut: fc.nat(3),
  });
  return fc.tuple(text, fc.array(edit, { maxLength: 3 })).map(([whole, edits]) =>
    edits.reduce((rest, { at, by, cut }) => {
      const place = rest.length === 0 ? 0 : at % rest.length;
      return rest.slice(0, place) + by + rest.slice(place + cut);
    }, whole),
  );
}
