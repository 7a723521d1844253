package gsma

// lookalikes takes a letter to the Latin letter, the figure or the Chinese character that it looks like. The pairs follow Unicode's
// confusables.txt (UTS #39, version 16), and go further where a pair looks alike in one case only, for names are compared without case.
// What Latin letters and figures make of each other (O and 0; l, 1 and I) is here too.
var lookalikes = map[rune]rune{
	// Figures and strokes.
	'0': 'o', '1': 'l', '|': 'l', 'i': 'l', 'ı': 'l', 'ɩ': 'l', 'ǀ': 'l', 'ł': 'l', 'Ł': 'l',
	// Latin.
	'ø': 'o', 'Ø': 'o', 'đ': 'd', 'Đ': 'd', 'ɑ': 'a', 'ɡ': 'g', 'ĸ': 'k', 'ʋ': 'v',
	// Cyrillic capitals.
	'А': 'a', 'В': 'b', 'Е': 'e', 'К': 'k', 'М': 'm', 'Н': 'h', 'О': 'o', 'Р': 'p', 'С': 'c', 'Т': 't', 'У': 'y', 'Х': 'x',
	'Ѕ': 's', 'І': 'l', 'Ј': 'j', 'Ү': 'y', 'Ԛ': 'q', 'Ԝ': 'w', 'Ԍ': 'g', 'Ь': 'b', 'Ѵ': 'v', 'Ӏ': 'l', 'Г': 'r', 'П': 'n', 'З': '3',
	// Cyrillic small letters.
	'а': 'a', 'в': 'b', 'е': 'e', 'к': 'k', 'м': 'm', 'н': 'h', 'о': 'o', 'р': 'p', 'с': 'c', 'т': 't', 'у': 'y', 'х': 'x',
	'ѕ': 's', 'і': 'l', 'ј': 'j', 'ү': 'y', 'ԛ': 'q', 'ԝ': 'w', 'ԍ': 'g', 'ь': 'b', 'ѵ': 'v', 'ӏ': 'l', 'г': 'r', 'п': 'n', 'з': '3',
	'һ': 'h', 'Һ': 'h', 'ԁ': 'd', 'Ԁ': 'd', 'ѡ': 'w', 'Ѡ': 'w',
	// Greek capitals.
	'Α': 'a', 'Β': 'b', 'Ε': 'e', 'Ζ': 'z', 'Η': 'h', 'Ι': 'l', 'Κ': 'k', 'Μ': 'm', 'Ν': 'n', 'Ο': 'o', 'Ρ': 'p', 'Τ': 't', 'Υ': 'y',
	'Χ': 'x', 'Ϲ': 'c', 'Ϳ': 'j',
	// Greek small letters.
	'α': 'a', 'γ': 'y', 'ε': 'e', 'η': 'n', 'ι': 'l', 'κ': 'k', 'ν': 'v', 'ο': 'o', 'ρ': 'p', 'σ': 'o', 'τ': 't', 'υ': 'u', 'χ': 'x',
	'ϲ': 'c', 'ϳ': 'j', 'μ': 'u', 'ω': 'w',
	// Katakana that look like Chinese characters.
	'エ': '工', 'ロ': '口', 'カ': '力', 'ニ': '二', 'ハ': '八', 'ト': '卜', 'タ': '夕', 'ー': '一',
}
