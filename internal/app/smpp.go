package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"time"

	"simtrust"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/esme"
	"simtrust/messaging/events"
	"simtrust/messaging/gsma"
	"simtrust/messaging/sender"
)

// SMPP is where enterprises that send over SMPP 3.4 are listened to, host:port; on an address other than loopback with the certificate of
// tls, or with behind_tls_proxy, since binds carry passwords.
type SMPP struct {
	Listen string `yaml:"listen,omitempty"`
}

// wireSMPP builds the face for them and opens its socket.
func (a *App) wireSMPP(m *modules, x *messages, c SMPP) error {
	if c.Listen == "" {
		return nil
	}
	l, err := listenSMPP(a.cfg, c.Listen)
	if err != nil {
		return err
	}
	m.closers = append(m.closers, func() { _ = l.Close() })
	known := func(ctx context.Context, chatbot string) error {
		_, err := x.senders.Chatbot(ctx, chatbot)
		return err
	}
	x.esme = esme.New(esme.Deps{DB: a.db, Messages: esmeMessages{x}, Events: esmeEvents{x.events}, Known: known, Log: a.obs.Log, Now: time.Now},
		esme.Config{SystemID: "simtrust", Key: a.keys.HMAC("messaging smpp accounts")})
	x.esmeSocket = l
	m.closers = append(m.closers, x.esme.Close)
	return nil
}

func listenSMPP(cfg Config, addr string) (net.Listener, error) {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return nil, fmt.Errorf("messaging.smpp.listen: %w; write HOST:PORT, such as 127.0.0.1:2775", err)
	}
	if cfg.TLS.Certificate == "" && !cfg.BehindTLSProxy && !loopback(addr) {
		return nil, fmt.Errorf("messaging.smpp.listen: %s is not a loopback address and would carry passwords in clear; set tls.certificate and "+
			"tls.key, or behind_tls_proxy: true if a proxy or a tunnel in front protects it", addr)
	}
	l, err := openPort(cfg, addr, func(addr string) (net.Listener, error) { return net.Listen("tcp", addr) })
	if err != nil {
		return nil, fmt.Errorf("messaging.smpp.listen: %w; choose another address", err)
	}
	return encrypted(l, cfg.TLS)
}

// SMPPAddr is where enterprises that send over SMPP are listened to; empty: nowhere.
func (a *App) SMPPAddr() string {
	if x := a.modules.messages; x != nil && x.esmeSocket != nil {
		return x.esmeSocket.Addr().String()
	}
	return ""
}

// esmeMessages are messages as the SMPP face sends and asks for them.
type esmeMessages struct{ *messages }

// Send implements esme.Messages. The key is for the one repetition here: where it is not known whether the message was accepted, it is
// sent again under the same.
func (x esmeMessages) Send(ctx context.Context, m esme.Message) (esme.Sent, error) {
	bot, err := x.senders.Chatbot(ctx, m.Chatbot)
	if err != nil {
		return esme.Sent{}, denied(err)
	}
	req := messaging.SendReq{Client: bot.Client, Chatbot: m.Chatbot, Key: simtrust.NewID("smpp"), To: []string{m.To.E164()},
		Content: gsma.Content{Text: m.Text}, Class: m.Class, Expires: m.Expires, Steps: esmeSteps(m)}
	sent, err := x.Service.Send(ctx, req)
	if simtrust.KindOf(err) == simtrust.KindUnavailable {
		sent, err = x.Service.Send(ctx, req)
	}
	if err != nil {
		return esme.Sent{}, err
	}
	if to := sent.Recipients[0]; to.Delivery == "" {
		return esme.Sent{}, &simtrust.Error{Kind: simtrust.KindUnprocessable, Reason: to.Reason, Msg: "the person may not be written to"}
	}
	return esme.Sent{Message: sent.Message, Delivery: sent.Recipients[0].Delivery, Expires: sent.Expires}, nil
}

// richPatience is how long a rich message may go undelivered before the text follows it.
const richPatience = time.Minute

func esmeSteps(m esme.Message) []messaging.Step {
	steps := []messaging.Step{{Channel: gsma.SMS}}
	if m.RCS {
		steps = append([]messaging.Step{{Channel: gsma.RCS, After: richPatience}}, steps...)
	}
	return steps
}

// denied is what a chatbot that there is not any more means for its messages.
func denied(err error) error {
	if simtrust.KindOf(err) == simtrust.KindNotFound {
		return &simtrust.Error{Kind: simtrust.KindDenied, Reason: sender.ReasonUnknownBot, Msg: "there is no such chatbot"}
	}
	return err
}

// Revoke implements esme.Messages.
func (x esmeMessages) Revoke(ctx context.Context, chatbot, message, delivery string) (bool, error) {
	bot, err := x.senders.Chatbot(ctx, chatbot)
	if err != nil {
		return false, err
	}
	open, err := x.Service.Revoke(ctx, bot.Client, message, []string{delivery})
	return open > 0, err
}

// Status implements esme.Messages.
func (x esmeMessages) Status(ctx context.Context, delivery string) (dispatch.Status, error) {
	list, err := x.dispatch.Status(ctx, delivery)
	if err == nil && len(list) == 0 {
		err = &simtrust.Error{Kind: simtrust.KindNotFound, Reason: messaging.ReasonMessage, Msg: "there is no such delivery"}
	}
	if err != nil {
		return dispatch.Status{}, err
	}
	return list[0], nil
}

// Number implements esme.Messages.
func (x esmeMessages) Number(ctx context.Context, delivery string) (simtrust.Number, error) {
	st, err := x.Status(ctx, delivery)
	if err != nil {
		return simtrust.Number{}, err
	}
	return x.holders.Number(ctx, st.Tenure)
}

// Talker implements esme.Messages.
func (x esmeMessages) Talker(ctx context.Context, chatbot, conversation string) (simtrust.Number, error) {
	tenure, err := x.Service.Talker(ctx, chatbot, conversation)
	if err != nil || tenure == "" {
		return simtrust.Number{}, err
	}
	return x.holders.Number(ctx, tenure)
}

// esmeEvents are events as the SMPP face tells them.
type esmeEvents struct{ *events.Service }

// After implements esme.Events.
func (l esmeEvents) After(ctx context.Context, chatbot string, seq int64, limit int) ([]esme.Event, error) {
	list, err := l.Service.After(ctx, chatbot, seq, limit)
	out := make([]esme.Event, len(list))
	for i, e := range list {
		if out[i], err = esmeEvent(e); err != nil {
			return nil, err
		}
	}
	return out, err
}

func esmeEvent(e events.Entry) (esme.Event, error) {
	out := esme.Event{Seq: e.Seq, At: e.At}
	switch {
	case strings.HasPrefix(e.Type, messaging.EventDelivery):
		var d messaging.DeliveryEvent
		err := json.Unmarshal(e.Data, &d)
		out.Delivery, out.State = d.Delivery, d.State
		return out, err
	case e.Type == messaging.EventReply:
		var r messaging.ReplyEvent
		err := json.Unmarshal(e.Data, &r)
		out.Conversation, out.Text = r.Conversation, r.Words()
		return out, err
	}
	return out, nil
}
