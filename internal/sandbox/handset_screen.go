package sandbox

import (
	"context"
	"errors"
	"strings"
	"sync"

	"simtrust"
	"simtrust/simshield/softsim"
	"simtrust/simshield/softsim/handset"
)

// Prompt is what a phone asks its person. The pages of a question and the request for the PIN after them are one prompt; after a wrong
// PIN comes another one.
type Prompt struct {
	ID   string `json:"id"`
	Kind string `json:"kind"` // login, document, transaction; registration where an enrolment's one-time code is asked for
	Text string `json:"text"` // of the pages, joined by line breaks
	// VerificationCode is the one beside the request for the PIN.
	VerificationCode string `json:"verification_code,omitempty"`
	Request          string `json:"request"`          // the card's own words for what is to be entered
	Notice           string `json:"notice,omitempty"` // of a wrong PIN

	input  handset.Prompt
	answer chan reply // takes one
}

// kindRegistration is the prompt for the one-time code of an enrolment.
const kindRegistration = "registration"

// reply is what a person does with a prompt.
type reply struct {
	entered string
	answer  handset.Answer
}

// replies are the words for what a person does. One who ignores a prompt counts at once as one who never answered.
var replies = map[string]handset.Answer{"confirm": handset.OK, "cancel": handset.Cancel, "ignore": handset.NoResponse}

var (
	errNoPrompt = errors.New("no such prompt on the screen; GET the screen for what is")
	errReply    = errors.New("action: confirm, cancel or ignore")
	errEntry    = errors.New("pin: the digits that the prompt asks for, as many as a PIN or code has")
)

// screen is the display and the keys of a phone, and so a handset.User: it collects what the card shows into prompts, and holds
// each until somebody answers.
type screen struct {
	question func() (softsim.Question, bool)

	mu      sync.Mutex
	pages   []string
	entered bool   // a PIN, so what is shown next is about it
	notice  string // that
	prompt  *Prompt
	working bool          // a prompt was answered, and what follows is not known yet
	changed chan struct{} // closed at every change of prompt or working
}

func newScreen(question func() (softsim.Question, bool)) *screen {
	return &screen{question: question, changed: make(chan struct{})}
}

// Display implements [handset.User]: a page is kept for the prompt that follows.
func (s *screen) Display(_ context.Context, text string) handset.Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entered {
		s.notice = text
	} else {
		s.pages = append(s.pages, text)
	}
	return handset.OK
}

// Input implements [handset.User]: the person is asked.
func (s *screen) Input(ctx context.Context, input handset.Prompt) (string, handset.Answer) {
	q, _ := s.question()
	p := &Prompt{
		ID: simtrust.NewID("prm"), Kind: q.Kind.String(), VerificationCode: q.VerificationCode, Request: input.Text,
		input: input, answer: make(chan reply, 1),
	}
	if !input.Hidden {
		p.Kind, p.VerificationCode = kindRegistration, ""
	}
	s.show(p)
	s.recheck()
	select {
	case r := <-p.answer:
		return r.entered, r.answer
	case <-ctx.Done():
		return "", handset.NoResponse
	}
}

func (s *screen) show(p *Prompt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.Text, p.Notice = strings.Join(s.pages, "\n"), s.notice
	s.prompt, s.working, s.entered = p, false, p.input.Hidden
	s.change()
}

// change wakes those who wait. It needs the lock.
func (s *screen) change() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// recheck takes a prompt away that the card no longer asks, because the server has taken it back.
func (s *screen) recheck() {
	if _, asking := s.question(); asking {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.prompt != nil {
		s.resolve(reply{answer: handset.NoResponse})
	}
}

// resolve answers the prompt. It needs the lock.
func (s *screen) resolve(r reply) {
	s.prompt.answer <- r
	s.prompt, s.working = nil, true
	s.change()
}

// clear ends a question: what comes next is about another one.
func (s *screen) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages, s.entered, s.notice, s.prompt, s.working = nil, false, "", nil, false
	s.change()
}

// shown is the prompt on the screen; nil: none.
func (s *screen) shown() *Prompt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.prompt
}

// asks reports whether the prompt with this id is on the screen.
func (s *screen) asks(id string) bool {
	p := s.shown()
	return p != nil && p.ID == id
}

// reply answers the prompt with this id, once, and returns when the phone has dealt with it: it asks again, or the card's answer is on
// its way. The errors are errNoPrompt, errReply and errEntry, which change nothing, and ctx's.
func (s *screen) reply(ctx context.Context, id, action, entry string) error {
	answer, known := replies[action]
	if !known {
		return errReply
	}
	if err := s.press(id, reply{entry, answer}); err != nil {
		return err
	}
	return s.await(ctx, func() bool { return !s.working })
}

func (s *screen) press(id string, r reply) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.prompt == nil || s.prompt.ID != id:
		return errNoPrompt
	case r.answer == handset.OK && !s.prompt.input.Accepts(r.entered):
		return errEntry
	}
	s.resolve(r)
	return nil
}

// next waits for a prompt.
func (s *screen) next(ctx context.Context) (*Prompt, error) {
	var p *Prompt
	err := s.await(ctx, func() bool {
		p = s.prompt
		return p != nil
	})
	return p, err
}

// await waits until holds, which is called with the lock.
func (s *screen) await(ctx context.Context, holds func() bool) error {
	for {
		s.mu.Lock()
		changed, done := s.changed, holds()
		s.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
