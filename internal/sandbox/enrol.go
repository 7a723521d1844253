package sandbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
)

// kinds are the keys that every subscriber of a new world has in the applets of the bank and of the identity provider.
var kinds = []string{"login", "document", "transaction"}

// enrolled is for how many subscribers of a new world that is done: a world of thousands is for load, and would take minutes.
const enrolled = 100

const (
	enrolTime     = 2 * time.Minute // for all
	enrolSave     = time.Second     // a kill undoes no more than that: it is done again
	enrolPoll     = 100 * time.Millisecond
	enrolAgain    = time.Second
	enrolParallel = 16
	scopeParty    = "simshield:register simshield:confirm"
)

type registration struct {
	PhoneNumber string   `json:"phone_number"`
	Application string   `json:"application"`
	Kinds       []string `json:"kinds"`
	Algorithm   string   `json:"algorithm"`
	Identified  string   `json:"identified"`
	Subject     subject  `json:"subject"`
	NationalID  string   `json:"national_identity_number"`
}

type subject struct {
	Country    string `json:"country"`
	GivenName  string `json:"given_name,omitempty"`
	Surname    string `json:"surname,omitempty"`
	CommonName string `json:"common_name"`
}

type registrationID struct {
	ID string `path:"id" json:"-"`
}

type registered struct {
	ID           string            `json:"id"`
	State        string            `json:"state"`
	Cause        string            `json:"cause"`
	Code         string            `json:"code"`
	Expires      time.Time         `json:"expires"`
	Certificates map[string]string `json:"certificates"`
}

// counter is the bank's counter: it knows who stands before it, and registers their card.
type counter struct {
	register func(context.Context, registration) (registered, error)
	status   func(context.Context, registrationID) (registered, error)
}

// enrol has keys made in the cards of a new world and certified, through the server's own interfaces: the bank registers each person as
// at its counter, and the person enters code and PIN on the phone. What is done already stays.
func (s *Sandbox) enrol(ctx context.Context, issuer string) error {
	o := s.operator
	o.mu.Lock()
	defer o.mu.Unlock()
	var waiting []*Subscriber
	for _, sub := range o.world.Subscribers {
		if len(sub.Unenrolled) > 0 {
			waiting = append(waiting, sub)
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, enrolTime)
	defer cancel()
	c, err := newCounter(ctx, issuer, o.world.client("bank"), o.now())
	if err != nil {
		return err
	}
	var saving sync.Mutex
	saved := o.now()
	err = each(waiting, enrolParallel, func(_ int, sub *Subscriber) error {
		if err := c.enrol(ctx, sub, o.handsets.phone(sub.SIM)); err != nil {
			return err
		}
		saving.Lock()
		defer saving.Unlock()
		sub.Unenrolled = nil
		if o.now().Sub(saved) < enrolSave {
			return nil
		}
		saved = o.now()
		return o.world.save()
	})
	return errors.Join(err, o.world.save())
}

func newCounter(ctx context.Context, issuer string, bank Client, now time.Time) (*counter, error) {
	token, err := bank.token(ctx, issuer, scopeParty, now)
	if err != nil {
		return nil, fmt.Errorf("sandbox: a token for the bank: %w", err)
	}
	server := rpc.NewClient(issuer, manyAtOnce, token)
	return &counter{
		register: rpc.Call[registration, registered](server, "POST /simshield/v1/registrations"),
		status:   rpc.Call[registrationID, registered](server, "GET /simshield/v1/registrations/{id}"),
	}, nil
}

// enrol makes the keys of one subscriber, applet by applet.
func (c *counter) enrol(ctx context.Context, s *Subscriber, p *phone) error {
	for _, applet := range s.Unenrolled {
		if err := c.enrolApplet(ctx, s, p, applet); err != nil {
			return err
		}
	}
	return nil
}

// enrolApplet registers until a registration is done. One that an earlier run left open has a code that nobody knows any more: the
// person refuses it, which ends it.
func (c *counter) enrolApplet(ctx context.Context, s *Subscriber, p *phone, applet string) error {
	for {
		r, err := c.register(ctx, registration{
			PhoneNumber: s.Number, Application: applet, Kinds: kinds, Algorithm: "P-256", Identified: "counter",
			Subject: s.subject(applet), NationalID: s.NationalID,
		})
		switch {
		case simtrust.ReasonOf(err) == "registration_open":
			if err := c.refuse(ctx, p); err != nil {
				return err
			}
			continue
		case passing(err):
			if err := pause(ctx, enrolAgain); err != nil {
				return err
			}
			continue
		case err != nil:
			return fmt.Errorf("sandbox: registration: %w", err)
		}
		if err := c.attend(ctx, s, p, r); !errors.Is(err, errStalled) {
			return err
		}
	}
}

// errStalled: the server took a phone for absent that is on. The process stood still for longer than the phone may take to answer.
var errStalled = errors.New("sandbox: the phone was not heard in time")

// attend stands by while the person enters what is asked.
func (c *counter) attend(ctx context.Context, s *Subscriber, p *phone, r registered) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go p.serve(ctx, func(q *Prompt) (action, entry string) {
		switch q.Kind {
		case kindRegistration:
			return "confirm", r.Code
		case "login":
			return "confirm", s.LoginPIN
		default:
			return "confirm", s.SigningPIN
		}
	})
	for {
		now, err := c.status(ctx, registrationID{r.ID})
		switch {
		case passing(err):
		case err != nil:
			return fmt.Errorf("sandbox: registration: %w", err)
		case now.State == "done":
			return nil
		case now.State == "failed" && now.Cause == "phone_absent":
			return errStalled
		case now.State != "open":
			return fmt.Errorf("sandbox: a registration is %s: %s", now.State, now.Cause)
		}
		if err := pause(ctx, enrolPoll); err != nil {
			return err
		}
	}
}

// passing says that the same request may be answered otherwise in a moment: the store was away or crowded, or the card was asked too often,
// by worlds that were killed while they enrolled it.
func passing(err error) bool {
	kind := simtrust.KindOf(err)
	return kind == simtrust.KindUnavailable || kind == simtrust.KindLimited
}

// refuse refuses what comes onto the screen for a moment.
func (c *counter) refuse(ctx context.Context, p *phone) error {
	brief, cancel := context.WithTimeout(ctx, 10*enrolPoll)
	defer cancel()
	p.serve(brief, func(*Prompt) (action, entry string) { return "cancel", "" })
	return ctx.Err()
}

// serve answers every prompt as the person does, until ctx ends.
func (s *screen) serve(ctx context.Context, person func(*Prompt) (action, entry string)) {
	for {
		p, err := s.next(ctx)
		if err != nil {
			return
		}
		action, entry := person(p)
		_ = s.reply(ctx, p.ID, action, entry) // one that is gone needs no answer
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// subject is the person's name, as the applet's certificates have it.
func (s *Subscriber) subject(applet string) subject {
	named := subject{Country: "CN", CommonName: s.Surname + s.GivenName}
	if applet == "eid" {
		named.Surname, named.GivenName = s.Surname, s.GivenName
	}
	return named
}
