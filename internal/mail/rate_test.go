package mail

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestMailer_rate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &Mailer{Rate: 10}
		begin := time.Now()
		for range 21 {
			if err := m.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(begin); took != 2*time.Second {
			t.Errorf("21 mails at 10 a second took %v", took)
		}
		time.Sleep(time.Minute) // a pause is not saved up for a burst
		begin = time.Now()
		for range 11 {
			if err := m.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(begin); took != time.Second {
			t.Errorf("11 mails after a pause took %v", took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := m.wait(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("a stopped mailer: %v", err)
		}
	})
}

func TestMailer_noRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, begin := &Mailer{}, time.Now()
		for range 1000 {
			if err := m.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(begin); took != 0 {
			t.Errorf("without a limit it took %v", took)
		}
	})
}
