package report_test

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"io"
	"math"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"leadglass/internal/compare"
	"leadglass/internal/publish"
	"leadglass/internal/report"
	"leadglass/internal/survey"
)

// axeSource is axe-core, which judges the accessibility of a page.
//
//go:embed testdata/axe/axe.min.js
var axeSource string

// browser starts Chromium, and returns a context of a tab in it.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is not installed; run `make setup`")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"), chromedp.UserDataDir(t.TempDir()))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// samplePages writes a page of each edition, and returns their addresses. The
// public one has withheld cells and earlier surveys, the confidential one all
// that single archives can have.
func samplePages(t *testing.T) map[string]string {
	t.Helper()
	rs := sampleRecords(400)
	agg := aggregate(rs)
	public := report.Publish(agg, report.DefaultMinCount)
	public.Follow(report.Publish(aggregate(sampleRecords(300)), report.DefaultMinCount))
	c := collect(t, sampleSurvey(), rs[:20])
	pages := map[string]string{}
	for edition, write := range map[string]func(io.Writer) error{
		publish.EditionPublic:       func(w io.Writer) error { return report.WriteHTML(w, public) },
		publish.EditionConfidential: c.WriteHTML,
		"diff":                      diffPage(t, rs),
		"empty":                     func(w io.Writer) error { return report.WriteHTML(w, report.Publish(aggregate(nil), 3)) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if edition == "diff" && !bytes.Contains(b.Bytes(), []byte("127.1.0.")) {
			t.Fatal("no archive has changed, so that the comparison shows little")
		}
		path := filepath.Join(t.TempDir(), edition+".html")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		pages[edition] = "file://" + path
	}
	return pages
}

// diffPage is the confidential page of a comparison, in which some archives
// have changed and some are gone.
func diffPage(t *testing.T, rs []survey.Record) func(io.Writer) error {
	t.Helper()
	from, to := netip.MustParseAddr("127.1.0.0"), netip.MustParseAddr("127.1.255.255")
	checks := []survey.CoveredCheck{{ID: "LG-D01", Severity: survey.Medium}, {ID: "LG-D03", Severity: survey.High}, {ID: "LG-D04", Severity: survey.Critical}}
	v := sampleSurvey()
	v.Coverage = &survey.Coverage{Version: "1", Ranges: []survey.AddressRange{{From: from, To: to}}, Ports: []uint16{104}, Checks: checks}
	facts := func(change func(i int, f *survey.Facts) bool) compare.Stream {
		var list []survey.Facts
		for i := range rs {
			if f := survey.FactsOf(&rs[i]); change(i, &f) {
				list = append(list, f)
			}
		}
		slices.SortFunc(list, func(a, b survey.Facts) int { return strings.Compare(a.Target, b.Target) })
		return func(yield func(survey.Facts, error) bool) {
			for _, f := range list {
				if !yield(f, nil) {
					return
				}
			}
		}
	}
	verdict := func(_ []survey.Service, failed []survey.Check) survey.Verdict {
		if slices.ContainsFunc(failed, func(c survey.Check) bool { return c.ID == "LG-D04" }) {
			return survey.Open
		}
		return survey.Identified
	}
	frame, err := compare.NewFrame(v, v, verdict)
	if err != nil {
		t.Fatal(err)
	}
	before := facts(func(i int, _ *survey.Facts) bool { return i%7 > 0 })
	now := facts(func(i int, f *survey.Facts) bool {
		if i%5 == 0 && f.Verdict.FreelyAccessible() {
			f.Verdict, f.Checks = survey.Identified, []survey.PortChecks{{Port: 104, Passed: []string{"LG-D01", "LG-D03", "LG-D04"}}}
		}
		return i%11 > 0
	})
	sum := compare.NewComparison(frame)
	for c, err := range frame.Changes(before, now) {
		if err != nil {
			t.Fatal(err)
		}
		sum.Add(c)
	}
	return func(w io.Writer) error {
		return compare.WriteHTML(w, compare.Confidential(sum), frame.Changes(before, now))
	}
}

// see sets the colours that the reader prefers, screen or paper, and the width
// of the window.
func see(scheme, media string, width int64) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(chromedp.EmulateViewport(width, 900), func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Media: media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		return chromedp.Void{}, err
	})
}

// evaluate is the value of an expression in the page.
func evaluate[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// do runs steps in the browser.
func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// noComplaints fails the test when the browser says something against a page:
// violations of its policy, errors of its script.
func noComplaints(t *testing.T, ctx context.Context) {
	t.Helper()
	var mu sync.Mutex
	var list []string
	err := chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *log.EventEntryAdded:
			list = append(list, e.Entry.Text)
		case *runtime.EventExceptionThrown:
			list = append(list, e.ExceptionDetails.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		if len(list) > 0 {
			t.Errorf("the browser complains: %q", list)
		}
	})
}

