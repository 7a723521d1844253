package sandbox

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"simtrust/simshield/softsim/agent"
	"simtrust/simshield/softsim/handset"
)

// polling is the bearer of cards that fetch their packets from the server; the others are reached by short message.
const polling = "polling"

// Sessions of a card that polls: the server is asked to hold a request for as long as it does.
const (
	sessionPath = "/simshield/v1/ota/session?wait=25"
	sessionTime = 35 * time.Second
)

var sessionClient = &http.Client{Timeout: sessionTime, Transport: &http.Transport{MaxIdleConnsPerHost: 2}}

func sessionsAt(issuer string) (*url.URL, error) { return url.Parse(issuer + sessionPath) }

// channel is the data channel of a phone whose card polls: it is open while the phone is on. The nil channel is that of a phone whose card
// does not.
type channel struct {
	agent *agent.Agent
	close func() // nil: it is closed
}

// channelOf is that of a phone.
func channelOf(p *phone, sessions *url.URL) *channel {
	return &channel{agent: agent.New(agent.Config{URL: sessions, ICCID: p.sim.ICCID, Client: sessionClient, Deliver: p.take, Now: time.Now})}
}

// turn opens the channel, or closes it and waits until it is.
func (c *channel) turn(on bool) {
	switch {
	case c == nil || on == (c.close != nil):
	case on:
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = c.agent.Run(ctx) // until it is closed
		}()
		c.close = func() {
			cancel()
			<-ended
		}
	default:
		c.close()
		c.close = nil
	}
}

var errOff = errors.New("the phone is switched off")

// take hands the card a message that came over the data channel.
func (p *phone) take(tpdu []byte) (handset.Report, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.online {
		return handset.Report{}, errOff
	}
	if err := p.start(); err != nil {
		p.log.Error("a card of the sandbox does not work", "error", err)
		return handset.Report{}, err
	}
	defer p.recheck()
	return p.set.Deliver(tpdu)
}
