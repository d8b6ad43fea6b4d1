package web_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"sibai/internal/fault"
	"sibai/internal/web"
	"sibai/internal/web/live"
	"sibai/internal/web/live/livetest"
	"sibai/internal/web/text"
)

// bundle is the pages over a seeded source, and what they log.
type bundle struct {
	source  *livetest.Source
	handler http.Handler
	log     *bytes.Buffer
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{source: &livetest.Source{}, log: &bytes.Buffer{}}
	b.source.Set(livetest.Seed)
	b.handler = web.Handler(web.Deps{Live: b.source, Log: slog.New(slog.NewTextHandler(b.log, nil))})
	return b
}

func (b *bundle) get(t *testing.T, method, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w
}

const policy = "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'"

var leaked = regexp.MustCompile(`[>"](layout|nav|live|col|state|call|rule|bucket|outcome|cause|error)\.[a-z_.]+[<"]`)

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, method, path string
		header             []string
		status             int
		has                []string // in the body
		lacks              []string
	}{
		{name: "live", path: "/", status: 200,
			has:   []string{`lang="zh-CN"`, "137****2286", "400-826-6688", "云禾家居服务", "¥1,586.16", "分机 8003 在线", "接听率 94%", "今天结束 1,286 通"},
			lacks: []string{"13766662286", "style=", "onclick", "<style"}},
		{name: "live in English", path: "/?lang=en", status: 200,
			has: []string{`lang="en"`, "Caller withheld", "1,286 calls ended today, 94% answered", "2 × 60 s"}},
		{name: "language from the browser", path: "/", header: []string{"Accept-Language", "en-US"}, status: 200, has: []string{`lang="en"`}},
		{name: "dark by cookie", path: "/", header: []string{"Cookie", "sibai_theme=dark"}, status: 200, has: []string{`data-bs-theme="dark"`}},
		{name: "head", method: "HEAD", path: "/", status: 200},
		{name: "call", path: "/calls/" + livetest.Platform, status: 200,
			has:   []string{"分机 8003 接听，通话 3 分 42 秒", "开始计费", "这一段由两个余额合付", "资费 standard v7", "本金 ¥0.24  后续段：2 段 × 60 秒", "合计 ¥0.60", "从平台接听（20:31:07）起计费", "来电人先挂机"},
			lacks: []string{"13766662286", "13900004477"}},
		{name: "refused call", path: "/calls/" + livetest.NoCredit, status: 200, has: []string{"没有接通：余额不足", "没有接通，不收费", "为什么没有接通"}},
		{name: "running call", path: "/calls/" + livetest.Talking + "?lang=en", status: 200, has: []string{"138****6021 answered, talking", "¥0.24 is held"}},
		{name: "recovered call", path: "/calls/" + livetest.Recovered, status: 200, has: []string{"节点中断后补结"}},
		{name: "no such call", path: "/calls/call_nope", status: 404, has: []string{"没有这通电话", `href="/"`}},
		{name: "no such page", path: "/admin", status: 404, has: []string{"没有这个页面"}},
		{name: "no such file", path: "/static/000000000000/css/nope.css", status: 404, has: []string{"没有这个页面"}},
		{name: "wrong method", method: "POST", path: "/", status: 405, has: []string{"这个地址不能这样用"}},
		{name: "from another site", method: "POST", path: "/", header: []string{"Sec-Fetch-Site", "cross-site"}, status: 403, has: []string{"来自别的网站"}},
		{name: "markup in an address", path: "/%3Cscript%3E?x=%22%3E", status: 404, lacks: []string{"<script>"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			method := c.method
			if method == "" {
				method = "GET"
			}
			w := b.get(t, method, c.path, c.header...)
			if w.Code != c.status {
				t.Fatalf("status %d, want %d", w.Code, c.status)
			}
			for name, want := range map[string]string{
				"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
				"Referrer-Policy": "same-origin", "Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8",
			} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			body := w.Body.String()
			for _, s := range c.has {
				if !strings.Contains(body, s) {
					t.Errorf("the page lacks %q", s)
				}
			}
			for _, s := range c.lacks {
				if strings.Contains(body, s) {
					t.Errorf("the page has %q", s)
				}
			}
			if m := leaked.FindString(body); m != "" {
				t.Errorf("the page shows the key of a sentence: %s", m)
			}
			if b.log.Len() > 0 {
				t.Errorf("logged: %s", b.log)
			}
		})
	}
}

