package app

import (
	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/letter"
	"github.com/undersigned/undersigned/internal/roll"
	"github.com/undersigned/undersigned/internal/seal"
	"github.com/undersigned/undersigned/internal/signing"
	"github.com/undersigned/undersigned/internal/store"
	"github.com/undersigned/undersigned/internal/tlog"
)

// Services are the use cases of an instance, each knowing those it needs.
type Services struct {
	Accounts *account.Service
	Letters  *letter.Service
	Roll     *roll.Service
	Signing  *signing.Service
	Log      *tlog.Log
}

// NewServices returns the services on a database. lookup asks the DNS.
func NewServices(db *store.DB, keys *seal.Keys, log *tlog.Log, lookup account.LookupTXT) Services {
	s := Services{Accounts: &account.Service{DB: db, Keys: keys, Lookup: lookup}, Letters: letter.New(db, keys), Roll: &roll.Service{DB: db}, Log: log}
	s.Signing = &signing.Service{DB: db, Keys: keys, Letters: s.Letters, Log: log, Lookup: lookup}
	s.Letters.RegisterActs(s.Accounts)
	s.Signing.RegisterActs(s.Accounts)
	return s
}
