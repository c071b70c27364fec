package bench

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// target is what a closed loop does again and again: the next request, with a number that answer gets too.
type target struct {
	request func() (*http.Request, int, error)
	answer  func(number int, r *http.Response) error
}

// errSpent is returned by a target that has no further request.
var errSpent = errors.New("bench: nothing left to ask")

// sample is one run.
type sample struct {
	requests, errors int
	answered         int           // requests with those of the warm-up
	cpu              time.Duration // of the answering process for each of them
	took             time.Duration
	p50, p99         time.Duration
	ratio            float64 // to the limit of the same round
	firstError       string
}

func (s sample) rate() float64 {
	if s.took <= 0 {
		return 0
	}
	return float64(s.requests) / s.took.Seconds()
}

// maxBody is more than any page has.
const maxBody = 8 << 20

// load keeps n connections busy: each sends its next request when the last was answered. What begins while it warms up is
// done but not counted, and what has begun is finished, so that every outcome is known.
func load(ctx context.Context, n int, warm, duration time.Duration, t target) (s sample, err error) {
	ctx, cancel := context.WithTimeout(ctx, warm+duration+time.Minute)
	defer cancel()
	transport := &http.Transport{DisableCompression: true, MaxIdleConns: n, MaxIdleConnsPerHost: n, Proxy: nil}
	defer transport.CloseIdleConnections()
	begin := time.Now().Add(warm)
	end := begin.Add(duration)
	var mu sync.Mutex
	var all []time.Duration
	var last time.Time
	var work sync.WaitGroup
	for range n {
		work.Go(func() {
			var took []time.Duration
			var done time.Time
			answered, failed, first := 0, 0, ""
			for {
				start := time.Now()
				if !start.Before(end) || ctx.Err() != nil {
					break
				}
				err := shoot(ctx, transport, t)
				if errors.Is(err, errSpent) {
					break
				}
				if err != nil {
					if failed++; first == "" {
						first = err.Error()
					}
					if ctx.Err() == nil && failed > 100 {
						time.Sleep(time.Millisecond) // a server that is gone refuses fast
					}
					continue
				}
				answered++
				if done = time.Now(); !start.Before(begin) {
					took = append(took, done.Sub(start))
				}
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
			if done.After(last) {
				last = done
			}
			s.answered += answered
			s.errors += failed
			if s.firstError == "" {
				s.firstError = first
			}
		})
	}
	work.Wait()
	if err := ctx.Err(); err != nil {
		return s, err
	}
	s.requests, s.took = len(all), last.Sub(begin)
	if len(all) > 0 {
		slices.Sort(all)
		s.p50, s.p99 = all[len(all)/2], all[len(all)*99/100]
	}
	return s, nil
}

func shoot(ctx context.Context, transport *http.Transport, t target) error {
	request, number, err := t.request()
	if err != nil {
		return err
	}
	response, err := transport.RoundTrip(request.WithContext(ctx))
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, io.LimitReader(response.Body, maxBody))
	return errors.Join(err, response.Body.Close(), t.answer(number, response))
}
