//go:build e2e

package e2e

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// person is somebody with a browser without scripts: it keeps cookies, follows redirects and presses buttons.
type person struct {
	http *http.Client
}

func personAt(t *testing.T, ip string) person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := phone(ip)
	c.Jar = jar
	return person{c}
}

// login walks from the authorization request to the redirect URI, pressing the button with the value on the way, and answers the
// parameters that arrive there.
func (p person) login(t *testing.T, request, redirect, button string) url.Values {
	t.Helper()
	next, err := http.NewRequest(http.MethodGet, request, nil)
	for range 5 {
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(next.URL.String(), redirect) {
			return next.URL.Query()
		}
		next, err = p.step(t, next, button)
	}
	t.Fatal("the login goes round in circles")
	return nil
}

// step sends one request and answers what the browser would send next.
func (p person) step(t *testing.T, r *http.Request, button string) (*http.Request, error) {
	t.Helper()
	res, err := p.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if to, err := res.Location(); err == nil {
		return http.NewRequest(http.MethodGet, to.String(), nil)
	}
	if res.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(res.Body)
		t.Fatalf("%s: %s\n%s", r.URL.Path, res.Status, body)
	}
	page, err := html.Parse(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return submit(t, page, res.Request.URL, button)
}

// submit fills in the one form of a page.
func submit(t *testing.T, page *html.Node, base *url.URL, button string) (*http.Request, error) {
	t.Helper()
	fields := url.Values{}
	var action *url.URL
	for node := range page.Descendants() {
		switch {
		case node.Data == "form" && strings.EqualFold(attribute(node, "method"), "post"):
			var err error
			if action, err = base.Parse(attribute(node, "action")); err != nil {
				t.Fatal(err)
			}
		case node.Data == "input", node.Data == "button" && attribute(node, "value") == button:
			fields.Set(attribute(node, "name"), attribute(node, "value"))
		}
	}
	if action == nil {
		t.Fatal("the page has no form to post")
	}
	r, err := http.NewRequest(http.MethodPost, action.String(), strings.NewReader(fields.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", base.Scheme+"://"+base.Host)
	}
	return r, err
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
