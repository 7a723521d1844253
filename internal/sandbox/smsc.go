package sandbox

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"simtrust/internal/smpp"
	"simtrust/internal/sms"
	"simtrust/messaging/gsma"
)

// ServiceCentre is where the operator's service centre for text messages listens, and the account of the server there.
type ServiceCentre struct {
	Listener                         net.Listener
	SystemID, Password, PasswordFile string
}

// ListenSMSC opens the address of the service centre: that of the last run on the folder, where it is free. The server has to know it
// before it starts.
func ListenSMSC(dir string) (s ServiceCentre, err error) {
	s = ServiceCentre{SystemID: "simtrust", PasswordFile: filepath.Join(dir, "smsc.password")}
	password, err := os.ReadFile(s.PasswordFile)
	if errors.Is(err, os.ErrNotExist) {
		password = []byte(octets(maxSMPPPassword / 2))
		err = replaceFile(s.PasswordFile, password)
	}
	if err != nil {
		return s, err
	}
	s.Password = string(password)
	s.Listener, err = listenAgain(filepath.Join(dir, "smsc"), 2776)
	return s, err
}

// CardService is the service_type of texts that phones show as cards.
const CardService = "CARD"

// maxSMPPPassword is what a bind has room for (SMPP 3.4 §5.2.2).
const maxSMPPPassword = 8

// smsKept is how long a text message waits for its phone if its sender does not say.
const smsKept = 24 * time.Hour

// smsc is the operator's service centre. Every segment of a long message is a message to it; the phones put them together.
type smsc struct {
	mail   *mail
	server *smpp.Server
}

func newSMSC(m *mail, c ServiceCentre) *smsc {
	s := &smsc{mail: m}
	s.server = smpp.NewServer(smpp.Accounts{c.SystemID: smpp.Secret(c.Password)}, s, smpp.ServerConfig{SystemID: "sandbox"})
	return s
}

// Handle implements [smpp.Handler].
func (s *smsc) Handle(_ context.Context, from *smpp.Session, request smpp.PDU) (smpp.PDU, error) {
	switch r := request.(type) {
	case *smpp.SubmitSM:
		return s.submit(from.SystemID(), &r.Message)
	case *smpp.QuerySM:
		return s.query(from.SystemID(), r)
	case *smpp.CancelSM:
		return nil, s.cancel(from.SystemID(), r)
	default:
		return nil, smpp.StatusInvalidCommand
	}
}

func (s *smsc) submit(system string, m *smpp.Message) (smpp.PDU, error) {
	msg, err := s.read(system, m)
	if err != nil {
		return nil, err
	}
	taken, err := s.mail.take([]*message{msg})
	switch {
	case err != nil:
		return nil, err
	case taken[0].State == "unreachable":
		return nil, smpp.StatusInvalidDestination
	case taken[0].State != mailAccepted:
		return nil, smpp.StatusInvalidExpiry
	}
	res := &smpp.SubmitSMResp{}
	res.MessageID = msg.Key
	return res, nil
}

// read says what a phone will show.
func (s *smsc) read(system string, m *smpp.Message) (*message, error) {
	text, err := m.Text()
	if err != nil {
		return nil, smpp.StatusSubmitFailed
	}
	part, err := partOf(m)
	if err != nil {
		return nil, smpp.StatusSubmitFailed
	}
	expires := s.mail.now().Add(smsKept)
	if m.Validity != "" {
		if expires, err = m.Validity.At(s.mail.now()); err != nil {
			return nil, smpp.StatusInvalidExpiry
		}
	}
	channel := gsma.SMS
	if m.ServiceType == CardService {
		channel = gsma.CardSMS
	}
	return &message{Key: octets(8), Number: numberOf(m.Destination), Channel: string(channel), Sender: shownAddress(m.Source), ContentType: gsma.TypeText,
		Body: text, Expires: expires, SMS: &smsFacts{system, m.Source, m.Destination, m.Registered, part}}, nil
}

