package simtrust

import "time"

// Every holder fact has two instants: Effective, when it took place, and Recorded, when this system learned of it. Feeds lag.

// TenureOpened says that a holder took a number.
type TenureOpened struct {
	Tenure    TenureID  `json:"tenure"`
	Seq       int64     `json:"seq"`
	Effective time.Time `json:"effective"`
	Recorded  time.Time `json:"recorded"`
}

// TenureEnded says that a holding ended: nothing attached to the tenure may be used again.
type TenureEnded struct {
	Tenure    TenureID  `json:"tenure"`
	Seq       int64     `json:"seq"`
	Cause     string    `json:"cause"`
	Effective time.Time `json:"effective"`
	Recorded  time.Time `json:"recorded"`
}

// SIMChanged says that the tenure's primary SIM was replaced.
type SIMChanged struct {
	Tenure    TenureID  `json:"tenure"`
	Seq       int64     `json:"seq"`
	Effective time.Time `json:"effective"`
	Recorded  time.Time `json:"recorded"`
}

// DeviceChanged says that the SIM moved into another phone.
type DeviceChanged struct {
	Tenure    TenureID  `json:"tenure"`
	Seq       int64     `json:"seq"`
	Effective time.Time `json:"effective"`
	Recorded  time.Time `json:"recorded"`
}
