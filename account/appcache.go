package account

import (
	"sync"
	"time"
)

// appCacheLife is how old a cached app may be, which is how long another node may take to notice a suspension.
const appCacheLife = time.Second

// appCache keeps apps for appCacheLife from the moment their reading began. Only apps that exist get in, so it is bounded by
// their number.
type appCache struct {
	now  func() time.Time
	mu   sync.RWMutex
	apps map[string]cachedApp
	// changes counts forget calls, so that a reading that began before one is not kept after it.
	changes uint64
}

type cachedApp struct {
	app  App
	read time.Time
}

func newAppCache(now func() time.Time) *appCache {
	return &appCache{now: now, apps: map[string]cachedApp{}}
}

func (c *appCache) get(id string) (App, bool) {
	now := c.now()
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, ok := c.apps[id]
	return e.app, ok && now.Sub(e.read) < appCacheLife
}

// reading notes that a reading of id begins now and returns what keeps its result.
func (c *appCache) reading(id string) (keep func(App)) {
	began := c.now()
	c.mu.RLock()
	changes := c.changes
	c.mu.RUnlock()
	return func(app App) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.changes == changes {
			c.apps[id] = cachedApp{app, began}
		}
	}
}

func (c *appCache) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	delete(c.apps, id)
}