// TestInChromium looks at the pages as readers do.
func TestInChromium(t *testing.T) {
	ctx, pages := browser(t), samplePages(t)
	for name, test := range map[string]func(*testing.T, context.Context, map[string]string){
		"accessible": accessible, "axe finds faults": axeFindsFaults, "fits": fits, "sorts": sorts,
	} {
		t.Run(name, func(t *testing.T) { test(t, ctx, pages) })
	}
}

// accessible runs axe-core, with all its rules, on both editions, light and
// dark, and on a phone.
func accessible(t *testing.T, ctx context.Context, pages map[string]string) {
	noComplaints(t, ctx)
	for _, view := range []struct {
		edition, scheme string
		width           int64
	}{
		{publish.EditionPublic, "light", 1200}, {publish.EditionPublic, "dark", 1200}, {publish.EditionPublic, "light", 390},
		{publish.EditionConfidential, "light", 1200}, {publish.EditionConfidential, "dark", 1200}, {"empty", "light", 1200},
		{"diff", "light", 1200}, {"diff", "dark", 390},
	} {
		do(t, ctx, see(view.scheme, "screen", view.width), chromedp.Navigate(pages[view.edition]))
		evaluate[bool](t, ctx, axeSource+"\ntrue")
		found := evaluate[[]string](t, ctx, `axe.run({resultTypes: ["violations"]}).then(r => { window.result = r; return r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.html.slice(0, 160) + " " + n.failureSummary)) })`)
		passes := evaluate[int](t, ctx, `window.result.passes.length`)
		if len(found) > 0 || passes < 20 {
			t.Errorf("%+v: %d violations, %d rules passed\n%s", view, len(found), passes, strings.Join(found, "\n"))
		}
	}
}

// axeFindsFaults: the judge sees what is wrong.
func axeFindsFaults(t *testing.T, ctx context.Context, _ map[string]string) {
	do(t, ctx, chromedp.Navigate("data:text/html,<p style='color:%23ccc'>pale</p><img src=x>"))
	evaluate[bool](t, ctx, axeSource+"\ntrue")
	found := strings.Join(evaluate[[]string](t, ctx, `axe.run().then(r => r.violations.map(v => v.id))`), " ")
	for _, want := range []string{"color-contrast", "image-alt", "html-has-lang"} {
		if !strings.Contains(found, want) {
			t.Errorf("%s is not found, only %s", want, found)
		}
	}
}

// fits: at the width of a phone no page scrolls sideways, and on paper
// no table is cut.
func fits(t *testing.T, ctx context.Context, pages map[string]string) {
	const (
		paper     = 680  // 180 mm, A4 within its margins, in CSS pixels
		landscape = 1009 // 267 mm
	)
	cut := func(selector string) []string {
		return evaluate[[]string](t, ctx, `[...document.querySelectorAll("`+selector+`")].filter(t => t.getBoundingClientRect().right > innerWidth + 1).map(t => t.caption.textContent)`)
	}
	for edition, url := range pages {
		do(t, ctx, see("light", "screen", 390), chromedp.Navigate(url))
		if width := evaluate[int](t, ctx, `document.documentElement.scrollWidth`); width > 390 {
			t.Errorf("%s: %d px wide on a phone of 390", edition, width)
		}
		do(t, ctx, see("light", "print", paper))
		list := cut("table:not(.archives)")
		do(t, ctx, see("light", "print", landscape))
		if list = append(list, cut("table.archives")...); len(list) > 0 {
			t.Errorf("%s: cut on paper: %q", edition, list)
		}
	}
}

// sorts sorts the countries by name, by key and by pointer, and the
// withheld cells stay last.
func sorts(t *testing.T, ctx context.Context, pages map[string]string) {
	noComplaints(t, ctx)
	column := func(i int) []string {
		return evaluate[[]string](t, ctx, fmt.Sprintf(`[...document.querySelector("table.sortable").tBodies[0].rows].map(r => r.cells[%d].textContent.trim())`, i))
	}
	head := func(i int) chromedp.CSS {
		return chromedp.CSS(fmt.Sprintf("table.sortable thead th:nth-child(%d) [role=button]", i))
	}
	do(t, ctx, chromedp.Navigate(pages[publish.EditionPublic]), chromedp.SendKeys(head(1), "\r"))
	names := column(0)
	do(t, ctx, chromedp.Click(head(7)))
	viewers := column(6)
	state := evaluate[string](t, ctx, `document.querySelector("table.sortable th:nth-child(7)").ariaSort`)
	if len(names) < 5 || !slices.IsSorted(names) || state != "descending" {
		t.Errorf("countries %q, then sorted %q", names, state)
	}
	withheld := false
	last := int64(math.MaxInt64)
	for _, text := range viewers {
		if text == "withheld" {
			withheld = true
			continue
		}
		n, err := strconv.ParseInt(strings.ReplaceAll(text, ",", ""), 10, 64)
		if err != nil || n > last || withheld {
			t.Errorf("%q stands after %d (withheld: %t) %v", text, last, withheld, err)
		}
		last = n
	}
	if !withheld {
		t.Error("no cell of the sample is withheld, so that nothing shows where those go")
	}
}
