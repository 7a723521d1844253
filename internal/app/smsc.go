package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"regexp"
	"time"

	"simtrust/internal/smpp"
	"simtrust/messaging"
	"simtrust/messaging/gsma"
	"simtrust/messaging/sender"
	"simtrust/messaging/smsc"
)

// SMSC is the operator's service centre, spoken to in SMPP 3.4: host:port, the system_id, and the file with the password of up to 8
// characters. Source is the base number that chatbots' addresses begin with. TLS has the session encrypted, and the service centre prove
// its name. ReceiptIDs tells how receipts write ids: decimal where answers have them hexadecimal, hex the reverse; empty: alike.
// CardService is the service_type of card messages, where the operator has one.
type SMSC struct {
	Address      string `yaml:"address,omitempty"`
	SystemID     string `yaml:"system_id,omitempty"`
	PasswordFile string `yaml:"password_file,omitempty"`
	Source       string `yaml:"source,omitempty"`
	TLS          bool   `yaml:"tls,omitempty"`
	ReceiptIDs   string `yaml:"receipt_ids,omitempty"`
	CardService  string `yaml:"card_service,omitempty"`
}

var baseNumber = regexp.MustCompile(`^\+?[0-9]{1,15}$`)

// check refuses what no service centre could be bound to with.
func (c SMSC) check() error {
	host, _, err := net.SplitHostPort(c.Address)
	switch {
	case err != nil || host == "":
		return errors.New("messaging.smsc.address: write HOST:PORT")
	case c.SystemID == "" || len(c.SystemID) > 15:
		return errors.New("messaging.smsc.system_id: 1 to 15 characters")
	case !baseNumber.MatchString(c.Source):
		return errors.New("messaging.smsc.source: the base number of chatbots' addresses, 1 to 15 digits, with a plus sign where it is international")
	case c.ReceiptIDs != string(smsc.SameIDs) && c.ReceiptIDs != string(smsc.DecimalIDs) && c.ReceiptIDs != string(smsc.HexIDs):
		return errors.New("messaging.smsc.receipt_ids: decimal, hex or nothing")
	case len(c.CardService) > 5:
		return errors.New("messaging.smsc.card_service: up to 5 characters")
	}
	return nil
}

// wireSMSC names the service centre as the way of text messages.
func (a *App) wireSMSC(m *modules, x *messages, c SMSC) error {
	if c.Address == "" {
		return nil
	}
	if err := c.check(); err != nil {
		return err
	}
	password, err := readSecret(c.PasswordFile)
	if err != nil {
		return fmt.Errorf("messaging.smsc.password_file: %w", err)
	}
	config := smsc.Config{Address: c.Address, SystemID: c.SystemID, Password: smpp.Secret(password), Source: c.Source,
		IDs: smsc.ReceiptIDs(c.ReceiptIDs), CardService: c.CardService, Key: a.keys.HMAC("messaging text messages from persons")}
	if c.TLS {
		config.Dial = (&tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12}}).DialContext
	}
	x.smsc = smsc.New(smsc.Deps{DB: a.db, Reports: x.dispatch, Inbox: smscInbox{x.Service, x.senders}, Log: a.obs.Log, Now: time.Now}, config)
	m.closers = append(m.closers, x.smsc.Close)
	x.carry("smsc", x.smsc, smsc.Text, smsc.Card)
	return nil
}

// smscInbox takes what comes back as text.
type smscInbox struct {
	*messaging.Service
	senders *sender.Service
}

// Received implements smsc.Inbox.
func (i smscInbox) Received(ctx context.Context, m smsc.Inbound) error {
	bot, err := i.senders.Chatbot(ctx, m.Chatbot)
	if err != nil {
		return err
	}
	return i.Service.Received(ctx, messaging.Inbound{ID: "smsc:" + m.ID, Alike: true, From: m.From, To: bot.ServiceID, Channel: gsma.SMS,
		Part: gsma.Part{ContentType: "text/plain;charset=UTF-8", Data: []byte(m.Text)}})
}
