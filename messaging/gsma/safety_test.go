package gsma_test

import (
	"testing"

	"simtrust/messaging/gsma"
)

const (
	control   = "holds a control character"
	direction = "holds a character that turns the direction of writing"
	invisible = "holds a character that nobody sees"
	noMeaning = "holds a character without a meaning of its own"
)

// TestTextSafety has for each text what is wrong with it as a line and as a body; empty: nothing.
func TestTextSafety(t *testing.T) {
	for _, c := range []struct{ text, line, body string }{
		{"Bank 银行 मुंबई é e\u0301 👍🏽 ☎️", "", ""},
		{"a\nb\tc\r\nd", control, ""},
		{"a\rb", control, control},
		{"a\x00b", control, control},
		{"a\x1bb", control, control},
		{"a\u0085b", control, control},
		{"a\u2028b", control, control},
		{"a\u202Eb", direction, direction},
		{"a\u2066b\u2069", direction, direction},
		{"a\u200Fb", direction, direction},
		{"a\u061Cb", direction, direction},
		{"👩\u200d💻", invisible, ""},
		{"می\u200cخواهم", invisible, ""},
		{"\u200da", invisible, invisible},
		{"a\u200d", invisible, invisible},
		{"a\u200d\u200db", invisible, invisible},
		{"a \u200d b", invisible, invisible},
		{"a\u200bb", invisible, invisible},
		{"a\u2060b", invisible, invisible},
		{"\ufeffa", invisible, invisible},
		{"a\u00adb", invisible, invisible},
		{"a\u034fb", invisible, invisible},
		{"a\u3164b", invisible, invisible},
		{"a\u2800b", invisible, invisible},
		{"a\U000E0041b", invisible, invisible},
		{"a\U000E0101b", invisible, invisible},
		{"a\uE000b", noMeaning, noMeaning},
		{"a\uFFFFb", noMeaning, noMeaning},
		{"a\xffb", "is not UTF-8", "is not UTF-8"},
		{"a\xed\xa0\x80b", "is not UTF-8", "is not UTF-8"},
	} {
		for check, got := range map[string]struct {
			err  error
			want string
		}{"line": {gsma.CheckLine("/name", c.text), c.line}, "text": {gsma.CheckText("/name", c.text), c.body}} {
			want := ""
			if got.want != "" {
				want = "/name " + got.want
			}
			if said := message(got.err); said != want {
				t.Errorf("%+q as %s: %q, want %q", c.text, check, said, want)
			}
		}
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestSkeleton(t *testing.T) {
	for name, likes := range map[string][]string{
		"Bank":     {"Вank", "BANK", "ＢＡＮＫ", "B-a-n-k", "B a n k", "Bаnk", "Bånk", "𝐁𝐚𝐧𝐤", "ΒΑΝΚ", "ВАNК", "B\u200bank", "Ⓑⓐⓝⓚ"},
		"ICBC":     {"lCBC", "1CBC", "ІСВС", "icbc", "|CBC", "ΙCBC"},
		"GOOGLE":   {"G00GLE", "Gооgle", "ɡoogle", "GOOGIE", "goog1e"},
		"PayPal":   {"раураl", "PаyPaI", "PAYPA1"},
		"Amazon":   {"Arnazon", "Αmazon", "amaz0n"},
		"工商银行":     {"エ商银行", "工商 银行", "ｴ商银行", "工商·银行"},
		"中国人口网":    {"中国人ロ网"},
		"Dr. Oetk": {"DrOetk", "DR OETK", "D\u0433OEtk"},
	} {
		for _, like := range likes {
			if a, b := gsma.Skeleton(name), gsma.Skeleton(like); a != b || a == "" {
				t.Errorf("%s (%q) and %s (%q) look alike", name, a, like, b)
			}
		}
	}
}

func TestSkeletonTellsOthersApart(t *testing.T) {
	names := []string{"Bank", "Tank", "Banks", "ICBC", "工商银行", "农业银行", "建设银行", "Amazon", "Кремль", "Ωmega", "7", "8"}
	seen := map[string]string{}
	for _, n := range names {
		s := gsma.Skeleton(n)
		if other, ok := seen[s]; ok {
			t.Errorf("%s and %s are both %q", n, other, s)
		}
		seen[s] = n
	}
}

func TestSkeletonOfASkeletonIsItself(t *testing.T) {
	s := newSource(4)
	for range rounds {
		once := gsma.Skeleton(s.text(40, true))
		if twice := gsma.Skeleton(once); twice != once {
			t.Fatalf("%q becomes %q", once, twice)
		}
	}
}
