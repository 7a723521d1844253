package maap

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"simtrust/messaging/dispatch"
)

const (
	maxAnswer = 1 << 20
	maxPause  = 10 * time.Minute // however long a platform asks for
)

// answer is what a platform said, whatever its status.
type answer struct {
	status int
	after  time.Duration
	body   []byte
}

// call makes one request of a platform. Its errors do not repeat the URL, which may hold a person's number.
func call(ctx context.Context, c *http.Client, method, target string, header http.Header, body []byte) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return answer{}, errTarget
	}
	req.Header = header
	res, err := c.Do(req)
	if err != nil {
		return answer{}, bare(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	seconds, _ := strconv.Atoi(res.Header.Get("Retry-After"))
	return answer{res.StatusCode, min(time.Duration(max(seconds, 0))*time.Second, maxPause), text}, bare(err)
}

var errTarget = errors.New("the platform's URL cannot be asked")

// bare is an error of a request without its URL.
func bare(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// refusal is a request that a platform did not take, for a code of its own where it gave one, and for how long it wants to see no other.
type refusal struct {
	status int
	code   string
	after  time.Duration
}

func (r *refusal) Error() string {
	return "the platform answered " + strconv.Itoa(r.status) + " " + r.code
}

// unsent is why a request was not made.
type unsent struct{ error }

// unanswered says what a request means that has no answer: it did not leave where there was no connection.
func unanswered(err error) dispatch.Outcome {
	if _, ok := errors.AsType[unsent](err); ok {
		return dispatch.Outcome{Answer: dispatch.Throttled}
	}
	if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "dial" {
		return dispatch.Outcome{Answer: dispatch.Throttled}
	}
	return dispatch.Outcome{Answer: dispatch.Lost}
}

// throttles reports whether a question failed since the platform wants to be left alone, and for how long where it says so, or cannot be
// reached, or is too slow.
func throttles(err error) (after time.Duration, ok bool) {
	if r, refused := errors.AsType[*refusal](err); refused {
		return r.after, r.status == http.StatusTooManyRequests || r.status == http.StatusServiceUnavailable
	}
	return 0, errors.Is(err, context.DeadlineExceeded) || unanswered(err).Answer == dispatch.Throttled
}

// outcome says what a status means that has no code of the platform beside it.
func (a answer) outcome() dispatch.Outcome {
	if a.status == http.StatusServiceUnavailable || a.status < http.StatusInternalServerError && a.status != http.StatusOK {
		return dispatch.Outcome{Answer: dispatch.Throttled, After: a.after}
	}
	return dispatch.Outcome{Answer: dispatch.Lost}
}

// maxReason bounds what is kept of a platform's reasons.
const maxReason = 64

// word is a reason as it may be kept and passed on: a word of ASCII.
func word(reason string) string {
	for i, r := range reason {
		if i >= maxReason || r <= ' ' || r > '~' {
			return reason[:i]
		}
	}
	return reason
}
