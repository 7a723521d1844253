package optin

import (
	"time"

	"simtrust"
)

// Renewed says that a chatbot states an opt-in of whoever holds a number now, after the number had another holder. The handset shows it
// with a refusal at one tap.
type Renewed struct {
	Chatbot string            `json:"chatbot"`
	Tenure  simtrust.TenureID `json:"tenure"`
	At      time.Time         `json:"at"`
}

// Refused says that a person refuses a chatbot.
type Refused struct {
	Chatbot string            `json:"chatbot"`
	Tenure  simtrust.TenureID `json:"tenure"`
	At      time.Time         `json:"at"`
}
