package sandbox

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// replyTime is how long a request waits for what the phone does with an answer.
const replyTime = 30 * time.Second

// screenWire is the screen of a phone; a null prompt: it asks nothing.
type screenWire struct {
	Prompt *Prompt `json:"prompt"`
}

type replyWire struct {
	ID     string `json:"id"`
	Action string `json:"action"`
	PIN    string `json:"pin"`
}

// deviceWire changes what a phone can do; an absent member leaves it as it is.
type deviceWire struct {
	RCS    *bool `json:"rcs"`
	Online *bool `json:"online"`
}

// mountHandsets mounts all that the phones' address answers.
func (o *operator) mountHandsets(mux *http.ServeMux, bearerToken string) {
	mux.HandleFunc("POST /sms", withToken(bearerToken, o.handsets.serveSMS))
	o.handsetRoutes(mux)
	o.phoneRoutes(mux)
}

// handsetRoutes mounts the phones' interface for programs:
//
//	GET  /subscribers/{number}/screen | card
//	POST /subscribers/{number}/answer | device
func (o *operator) handsetRoutes(mux *http.ServeMux) {
	h := o.handsets
	mux.HandleFunc("GET /subscribers/{number}/screen", func(w http.ResponseWriter, r *http.Request) {
		p, err := h.prompt(r.PathValue("number"))
		answer(w, screenWire{p}, err)
	})
	mux.HandleFunc("GET /subscribers/{number}/card", func(w http.ResponseWriter, r *http.Request) {
		facts, err := h.card(r.PathValue("number"))
		answer(w, facts, err)
	})
	mux.HandleFunc("POST /subscribers/{number}/answer", func(w http.ResponseWriter, r *http.Request) {
		var in replyWire
		if err := read(w, r, &in, `{"id":"…","action":"confirm|cancel|ignore","pin":"…"}`); err != nil {
			answer(w, nil, err)
			return
		}
		p, err := h.answered(r.Context(), r.PathValue("number"), in)
		answer(w, screenWire{p}, err)
	})
	mux.HandleFunc("POST /subscribers/{number}/device", func(w http.ResponseWriter, r *http.Request) {
		var in deviceWire
		if err := read(w, r, &in, `{"rcs":true,"online":true}`); err != nil {
			answer(w, nil, err)
			return
		}
		now, err := o.setDevice(r.PathValue("number"), in)
		answer(w, now, err)
	})
}

// answered answers a prompt and returns the next one, if the phone asks again.
func (h *handsets) answered(ctx context.Context, number string, in replyWire) (*Prompt, error) {
	ctx, cancel := context.WithTimeout(ctx, replyTime)
	defer cancel()
	if err := h.reply(ctx, number, in.ID, in.Action, in.PIN); err != nil {
		return nil, err
	}
	return h.prompt(number)
}

// setDevice changes what a number's phone can do. A phone that is switched off is absent at once.
func (o *operator) setDevice(number string, in deviceWire) (device, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.world.subscriber(number)
	if s == nil {
		return device{}, errNoNumber
	}
	if in.RCS != nil {
		s.NoRCS = !*in.RCS
	}
	if in.Online != nil {
		s.Offline = !*in.Online
	}
	return s.device(), o.keep()
}

// keep saves the world and has the phones follow it.
func (o *operator) keep() error {
	err := errors.Join(o.world.save(), o.handsets.follow(o.world.Subscribers))
	o.exchange.mail.stir()
	return err
}

// maxBody is far more than any request has.
const maxBody = 64 << 10

// read reads a body that must be JSON of a shape.
func read(w http.ResponseWriter, r *http.Request, into any, shape string) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return errors.New("the body must be JSON such as " + shape)
	}
	return nil
}

// smsWire is a message to a card: SMS-DELIVERs in hexadecimal, in order.
type smsWire struct {
	ID    string   `json:"id"`
	IMSI  string   `json:"imsi"`
	TPDUs []string `json:"tpdus"`
}

type deliveryWire struct {
	State  string `json:"state"`
	Report string `json:"report,omitempty"` // SMS-DELIVER-REPORT in hexadecimal
}

// serveSMS is the operator's short message gateway, as the server calls it (POST /sms). 503 says that the message is to be brought
// again: the card is asking something else.
func (h *handsets) serveSMS(w http.ResponseWriter, r *http.Request) {
	var in smsWire
	err := read(w, r, &in, `{"id":"…","imsi":"…","tpdus":["…"]}`)
	tpdus, hexErr := octetsOf(in.TPDUs)
	if err := errors.Join(err, hexErr); err != nil {
		answer(w, nil, err)
		return
	}
	state, report, err := h.deliver(in.ID, in.IMSI, tpdus)
	answer(w, deliveryWire{state, hex.EncodeToString(report)}, err)
}

func octetsOf(tpdus []string) ([][]byte, error) {
	if len(tpdus) == 0 {
		return nil, errors.New("tpdus: at least one")
	}
	out := make([][]byte, len(tpdus))
	for i, t := range tpdus {
		var err error
		if out[i], err = hex.DecodeString(t); err != nil {
			return nil, errors.New("tpdus: hexadecimal")
		}
	}
	return out, nil
}
