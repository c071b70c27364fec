package mailbox_test

import (
	"strings"
	"testing"

	"github.com/undersigned/undersigned/internal/mailbox"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/store"
)

func returns(t testing.TB) *mailbox.Service {
	t.Helper()
	keys, err := seal.OpenKeys(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &mailbox.Service{Keys: keys, Inbox: strings.Repeat("l", mailbox.MaxInboxLocal) + "@letters.example.org"}
}

func TestReturnAddress(t *testing.T) {
	s, other := returns(t), returns(t)
	for _, r := range []mailbox.Return{
		{Sent: mailbox.Call, Letter: 1}, {Sent: mailbox.ToAddressee, Letter: 1<<62 + 5, ID: 1<<62 + 7},
		{Sent: mailbox.Invitation, Letter: 3, ID: 4, Ends: true}, {Sent: mailbox.Reminder, Letter: 3, ID: 4},
	} {
		address := s.ReturnAddress(r)
		local, domain, _ := strings.Cut(address, "@")
		if len(local) != 64 || domain != "letters.example.org" || address != strings.ToLower(address) {
			t.Errorf("%+v has the address %q, of %d bytes before the @", r, address, len(local))
		}
		for _, spelt := range []string{address, strings.ToUpper(address), "<" + address + ">", local, "prvs=1234abcd=" + address, "x+y+" + local[strings.IndexByte(local, '+')+1:]} {
			if got, ok := s.ReadReturn(spelt); !ok || got != r {
				t.Errorf("%q is of %+v, %v", spelt, got, ok)
			}
		}
		if _, ok := other.ReadReturn(address); ok {
			t.Error("another instance reads it")
		}
		for i := strings.IndexByte(local, '+') + 1; i < len(local)-1; i++ { // the last stands for fewer bits
			forged := []byte(address)
			if forged[i]++; forged[i] > 'z' {
				forged[i] = 'a'
			}
			if got, ok := s.ReadReturn(string(forged)); ok {
				t.Errorf("changed at %d it is of %+v", i, got)
			}
		}
	}
	s.Inbox = ""
	if got := s.ReturnAddress(mailbox.Return{Sent: mailbox.Call, Letter: 1}); got != "" {
		t.Errorf("without an inbox: %q", got)
	}
}

func FuzzReadReturn(f *testing.F) {
	s := returns(f)
	f.Add("letters+aaaa@b.example")
	f.Add(s.ReturnAddress(mailbox.Return{Sent: mailbox.Call, Letter: store.LetterID(7)}))
	f.Fuzz(func(t *testing.T, address string) {
		if r, ok := s.ReadReturn(address); ok && r.Sent.Name() == "" {
			t.Errorf("%q is of %+v", address, r)
		}
	})
}
