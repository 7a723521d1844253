//go:build e2e

package e2e

import (
	"context"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

var update = flag.Bool("update", false, "write the screenshots of docs/images")

// chromium starts one browser for a test; every tab of it is somebody else's phone.
func chromium(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.WSURLReadTimeout(2*time.Minute), // it starts slowly on a busy machine
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, closeBrowser := chromedp.NewContext(allocator)
	t.Cleanup(closeBrowser)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium: %v; scripts/setup installs it", err)
	}
	return ctx
}

// tab is a page on a phone of 390 by 844 points, with cookies of its own.
type tab struct {
	*testing.T
	ctx context.Context
}

const pageTime = time.Minute

// newTab is a tab that runs no scripts: every page goes without.
func newTab(t *testing.T, browser context.Context, language string) tab {
	t.Helper()
	p := newScriptedTab(t, browser, language)
	if _, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	return p
}

// newScriptedTab is one as people have it.
func newScriptedTab(t *testing.T, browser context.Context, language string) tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	p := tab{t, ctx}
	p.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(1.5), chromedp.EmulateMobile, chromedp.EmulateTouch))
	if _, err := chromedp.Call(ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{
		UserAgent: "Mozilla/5.0 (Linux; Android 16) Mobile", AcceptLanguage: language}); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.Fatal(err)
	}
}

// open goes to a URL and answers the status of the page at the end of the redirects.
func (p tab) open(url string) int64 {
	p.Helper()
	return p.load(chromedp.Navigate(url))
}

// press clicks what the selector finds and waits for the page that follows.
func (p tab) press(selector string) int64 {
	p.Helper()
	return p.load(chromedp.Click(chromedp.CSS(selector)), chromedp.NavigateBack())
}

// enter types into what the selector finds.
func (p tab) enter(selector, text string) {
	p.Helper()
	p.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// load takes a step to a page, again where the server says so, from where the other steps lead back to.
func (p tab) load(step chromedp.Action[chromedp.Void], back ...chromedp.Action[chromedp.Void]) int64 {
	p.Helper()
	for try := 0; ; try++ {
		res := p.loadOnce(step)
		again := res.Status == http.StatusServiceUnavailable || strings.Contains(res.URL, "error="+unavailable)
		if !again || try == triesAgain {
			return res.Status
		}
		<-time.After(triesAfter)
		p.do(back...)
	}
}

func (p tab) loadOnce(step chromedp.Action[chromedp.Void]) *network.Response {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, pageTime)
	defer cancel()
	res, err := chromedp.RunResponse(ctx, step)
	if err != nil {
		p.Fatalf("%v at %s", err, p.location())
	}
	return res
}

func (p tab) location() string {
	url, err := chromedp.Run(p.ctx, chromedp.Location())
	if err != nil {
		p.Fatal(err)
	}
	return url
}

// html is what the page consists of now.
func (p tab) html() string {
	p.Helper()
	text, err := chromedp.Run(p.ctx, chromedp.OuterHTML(chromedp.CSS("html")))
	if err != nil {
		p.Fatal(err)
	}
	return text
}

// text is the text of the one element that the selector finds.
func (p tab) text(selector string) string {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, pageTime)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.TextContent(chromedp.CSS(selector)))
	if err != nil {
		p.Fatalf("%s: %v in\n%s", selector, err, p.html())
	}
	return strings.TrimSpace(text)
}

// waits until the page shows what the selector finds.
func (p tab) waits(selector string) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, pageTime)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.WaitVisible(chromedp.CSS(selector))); err != nil {
		p.Fatalf("%s: %v in\n%s", selector, err, p.html())
	}
}

// until waits for something to hold of the page.
func (p tab) until(what string, holds func() bool) {
	p.Helper()
	poll, deadline := time.NewTicker(20*time.Millisecond), time.After(pageTime)
	defer poll.Stop()
	for !holds() {
		select {
		case <-poll.C:
		case <-deadline:
			p.Fatalf("not %s:\n%s", what, p.html())
		}
	}
}

// runs is what an expression, or its promise, comes to in a page that runs scripts.
func runs[T any](p tab, expression string) T {
	p.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return v
}

// wants fails the test unless every text stands in the page.
func (p tab) wants(texts ...string) {
	p.Helper()
	page := p.html()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			p.Errorf("%s lacks %q:\n%s", p.location(), text, page)
		}
	}
}

// picture keeps a screenshot of the page among the test's artifacts (go test -artifacts).
func (p tab) picture(name string) []byte {
	p.Helper()
	screenshot, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.ArtifactDir(), name+".png"), screenshot, 0o600); err != nil {
		p.Fatal(err)
	}
	return screenshot
}

// publish is picture, for the documents too where the tests run with -update.
func (p tab) publish(name string) {
	p.Helper()
	screenshot := p.picture(name)
	if !*update {
		return
	}
	if err := os.WriteFile("../../docs/images/"+name+".png", screenshot, 0o644); err != nil {
		p.Error(err)
	}
}