func TestPreferencesAreKept(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cookies := strings.Join(b.get(t, "GET", "/?lang=en&theme=dark").Header().Values("Set-Cookie"), "\n")
	for _, want := range []string{"sibai_lang=en;", "sibai_theme=dark;", "SameSite=Lax", "HttpOnly"} {
		if !strings.Contains(cookies, want) {
			t.Errorf("cookies lack %s:\n%s", want, cookies)
		}
	}
	if got := b.get(t, "GET", "/?lang=fr&theme=pink").Header().Values("Set-Cookie"); got != nil {
		t.Errorf("kept a choice that there is not: %s", got)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		err    error
		status int
		has    string
	}{
		{"a fault of ours", errors.New("secret detail"), 500, "页面出错了"},
		{"too slow", context.DeadlineExceeded, 503, "现在读不到数据"},
		{"a fault with words", &fault.Error{Kind: fault.KindUnavailable, Code: fault.InputInvalid}, 503, "再试一次"},
		{"a fault of a kind that is ours", &fault.Error{Kind: fault.KindInternal, Code: fault.InputInvalid}, 500, "页面出错了"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.source.Fail(c.err)
			w := b.get(t, "GET", "/")
			body := w.Body.String()
			if w.Code != c.status || !strings.Contains(body, c.has) || strings.Contains(body, "secret") {
				t.Errorf("%d: %s", w.Code, body)
			}
			ref := regexp.MustCompile(`e-[0-9a-f]{8}`).FindString(body)
			if ref == "" || !strings.Contains(b.log.String(), ref) {
				t.Errorf("the page's reference %q is not in the log: %s", ref, b.log)
			}
		})
	}
}

// panicking is a source with a defect.
type panicking struct{ live.Source }

func (panicking) Now(context.Context, text.Lang) (live.Snapshot, error) { panic("defect") }

func TestPanicBecomesAPage(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := &bundle{handler: web.Handler(web.Deps{Live: panicking{}, Log: slog.New(slog.NewTextHandler(&log, nil)), LogRequests: true})}
	w := b.get(t, "GET", "/?lang=en&q=13766662286", "Accept-Encoding", "gzip")
	if w.Code != 500 || !strings.Contains(w.Body.String(), "This page failed") || w.Header().Get("Content-Encoding") != "" {
		t.Errorf("%d %v: %s", w.Code, w.Header(), w.Body)
	}
	if !strings.Contains(log.String(), "panic: defect") || !strings.Contains(log.String(), "status=500") {
		t.Errorf("log: %s", log.String())
	}
	if strings.Contains(log.String(), "13766662286") {
		t.Error("the log has the query")
	}
}

func TestPagesAreCompressed(t *testing.T) {
	t.Parallel()
	w := setup(t).get(t, "GET", "/", "Accept-Encoding", "gzip")
	if w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("Content-Length") != "" {
		t.Fatalf("headers %v", w.Header())
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil || !bytes.HasSuffix(bytes.TrimSpace(body), []byte("</html>")) {
		t.Errorf("%v: %.100s", err, body)
	}
}

// TestStream speaks the stream's protocol over a real connection: a first
// state, only what changed afterwards, and an end when the program stops.
func TestStream(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{"identity", "gzip"} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			server := httptest.NewUnstartedServer(b.handler)
			server.Config.WriteTimeout = 5 * time.Second // the stream must outgrow it by itself
			server.Start()
			defer server.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			r, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/live/events?lang=en", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept-Encoding", encoding)
			r.Header.Set("Accept", "text/event-stream")
			resp, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if got := resp.Header.Get("Content-Type"); got != "text/event-stream; charset=utf-8" {
				t.Errorf("content type %q", got)
			}
			if resp.Header.Get("Set-Cookie") != "" {
				t.Error("a stream set a cookie")
			}
			var body io.Reader = resp.Body
			if encoding == "gzip" {
				if body, err = gzip.NewReader(body); err != nil {
					t.Fatal(err)
				}
			}
			lines := bufio.NewScanner(body)
			lines.Buffer(nil, 1<<20)

			first := events(lines, "wallets")
			for _, name := range []string{"today", "running", "recent", "wallets"} {
				if first[name] == "" {
					t.Errorf("the first message lacks %s", name)
				}
			}
			if !strings.Contains(first["recent"], "Caller withheld") {
				t.Errorf("not in English: %.200s", first["recent"])
			}
			b.source.Set(func(l text.Lang) live.Snapshot {
				s := livetest.Seed(l)
				s.Running = nil
				return s
			})
			second := events(lines, "running")
			if len(second) != 1 || !strings.Contains(second["running"], "No call is in progress") {
				t.Errorf("after a change: %v", second)
			}
			b.source.Stop()
			if lines.Scan() {
				t.Errorf("after the end: %q", lines.Text())
			}
			if err := lines.Err(); err != nil {
				t.Errorf("the stream was torn: %v", err)
			}
		})
	}
}

// events reads messages up to and with the one named last.
func events(lines *bufio.Scanner, last string) map[string]string {
	out := make(map[string]string)
	name := ""
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "event: "):
			name = line[len("event: "):]
		case strings.HasPrefix(line, "data: "):
			out[name] += line[len("data: "):] + "\n"
		case line == "" && name == last:
			return out
		}
	}
	return out
}

func TestStreamThatCannotBegin(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.source.Fail(errors.New("no store"))
	if w := b.get(t, "GET", "/live/events"); w.Code != 500 {
		t.Errorf("status %d, want 500 so that the browser tries again later", w.Code)
	}
}
