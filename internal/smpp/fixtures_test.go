package smpp_test

import (
	"simtrust/internal/smpp"
	"simtrust/internal/sms"
)

var template = smpp.Message{
	Source:      sms.Address{Type: sms.Alphanumeric, Value: "Bank"},
	Destination: sms.Address{Type: sms.International, Plan: sms.E164, Value: "8613800138000"},
	Registered:  smpp.RegisteredFinal,
}

var message = func() smpp.Message {
	all, err := template.Split("The quick brown fox jumps over the lazy dog, and then again over the fence.", smpp.CarryHeader, 1)
	if err != nil {
		panic(err)
	}
	return all[0]
}()
