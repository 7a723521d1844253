package app

import (
	"strings"
	"testing"
)

// TestSMSCCheck: a service centre that could never be bound to is refused at the start, by the setting's name.
func TestSMSCCheck(t *testing.T) {
	good := SMSC{Address: "smsc.operator.example:2775", SystemID: "simtrust", Source: "+861069"}
	if err := good.check(); err != nil {
		t.Error(err)
	}
	for setting, change := range map[string]func(*SMSC){
		"address":      func(c *SMSC) { c.Address = "smsc.operator.example" },
		"address ":     func(c *SMSC) { c.Address = ":2775" },
		"system_id":    func(c *SMSC) { c.SystemID = "" },
		"system_id ":   func(c *SMSC) { c.SystemID = strings.Repeat("s", 16) },
		"source":       func(c *SMSC) { c.Source = "" },
		"source ":      func(c *SMSC) { c.Source = "1069 0001" },
		"source  ":     func(c *SMSC) { c.Source = strings.Repeat("1", 16) },
		"receipt_ids":  func(c *SMSC) { c.ReceiptIDs = "octal" },
		"card_service": func(c *SMSC) { c.CardService = "CARDS1" },
	} {
		c := good
		change(&c)
		if err := c.check(); err == nil || !strings.HasPrefix(err.Error(), "messaging.smsc."+strings.TrimSpace(setting)) {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

// TestListenSMPP: passwords go over loopback, TLS or a tunnel only.
func TestListenSMPP(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", "[::]:0", ":0", "192.0.2.1:2775", "localhost"} {
		if l, err := listenSMPP(Defaults(), address); err == nil || !strings.HasPrefix(err.Error(), "messaging.smpp.listen: ") {
			t.Errorf("%s: %v", address, err)
			if l != nil {
				_ = l.Close()
			}
		}
	}
	l, err := listenSMPP(Defaults(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := listenSMPP(Defaults(), l.Addr().String()); err == nil || !strings.HasPrefix(err.Error(), "messaging.smpp.listen: ") {
		t.Errorf("an address in use: %v", err)
	}
	free := Defaults()
	free.AnyPort = true
	other, err := listenSMPP(free, l.Addr().String())
	if err != nil || other.Addr().String() == l.Addr().String() {
		t.Fatalf("any port: %v", err)
	}
	_ = other.Close()
}
