package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

//go:embed templates
var files embed.FS

// View is the content of one page.
type View interface {
	// page names the template.
	page() string
	// formTargets are the origins, beside our own, to which a form on the page may lead by redirect (CSP form-action).
	formTargets() []string
}

var (
	style     = mustRead("templates/style.css")
	styleHash = hashOf(style)
	script    = mustRead("templates/live.js")
	liveOnly  = "; script-src " + hashOf(script) + "; connect-src 'self'"
	pages     = template.Must(template.New("").Funcs(template.FuncMap{
		"national": national,
		"day":      func(t time.Time) string { return t.Format("2006-01-02") },
		"clock":    func(t time.Time) string { return t.Format("15:04") },
		"lines":    lines,
		"style":    func() template.CSS { return template.CSS(style) },
		"script":   func() template.JS { return template.JS(script) },
		"t":        func(lang, key string) string { return phrases[key][lang] },
		"scope":    scopePhrase,
		"link":     link,
		"said":     said,
		"runs":     runs,
		"initial":  initial,
	}).ParseFS(files, "templates/*.html"))
)

func mustRead(name string) string {
	text, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Render answers with the page of v in the person's language: ui_locales if given (OpenID Connect Core §3.1.2.1), else
// Accept-Language ([Language]). The page may not be framed or cached, and loads nothing but the media of a message that it shows. A
// page that follows a stream ([Live]) runs the one script that does so.
func Render(w http.ResponseWriter, r *http.Request, status int, v View) {
	var body bytes.Buffer
	err := pages.ExecuteTemplate(&body, v.page(), struct {
		Lang string
		V    View
	}{Language(r), v})
	if err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src "+styleHash+media(v)+live(v)+"; base-uri 'none'; frame-ancestors 'none'; form-action "+
		strings.Join(append([]string{"'self'"}, v.formTargets()...), " "))
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // under no-referrer a browser sends our own forms with Origin: null (Fetch §3.2)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a person who went away needs no answer
}

// media lets a page load pictures, films and sounds from the origins that its message names.
func media(v View) string {
	m, ok := v.(interface{ sources() []string })
	if !ok || len(m.sources()) == 0 {
		return ""
	}
	list := strings.Join(m.sources(), " ")
	return "; img-src " + list + "; media-src " + list
}

// live lets a page that follows a stream run the script for it, and no other, and ask nobody but its own server.
func live(v View) string {
	if l, ok := v.(interface{ follows() bool }); ok && l.follows() {
		return liveOnly
	}
	return ""
}

// Language returns "zh" or "en" for the request: the first of them that it names; else "en" where it names another language, and
// "zh" where it names none.
func Language(r *http.Request) string {
	other := "zh"
	for _, list := range []string{r.FormValue("ui_locales"), r.Header.Get("Accept-Language")} {
		for _, tag := range strings.FieldsFunc(list, func(c rune) bool { return c == ' ' || c == ',' }) {
			switch primary, _, _ := strings.Cut(strings.ToLower(tag), "-"); strings.SplitN(primary, ";", 2)[0] {
			case "zh":
				return "zh"
			case "en":
				return "en"
			case "*":
			default:
				other = "en"
			}
		}
	}
	return other
}

// national shows a masked number as people of the country write it: 138****0001.
func national(masked string) string { return strings.TrimPrefix(masked, "+86") }

var privateUse = regexp.MustCompile(`^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:`)

// initial stands for a sender that has no picture.
func initial(name string) string {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(name, "+【"))
	return strings.ToUpper(string(r))
}

// link lets the private-use scheme of a native app (RFC 8252 §7.1), which has a dot, into a link. Of the others html/template knows
// which are safe.
func link(uri string) any {
	if privateUse.MatchString(uri) {
		return template.URL(uri)
	}
	return uri
}

// said lets what a message's button does into a link: call, write, show a place. Of the others html/template knows which are safe.
func said(uri string) any {
	for _, scheme := range []string{"tel:", "sms:", "geo:"} {
		if strings.HasPrefix(uri, scheme) {
			return template.URL(uri)
		}
	}
	return uri
}
