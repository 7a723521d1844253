//go:build e2e

package e2e

import (
	"net/http"
	"sync"
)

// phones are the HTTP clients of subscribers, one for each address.
type phones struct {
	mu   sync.Mutex
	byIP map[string]*http.Client
}

func (p *phones) of(ip string) *http.Client {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byIP == nil {
		p.byIP = map[string]*http.Client{}
	}
	if p.byIP[ip] == nil {
		p.byIP[ip] = phone(ip)
	}
	return p.byIP[ip]
}

// forget closes the connections of all phones.
func (p *phones) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.byIP {
		c.CloseIdleConnections()
	}
}

// parallel calls do for every item, some at once.
func parallel[T any](items []T, do func(T)) {
	var wg sync.WaitGroup
	turns := make(chan struct{}, 32)
	for _, item := range items {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			do(item)
		})
	}
	wg.Wait()
}
