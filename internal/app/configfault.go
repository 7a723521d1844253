package app

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// fault says what is wrong with a configuration file that the decoder refused: the setting, its line and what to write where a value
// has another form, else what the decoder says. It repeats no value, which may be a password.
func fault(file string, text []byte, refusal error) error {
	doc, err := parser.ParseBytes(text, 0)
	if err == nil {
		for _, d := range doc.Docs {
			if at, write := misfit(d.Body, reflect.TypeFor[Config]()); at != nil {
				name := strings.TrimPrefix(strings.TrimPrefix(at.GetPath(), "$"), ".")
				return fmt.Errorf("configuration %s: %s (line %d): write %s", file, name, at.GetToken().Position.Line, write)
			}
		}
	}
	return fmt.Errorf("configuration %s: %s", file, yaml.FormatError(refusal, false, false))
}

// forms are the values that stand in a line as text.
var forms = map[reflect.Type]struct {
	fits  func(string) bool
	write string
}{
	reflect.TypeFor[time.Duration](): {func(s string) bool { _, err := time.ParseDuration(s); return err == nil }, "a time with its unit, such as 5m"},
	reflect.TypeFor[netip.Prefix]():  {func(s string) bool { _, err := netip.ParsePrefix(s); return err == nil }, "an address with the length of its prefix, such as 10.2.0.1/32"},
}

// misfit finds the first node that cannot be a t, and what to write there; nil where there is none.
func misfit(n ast.Node, t reflect.Type) (at ast.Node, write string) {
	if form, ok := forms[t]; ok {
		if s, ok := n.(*ast.StringNode); !ok || !form.fits(s.Value) {
			return n, form.write
		}
		return nil, ""
	}
	switch t.Kind() {
	case reflect.Struct:
		return misfitIn(n, t)
	case reflect.Slice:
		list, ok := n.(*ast.SequenceNode)
		if !ok {
			return n, "a list: a dash before each entry"
		}
		for _, entry := range list.Values {
			if at, write := misfit(entry, t.Elem()); at != nil {
				return at, write
			}
		}
	case reflect.Bool:
		if n.Type() != ast.BoolType {
			return n, "true or false"
		}
	case reflect.Int:
		if n.Type() != ast.IntegerType {
			return n, "a whole number"
		}
	case reflect.String:
		if _, ok := n.(ast.ScalarNode); !ok {
			return n, "one value"
		}
	}
	return nil, ""
}

// misfitIn looks into the settings of a group. Names that it does not have are for the decoder to refuse.
func misfitIn(n ast.Node, t reflect.Type) (at ast.Node, write string) {
	group, ok := n.(ast.MapNode)
	if !ok {
		return n, "its settings below it, indented"
	}
	for each := group.MapRange(); each.Next(); {
		for f := range t.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if name != each.Key().String() || each.Value().Type() == ast.NullType {
				continue
			}
			if at, write := misfit(each.Value(), f.Type); at != nil {
				return at, write
			}
		}
	}
	return nil, ""
}
