package rpc

import (
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// param is one field of a request type that travels outside the body.
type param struct {
	in    string // path, query or header
	name  string
	index []int
}

// plan says where each field of a request type travels. It is made once, at mount.
type plan struct {
	params []param
	// query names the known query parameters.
	query []string
	// body is set if at least one field travels in the body.
	body bool
	// object is set if that body is a JSON object.
	object bool
}

var wildcard = regexp.MustCompile(`\{([^}.$]+)(?:\.\.\.)?\}`)

// planOf reads the tags path, query and header of a request type. Untagged exported fields form the JSON body. Every wildcard
// of the path has its field and the other way round; a field that travels outside the body says json:"-", so that no body can
// set it.
func planOf(t reflect.Type, method, path string) (*plan, error) {
	p := &plan{}
	if t.Kind() != reflect.Struct {
		p.body = true
	} else {
		p.object = true
		for _, f := range reflect.VisibleFields(t) {
			if err := p.add(f); err != nil {
				return nil, fmt.Errorf("%v: field %s: %w", t, f.Name, err)
			}
		}
	}
	if p.body && (method == http.MethodGet || method == http.MethodHead || method == http.MethodDelete) {
		return nil, fmt.Errorf("%v has body members, which %s does not carry", t, method)
	}
	return p, p.matches(path)
}

func (p *plan) add(f reflect.StructField) error {
	var found []param
	for _, in := range []string{"path", "query", "header"} {
		if name, ok := f.Tag.Lookup(in); ok {
			found = append(found, param{in, name, f.Index})
		}
	}
	member, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case len(found) == 0:
		p.body = p.body || f.IsExported() && member != "-" && (!f.Anonymous || member != "")
		return nil
	case len(found) > 1:
		return fmt.Errorf("more than one of the tags path, query and header")
	case found[0].name == "" || !f.IsExported():
		return fmt.Errorf("the tag %s needs a name and an exported field", found[0].in)
	case f.Tag.Get("json") != "-":
		return fmt.Errorf(`beside the tag %s stands json:"-"`, found[0].in)
	case !carries(found[0].in, f.Type):
		return fmt.Errorf("a %s parameter cannot be a %v", found[0].in, f.Type)
	}
	p.params = append(p.params, found[0])
	if found[0].in == "query" {
		p.query = append(p.query, found[0].name)
	}
	return nil
}

func carries(in string, t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64:
		return true
	case reflect.Slice:
		return in == "query" && t.Elem().Kind() == reflect.String
	default:
		return false
	}
}

// matches compares the path parameters with the wildcards of the path.
func (p *plan) matches(path string) error {
	var want, have []string
	for _, m := range wildcard.FindAllStringSubmatch(path, -1) {
		want = append(want, m[1])
	}
	for _, q := range p.params {
		if q.in == "path" {
			have = append(have, q.name)
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	if !slices.Equal(want, have) {
		return fmt.Errorf("path %s has the wildcards %v, the request type has %v", path, want, have)
	}
	return nil
}

// setText gives a parameter its value from the text of the request.
func setText(v reflect.Value, s string) error {
	switch v.Kind() {
	case reflect.Bool:
		b, err := strconv.ParseBool(s)
		v.SetBool(b)
		return err
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(s, 10, v.Type().Bits())
		v.SetInt(n)
		return err
	default:
		v.SetString(s)
		return nil
	}
}

// text is the inverse of setText, for the client.
func text(v reflect.Value) string { return fmt.Sprint(v.Interface()) }
