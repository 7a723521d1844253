package applet

import "unicode"

const (
	// punctuation beyond ASCII that Chinese and European texts need and handsets show. The lenticular brackets are not there: they mark
	// the applet's own headings.
	punctuation = "£¥€§·–—‘’“”…№、。《》〈〉「」『』（），：；！？"
	// likeDigits pass for digits beside digits: the letter O of Cyrillic and Greek and with a stroke, Ze, Be, sigma, the dotless i, the
	// Chinese zero and the downward stroke.
	likeDigits = "\u041E\u043E\u0417\u0437\u0431\u039F\u03BF\u03C3ØøıŁł〇丨"
	// likeSeparators pass for the comma or the point between digits.
	likeSeparators = "，、。·‘’"
	// likeIdeographs are katakana that pass for ideographs where they stand alone among them.
	likeIdeographs = "エオカタトニハミメロー"
)

// letters are those that can be shown and told apart: Latin with the diacritics of European languages, pinyin and Vietnamese, Greek,
// Russian and its neighbours, Chinese ideographs of the basic plane with their iteration mark, kana, bopomofo and Korean syllables.
// Others need marks or shaping, are rare, or look like these.
var letters = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00C0, Hi: 0x00D6, Stride: 1}, {Lo: 0x00D8, Hi: 0x00F6, Stride: 1}, {Lo: 0x00F8, Hi: 0x0137, Stride: 1},
		{Lo: 0x0139, Hi: 0x013E, Stride: 1}, {Lo: 0x0141, Hi: 0x0148, Stride: 1}, {Lo: 0x014A, Hi: 0x017E, Stride: 1},
		{Lo: 0x01A0, Hi: 0x01A1, Stride: 1}, {Lo: 0x01AF, Hi: 0x01B0, Stride: 1},
		{Lo: 0x01CD, Hi: 0x01DC, Stride: 1}, {Lo: 0x0218, Hi: 0x021B, Stride: 1}, {Lo: 0x0386, Hi: 0x0386, Stride: 1},
		{Lo: 0x0388, Hi: 0x038A, Stride: 1}, {Lo: 0x038C, Hi: 0x038C, Stride: 1}, {Lo: 0x038E, Hi: 0x03A1, Stride: 1},
		{Lo: 0x03A3, Hi: 0x03CE, Stride: 1}, {Lo: 0x0400, Hi: 0x045F, Stride: 1}, {Lo: 0x1EA0, Hi: 0x1EF9, Stride: 1},
		{Lo: 0x3005, Hi: 0x3005, Stride: 1}, {Lo: 0x3007, Hi: 0x3007, Stride: 1}, {Lo: 0x3041, Hi: 0x3096, Stride: 1},
		{Lo: 0x30A1, Hi: 0x30FA, Stride: 1}, {Lo: 0x30FC, Hi: 0x30FC, Stride: 1}, {Lo: 0x3105, Hi: 0x312F, Stride: 1},
		{Lo: 0x3400, Hi: 0x4DBF, Stride: 1}, {Lo: 0x4E00, Hi: 0x9FFF, Stride: 1}, {Lo: 0xAC00, Hi: 0xD7A3, Stride: 1},
	},
	LatinOffset: 2,
}

// rightToLeft are the blocks of the basic plane, and those above it, whose characters reorder the digits around them.
var rightToLeft = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x0590, Hi: 0x08FF, Stride: 1}, {Lo: 0xFB1D, Hi: 0xFDFF, Stride: 1}, {Lo: 0xFE70, Hi: 0xFEFE, Stride: 1}},
	R32: []unicode.Range32{{Lo: 0x10800, Hi: 0x10FFF, Stride: 1}, {Lo: 0x1E800, Hi: 0x1EFFF, Stride: 1}},
}
