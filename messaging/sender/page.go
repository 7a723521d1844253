package sender

import "strings"

// Page is where a listing goes on: the end of the page before, or "".
type Page struct {
	After string
	Limit int // 0: 100; at most 1000
}

const (
	defaultPage = 100
	maxPage     = 1000
)

var errPage = invalid(ReasonPage, "the page is none that a listing returned")

// complete refuses a page that no listing of ids returned: what is no id may not be text to the store.
func (p Page) complete(prefix string) (Page, error) {
	if p.After != "" && !isID(prefix, p.After) {
		return Page{}, errPage
	}
	return p.bounded(), nil
}

func (p Page) bounded() Page {
	if p.Limit <= 0 {
		p.Limit = defaultPage
	}
	p.Limit = min(p.Limit, maxPage)
	return p
}

// cut takes a page off a list that has one more where there are more, and says where the next one begins.
func cut[T any](list []T, p Page, id func(T) string) (page []T, next string) {
	if len(list) <= p.Limit {
		return list, ""
	}
	page = list[:p.Limit]
	return page, id(page[p.Limit-1])
}

// Prefixes of ids.
const (
	brandID    = "brd"
	chatbotID  = "bot"
	templateID = "tpl"
)

// isID reports whether a text has the form of an id.
func isID(prefix, s string) bool {
	digits, ok := strings.CutPrefix(s, prefix+"_")
	return ok && len(digits) == 26 && !strings.ContainsFunc(digits, func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'z') })
}
