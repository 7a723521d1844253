package ca

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"simtrust"
)

// Query selects certificates; conditions that are zero do not count.
type Query struct {
	Issuer  string            `json:"issuer,omitzero"`
	Profile string            `json:"profile,omitzero"`
	Name    string            `json:"name,omitzero"` // common name, or first alternative name, exactly
	Tenure  simtrust.TenureID `json:"tenure,omitzero"`
	// Requester is who asked, as the faces say it: est:USERNAME, acme:ACCOUNT. There is no index on it: in a large register another
	// condition should stand beside it.
	Requester string `json:"requester,omitzero"`
	// KeyHash is the SHA-256 of the SubjectPublicKeyInfo in hexadecimal.
	KeyHash       string    `json:"key_hash,omitzero"`
	ExpiresFrom   time.Time `json:"expires_from,omitzero"`
	ExpiresBefore time.Time `json:"expires_before,omitzero"`
	CreatedFrom   time.Time `json:"created_from,omitzero"`
	CreatedBefore time.Time `json:"created_before,omitzero"`
	// Revoked asks for revoked ones, or for the others; nil: both.
	Revoked *bool `json:"revoked,omitempty"`
}

// Page is where a listing goes on: the end of the page before, or "".
type Page struct {
	After string
	Limit int // 0: 100; at most 1000
}

const (
	defaultPage = 100
	maxPage     = 1000
)

// Search lists certificates in the order they were made. next is the After of the following page, or "" after the last.
func (s *Service) Search(ctx context.Context, q Query, p Page) (found []Certificate, next string, err error) {
	if p.Limit <= 0 {
		p.Limit = defaultPage
	}
	p.Limit = min(p.Limit, maxPage)
	if err := s.checkQuery(q); err != nil {
		return nil, "", err
	}
	w := q.where()
	if p.After != "" {
		created, id, ok := parseCursor(p.After)
		if !ok {
			return nil, "", invalid(ReasonSearch, "the page is none that a search returned")
		}
		w.after(created, id)
	}
	text := w.page(p.Limit + 1)
	found, err = certificates(ctx, s.db, text, w.args...)
	if err == nil && len(found) > p.Limit {
		found = found[:p.Limit]
		next = cursor(found[p.Limit-1])
	}
	return found, next, err
}

func cursor(c Certificate) string { return strconv.FormatInt(c.Created.UnixMilli(), 10) + "_" + c.ID }

func parseCursor(text string) (created int64, id string, ok bool) {
	ms, id, ok := strings.Cut(text, "_")
	created, err := strconv.ParseInt(ms, 10, 64)
	_, _, named := SplitID(id)
	return created, id, ok && err == nil && named
}

// where is a condition in the making.
type where struct {
	terms []string
	args  []any
}

// add adds a condition in which each ? stands for the next argument.
func (w *where) add(term string, args ...any) {
	for _, a := range args {
		w.args = append(w.args, a)
		term = strings.Replace(term, "?", "$"+strconv.Itoa(len(w.args)), 1)
	}
	w.terms = append(w.terms, term)
}

func (w *where) after(created int64, id string) {
	w.add("(c.created > ? or c.created = ? and c.id > ?)", created, created, id)
}

func (w *where) text() string {
	if len(w.terms) == 0 {
		return "1 = 1"
	}
	return strings.Join(w.terms, " and ")
}

// page is the whole text for one page; its limit is the last argument.
func (w *where) page(limit int) string {
	w.args = append(w.args, int64(limit))
	return w.text() + " order by c.created, c.id limit $" + strconv.Itoa(len(w.args))
}

// equals is a condition that a column has a value; without a value it is none.
type equals struct{ column, value string }

// texts are the conditions on text, in one order, so that few texts are prepared.
func (q Query) texts() []equals {
	return []equals{{"c.issuer", q.Issuer}, {"c.profile", q.Profile}, {"c.name", q.Name}, {"c.tenure_id", string(q.Tenure)},
		{"c.key_hash", q.KeyHash}, {"c.requester", q.Requester}}
}

func (q Query) where() *where {
	w := &where{}
	for _, e := range q.texts() {
		if e.value != "" {
			w.add(e.column+" = ?", e.value)
		}
	}
	if q.Tenure != "" {
		w.add("c.tenure_id <> ''") // lets the partial index serve
	}
	for _, bound := range []struct {
		term string
		at   time.Time
	}{{"c.not_after >= ?", q.ExpiresFrom}, {"c.not_after < ?", q.ExpiresBefore}, {"c.created >= ?", q.CreatedFrom}, {"c.created < ?", q.CreatedBefore}} {
		if !bound.at.IsZero() {
			w.add(bound.term, bound.at.UnixMilli())
		}
	}
	switch {
	case q.Revoked == nil:
	case *q.Revoked:
		w.add("r.reason is not null and r.reason <> 8")
	default:
		w.add("(r.reason is null or r.reason = 8)")
	}
	return w
}

// check refuses text that no store compares, and no certificate has.
func (q Query) check() error {
	for _, e := range q.texts() {
		if strings.ContainsRune(e.value, 0) || !utf8.ValidString(e.value) {
			return invalid(ReasonSearch, "a condition is no text")
		}
	}
	return nil
}

// checkQuery refuses what can find nothing because it is misspelt.
func (s *Service) checkQuery(q Query) error {
	if _, known := s.Profile(q.Profile); q.Profile != "" && !known {
		return invalid(ReasonUnknownProfile, "no such profile")
	}
	return q.check()
}

// empty reports whether the query would select everything.
func (q Query) empty() bool {
	q.Revoked = nil
	return q == Query{}
}
