package dispatch

import (
	"encoding/json"
	"fmt"
	"time"
)

// wireLeg is a leg as it is stored.
type wireLeg struct {
	Channel Channel `json:"c"`
	When    When    `json:"w,omitempty"`
	After   int64   `json:"a,omitempty"` // milliseconds
}

// routeText is a plan's steps without their content, as they are stored.
func routeText(steps []Step) (string, error) {
	legs := make([]wireLeg, len(steps))
	for i, s := range steps {
		legs[i] = wireLeg{s.Channel, s.When, s.After.Milliseconds()}
	}
	text, err := json.Marshal(legs)
	return string(text), err
}

func parseRoute(class Class, text string) (*route, error) {
	var legs []wireLeg
	if err := json.Unmarshal([]byte(text), &legs); err != nil || len(legs) == 0 {
		return nil, fmt.Errorf("a message's route: %w", err)
	}
	r := &route{urgent: class.Urgent(), steps: make([]leg, len(legs))}
	for i, l := range legs {
		r.steps[i] = leg{l.Channel, l.When, time.Duration(l.After) * time.Millisecond}
	}
	return r, nil
}

// routes parses each text once.
type routes map[string]*route

func (m routes) of(class Class, text string) (*route, error) {
	key := string(class) + text
	if r, ok := m[key]; ok {
		return r, nil
	}
	r, err := parseRoute(class, text)
	if err == nil {
		m[key] = r
	}
	return r, err
}
