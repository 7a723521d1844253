package smpp_test

import (
	"net/netip"

	"simtrust/internal/smpp"
	"simtrust/internal/sms"
)

var template = smpp.Message{
	Source:      sms.Address{Type: sms.Alphanumeric, Value: "Bank"},
	Destination: sms.Address{Type: sms.International, Plan: sms.E164, Value: "8613800138000"},
	Registered:  smpp.RegisteredFinal,
}

func addrPort(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }
