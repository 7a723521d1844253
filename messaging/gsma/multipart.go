package gsma

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"strconv"
	"strings"
)

// maxParts is the most bodies that one message has.
const maxParts = 4

// Join writes the bodies of one message as multipart/mixed (RFC 2046 §5.1.3), each with its length, as service providers have it.
func Join(parts ...Part) (Part, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary(boundary(parts)); err != nil {
		return Part{}, err
	}
	for _, p := range parts {
		head := textproto.MIMEHeader{"Content-Type": {p.ContentType}, "Content-Length": {strconv.Itoa(len(p.Data))}}
		body, err := w.CreatePart(head)
		if err != nil {
			return Part{}, err
		}
		if _, err := body.Write(p.Data); err != nil {
			return Part{}, err
		}
	}
	err := w.Close()
	return Part{mime.FormatMediaType(TypeMixed, map[string]string{"boundary": w.Boundary()}), b.Bytes()}, err
}

// boundary is the one of the guides, or where a part could hold that, a digest of all parts, which none of them can hold.
func boundary(parts []Part) string {
	const usual = "next"
	h, free := sha256.New(), true
	for _, p := range parts {
		free = free && !bytes.Contains(p.Data, []byte("--"+usual))
		h.Write(p.Data)
	}
	if free {
		return usual
	}
	return hex.EncodeToString(h.Sum(nil))
}

func split(data []byte, boundary string) (parts []Part, err error) {
	if boundary == "" {
		return nil, &FormatError{Why: "is multipart without a boundary"}
	}
	r := multipart.NewReader(bytes.NewReader(data), boundary)
	for {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return parts, nil
		}
		if err != nil {
			return nil, &FormatError{Why: "is not multipart/mixed"}
		}
		if len(parts) == maxParts {
			return nil, &LimitError{Channel: RCS, Limit: maxParts, Got: maxParts + 1, Unit: Items}
		}
		one, err := readPart(p)
		if err != nil {
			return nil, err
		}
		parts = append(parts, one)
	}
}

// readPart reads a part as it is, or from base64; other encodings are refused. One without a type is text (RFC 2046 §5.1).
func readPart(p *multipart.Part) (Part, error) {
	var body io.Reader = p
	switch strings.ToLower(p.Header.Get("Content-Transfer-Encoding")) {
	case "", "7bit", "8bit", "binary":
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, p)
	default:
		return Part{}, &FormatError{Why: "has a part in an unknown transfer encoding"}
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return Part{}, &FormatError{Why: "is not multipart/mixed"}
	}
	return Part{cmp.Or(p.Header.Get("Content-Type"), TypeText), data}, nil
}
