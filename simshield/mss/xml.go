package mss

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Namespaces.
const (
	// Namespace is that of TS 102 204.
	Namespace      = "http://uri.etsi.org/TS102204/v1.1.2#"
	namespaceSOAP  = "http://www.w3.org/2003/05/soap-envelope"
	namespaceFiCom = "http://mss.ficom.fi/TS102204/v1.0.0#"
)

// Bounds of an XML document.
const (
	maxDepth    = 12
	maxElements = 200
)

// element is an element of a document without mixed content.
type element struct {
	name       xml.Name
	attributes []xml.Attr
	children   []*element
	text       string
}

var errXML = errors.New("mss: not such a document")

// readXML reads a document: UTF-8, no DTD, no entities but the five, no processing instructions, no comments, no mixed content.
func readXML(document []byte) (*element, error) {
	d := xml.NewDecoder(bytes.NewReader(document))
	r := xmlReader{root: &element{}}
	r.open = []*element{r.root}
	for first := true; ; first = false {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if p, ok := token.(xml.ProcInst); ok && first && p.Target == "xml" {
			continue
		}
		if err := r.take(token); err != nil {
			return nil, err
		}
	}
	if len(r.open) != 1 || len(r.root.children) != 1 || r.root.text != "" {
		return nil, errXML
	}
	return r.root.children[0], nil
}

// xmlReader builds a tree.
type xmlReader struct {
	root     *element
	open     []*element
	elements int
}

func (r *xmlReader) take(token xml.Token) error {
	top := r.open[len(r.open)-1]
	switch t := token.(type) {
	case xml.StartElement:
		if r.elements++; r.elements > maxElements || len(r.open) > maxDepth {
			return errXML
		}
		e := &element{name: t.Name, attributes: t.Copy().Attr}
		top.children = append(top.children, e)
		r.open = append(r.open, e)
	case xml.EndElement:
		if len(top.children) > 0 && strings.TrimSpace(top.text) != "" {
			return errXML
		}
		r.open = r.open[:len(r.open)-1]
	case xml.CharData:
		if len(r.open) == 1 && strings.TrimSpace(string(t)) == "" {
			return nil
		}
		top.text += string(t)
	default: // comments, directives, processing instructions
		return errXML
	}
	return nil
}

// json writes the element as the member values of the same message in JSON: attributes and children by name, the text of an element that has
// attributes as Data, additional services as a list.
func (e *element) json(enc *jsontext.Encoder) error {
	attributes, err := e.plainAttributes()
	switch {
	case err != nil:
		return err
	case e.name.Space != Namespace && e.name.Space != namespaceFiCom:
		return errXML
	case len(attributes) == 0 && len(e.children) == 0:
		return enc.WriteToken(jsontext.String(e.text))
	case e.name.Local == "AdditionalServices":
		return e.list(enc)
	}
	if err := enc.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, a := range attributes {
		if err := errors.Join(enc.WriteToken(jsontext.String(a.Name.Local)), enc.WriteToken(jsontext.String(a.Value))); err != nil {
			return err
		}
	}
	if len(e.children) == 0 && e.text != "" {
		if err := errors.Join(enc.WriteToken(jsontext.String("Data")), enc.WriteToken(jsontext.String(e.text))); err != nil {
			return err
		}
	}
	for _, c := range e.children {
		if err := enc.WriteToken(jsontext.String(c.name.Local)); err != nil {
			return err
		}
		if err := c.json(enc); err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndObject)
}

func (e *element) list(enc *jsontext.Encoder) error {
	if err := enc.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	for _, c := range e.children {
		if c.name.Local != "Service" {
			return errXML
		}
		if err := c.json(enc); err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndArray)
}

// plainAttributes are those that are no declarations of namespaces.
func (e *element) plainAttributes() (plain []xml.Attr, err error) {
	for _, a := range e.attributes {
		switch {
		case a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns":
		case a.Name.Space != "":
			return nil, errXML
		default:
			plain = append(plain, a)
		}
	}
	return plain, nil
}
