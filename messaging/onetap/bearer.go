package onetap

import (
	"bytes"
	"context"

	"simtrust/messaging/dispatch"
)

// Bearer gives every copy that another one carries the links of its recipient.
type Bearer struct {
	dispatch.Bearer
	links *Service
}

// Personal returns a bearer that hands copies over to b with the links of their recipients in them.
func (s *Service) Personal(b dispatch.Bearer) Bearer { return Bearer{b, s} }

// Submit implements dispatch.Bearer.
func (b Bearer) Submit(ctx context.Context, list []dispatch.Submission) []dispatch.Outcome {
	own := make([]dispatch.Submission, len(list))
	for i, s := range list {
		s.Payload = b.links.personal(s)
		own[i] = s
	}
	return b.Bearer.Submit(ctx, own)
}

// personal is a payload with the recipient's links for the marks of its message. The payload itself is everybody's and stays as it is.
func (s *Service) personal(c dispatch.Submission) []byte {
	prefix := []byte(s.base)
	var out []byte
	rest := c.Payload
	for {
		at := bytes.Index(rest, prefix)
		if at < 0 || at+len(prefix)+tokenLength > len(rest) {
			break
		}
		end := at + len(prefix) + tokenLength
		place, ok := s.codec.marked(c.Message, string(rest[at+len(prefix):end]))
		if !ok {
			end = at + len(prefix)
			out, rest = append(out, rest[:end]...), rest[end:]
			continue
		}
		out = append(out, rest[:at+len(prefix)]...)
		out, rest = append(out, s.codec.token(link{c.Delivery, place})...), rest[end:]
	}
	if out == nil {
		return c.Payload
	}
	return append(out, rest...)
}
