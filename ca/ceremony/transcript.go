package ceremony

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// A transcript is a text that only grows. Each line is the instant, what happened, and the SHA-256 of the line before it and
// this one, in hexadecimal: a line cannot be changed or taken out without changing all after it, and the last digest, noted
// elsewhere, proves the whole.
type transcript struct {
	file *os.File
	last string
	now  func() time.Time
}

const chainMark = " #"

// transcript opens the text, after it has verified it. What a crash left of a line that was being written goes.
func (s store) transcript(now func() time.Time, contains string) (*transcript, error) {
	last, whole, err := s.verifyTranscript(contains)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(s.path(transcriptFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, failed("cannot open the transcript", err)
	}
	if err := errors.Join(f.Truncate(whole), syncDir(s.dir)); err != nil {
		return nil, failed("cannot open the transcript", errors.Join(err, f.Close()))
	}
	return &transcript{file: f, last: last, now: now}, nil
}

// add writes one line, durable when add returns.
func (t *transcript) add(format string, args ...any) error {
	text := t.now().UTC().Format(time.RFC3339) + " " + fmt.Sprintf(format, args...)
	link := chained(t.last, text)
	if _, err := t.file.WriteString(text + chainMark + link + "\n"); err != nil {
		return failed("cannot write the transcript", err)
	}
	t.last = link
	if err := t.file.Sync(); err != nil {
		return failed("cannot write the transcript", err)
	}
	return nil
}

func (t *transcript) close() error { return t.file.Close() }

func chained(last, text string) string {
	sum := sha256.Sum256([]byte(last + text))
	return hex.EncodeToString(sum[:])
}

// VerifyTranscript reads the transcript of a hierarchy through, up to the line the hierarchy was written after and beyond, and
// returns the digest of its last line. A line that was changed, added or taken out is internal, with [ReasonTranscript].
func VerifyTranscript(dir string) (last string, err error) {
	s := store{dir}
	m, err := s.manifest()
	if err != nil {
		return "", err
	}
	last, _, err = s.verifyTranscript(m.Transcript)
	return last, err
}

// verifyTranscript returns the last digest and the length of the whole lines.
func (s store) verifyTranscript(contains string) (last string, whole int64, err error) {
	data, err := os.ReadFile(s.path(transcriptFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", 0, failed("cannot read the transcript", err)
	}
	text, found := string(data), contains == ""
	for n := 1; ; n++ {
		line, _, ok := strings.Cut(text[whole:], "\n")
		if !ok {
			break
		}
		said, link, ok := cutLast(line, chainMark)
		if !ok || chained(last, said) != link {
			return "", 0, broken(ReasonTranscript, fmt.Sprintf("line %d of the transcript is not the one that was written: restore it", n), nil)
		}
		last, whole, found = link, whole+int64(len(line))+1, found || link == contains
	}
	if !found {
		return "", 0, broken(ReasonTranscript, "the transcript ends before the hierarchy was written: restore it", nil)
	}
	return last, whole, nil
}

func cutLast(s, mark string) (before, after string, ok bool) {
	i := strings.LastIndex(s, mark)
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+len(mark):], true
}
