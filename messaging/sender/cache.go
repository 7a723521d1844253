package sender

import (
	"sync"
	"time"
)

// cacheLife is how long another node may take to notice a suspension, and every node a revocation.
const cacheLife = time.Second

// cache keeps standings for cacheLife from the moment their reading began. Only chatbots that exist get in, so it is bounded by their
// number.
type cache struct {
	now  func() time.Time
	mu   sync.RWMutex
	kept map[string]kept
	// changes counts forget calls, so that a reading that began before one is not kept after it.
	changes uint64
}

type kept struct {
	standing
	read time.Time
}

func newCache(now func() time.Time) *cache { return &cache{now: now, kept: map[string]kept{}} }

func (c *cache) get(id string) (standing, bool) {
	now := c.now()
	c.mu.RLock()
	defer c.mu.RUnlock()
	k, ok := c.kept[id]
	return k.standing, ok && now.Sub(k.read) < cacheLife
}

// reading notes that a reading begins now and returns what keeps its result.
func (c *cache) reading(id string) (keep func(standing)) {
	began := c.now()
	c.mu.RLock()
	changes := c.changes
	c.mu.RUnlock()
	return func(s standing) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.changes == changes {
			c.kept[id] = kept{s, began}
		}
	}
}

func (c *cache) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	delete(c.kept, id)
}
