package rest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"sibai/internal/apikey"
	"sibai/internal/fault"
	"sibai/internal/idempotency"
)

const (
	keyHeader = "Idempotency-Key"
	maxKey    = 255
)

// Answers keeps answers for requests that are sent again; *idempotency.Service
// implements it.
type Answers interface {
	Begin(ctx context.Context, name idempotency.Name, request [32]byte) (*idempotency.Work, []byte, error)
}

// kept is an answer as it is kept.
type kept struct {
	Status int         `json:"status"`
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"`
}

// again has a POST that is sent again get the answer that it got.
func (f *Face) again(ctx huma.Context, next func(huma.Context)) {
	op := ctx.Operation()
	if op.Method != http.MethodPost {
		next(ctx)
		return
	}
	key := ctx.Header(keyHeader)
	if key == "" || len(key) > maxKey {
		f.refuse(ctx, fault.New(fault.IdempotencyKeyMissing, "max", maxKey))
		return
	}
	r, w := humachi.Unwrap(ctx)
	limit := op.MaxBodyBytes
	if limit <= 0 {
		limit = 1 << 20
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		f.refuse(ctx, fault.Wrap(err, fault.RequestRefused, "reason", err.Error()))
		return
	}
	a := AskerOf(ctx.Context())
	request := sha256.New()
	_, _ = io.WriteString(request, r.Method+" "+r.URL.RequestURI()+"\n")
	_, _ = request.Write(body)
	name := idempotency.Name{Owner: ownerOf(a.Key), Key: key, Secret: a.secret}
	work, former, err := f.parts.Answers.Begin(r.Context(), name, [32]byte(request.Sum(nil)))
	if err != nil {
		f.refuse(ctx, err)
		return
	}
	var answer kept
	if work == nil {
		if err := json.Unmarshal(former, &answer); err != nil {
			f.refuse(ctx, fault.Wrap(err, fault.Internal))
			return
		}
		answer.Header.Set("Idempotent-Replayed", "true")
		answer.write(w)
		return
	}
	tape := &recorder{header: http.Header{}}
	again := r.WithContext(ctx.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	next(humachi.NewContext(op, again, tape))
	answer = kept{tape.status, tape.header, tape.body.Bytes()}
	f.keep(context.WithoutCancel(ctx.Context()), work, answer)
	answer.write(w)
}

// keep keeps an answer that would be the same again. What failed because of this
// node or the store can be tried anew.
func (f *Face) keep(ctx context.Context, work *idempotency.Work, answer kept) {
	if answer.Status >= 500 || answer.Status == http.StatusTooManyRequests {
		if err := work.Forget(ctx); err != nil {
			f.parts.Log.WarnContext(ctx, "a request that failed waits before it can be sent again", "error", err)
		}
		return
	}
	text, err := json.Marshal(answer)
	if err == nil {
		err = work.Keep(ctx, text)
	}
	if err != nil {
		f.parts.Log.WarnContext(ctx, "an answer could not be kept: the request is done anew when it is sent again", "error", err)
	}
}

func (k kept) write(w http.ResponseWriter) {
	for name, values := range k.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(k.Status)
	_, _ = w.Write(k.Body) // the client is gone: nobody to tell
}

// ownerOf is whose names of requests are apart from others'.
func ownerOf(k apikey.Key) string { return k.ID.String() }

// recorder takes an answer down.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}