// partOf says which segment of a long message this is, by its header or its SAR parameters; nil: it is whole.
func partOf(m *smpp.Message) (*smsPart, error) {
	data, err := m.Content()
	if err != nil {
		return nil, err
	}
	c, long, err := data.Header.Concatenation()
	if err != nil || long {
		return &smsPart{c.Reference, int(c.Total), int(c.Number)}, err
	}
	reference, ok := m.Options.Uint16(smpp.TagSARMsgRefNum)
	total, ok2 := m.Options.Uint8(smpp.TagSARTotalSegments)
	number, ok3 := m.Options.Uint8(smpp.TagSARSegmentSeqnum)
	if !ok || !ok2 || !ok3 || total < 2 || number < 1 || number > total {
		return nil, nil
	}
	return &smsPart{reference, int(total), int(number)}, nil
}

// numberOf is the number that an address means here, where what is not international has its country left out.
func numberOf(a sms.Address) string {
	digits := strings.TrimPrefix(a.Value, "+")
	if a.Type == sms.National {
		digits = "86" + digits
	}
	return "+" + digits
}

// shownAddress is a sender as a phone shows it.
func shownAddress(a sms.Address) string {
	if a.Type == sms.International {
		return "+" + strings.TrimPrefix(a.Value, "+")
	}
	return a.Value
}

var smsStates = map[string]smpp.State{mailAccepted: smpp.StateEnroute, mailDelivered: smpp.StateDelivered, mailDisplayed: smpp.StateDelivered,
	mailFailed: smpp.StateUndeliverable, mailExpired: smpp.StateExpired, mailRevoked: smpp.StateDeleted}

func (s *smsc) query(system string, q *smpp.QuerySM) (smpp.PDU, error) {
	msg, ok := s.mail.lookUp(q.MessageID)
	if !ok || msg.SMS == nil || msg.SMS.System != system {
		return nil, smpp.StatusQueryFailed
	}
	res := &smpp.QuerySMResp{MessageID: q.MessageID, State: smsStates[msg.State]}
	if res.State.Final() {
		res.FinalDate = smpp.AbsoluteTime(msg.At)
	}
	return res, nil
}

func (s *smsc) cancel(system string, c *smpp.CancelSM) error {
	msg, ok := s.mail.lookUp(c.MessageID)
	if !ok || msg.SMS == nil || msg.SMS.System != system {
		return smpp.StatusCancelFailed
	}
	done, err := s.mail.revoke([]string{c.MessageID})
	switch {
	case err != nil:
		return err
	case done[0].State != mailRevoked:
		return smpp.StatusCancelFailed
	}
	return nil
}

func (s *smsc) reporter() *reporter {
	return &reporter{mail: s.mail, mine: func(m *message) bool { return m.SMS != nil }, tell: s.tell}
}

// tell sends receipts. One that the other side refuses for good is not sent again.
func (s *smsc) tell(ctx context.Context, list []news) (known []news, err error) {
	for _, n := range list {
		failed := s.server.Deliver(ctx, n.SMS.System, n.receipt())
		if failed == nil || errors.Is(failed, smpp.StatusReceiverPermanentFailure) || errors.Is(failed, smpp.StatusReceiverRejects) {
			known = append(known, n)
			continue
		}
		err = failed
	}
	return known, err
}

func (n *news) receipt() *smpp.DeliverSM {
	r := smpp.Receipt{ID: n.Key, TextID: n.Key, Submitted: 1, Sent: n.Taken, Done: n.now.At, State: smsStates[n.now.State]}
	r.Word = r.State.String()
	if r.State == smpp.StateDelivered {
		r.Delivered = 1
	}
	return r.For(&smpp.Message{Source: n.SMS.Source, Destination: n.SMS.Destination})
}

// write sends a person's text to where a message came from.
func (s *smsc) write(ctx context.Context, from string, to *message, text string) error {
	m := smpp.Message{Source: sms.Address{Type: sms.International, Plan: sms.E164, Value: strings.TrimPrefix(from, "+")}, Destination: to.SMS.Source}
	parts, err := m.Split(text, smpp.CarryWideHeader, uint16(rand.Uint32()))
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err := s.server.Deliver(ctx, to.SMS.System, &smpp.DeliverSM{Message: part}); err != nil {
			return errUnanswered
		}
	}
	return nil
}
