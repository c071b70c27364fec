package web

import (
	"net/http"

	"github.com/undersigned/undersigned/internal/account"
	"github.com/undersigned/undersigned/internal/fault"
)

// routes is the only list of URLs. A leading language segment is taken off before (localise). Slugs may carry a suffix
// such as ".json": a pattern's wildcard takes whole segments, so the handlers split it.
func (s *Server) routes() {
	s.handle("GET /{$}", s.showHome)
	s.handle("GET /letters.json", s.listLettersJSON)
	s.handle("GET /openapi.json", s.sendDescription)
	s.handle("GET /feed.atom", s.sendFeed)
	s.handle("GET /feed.json", s.sendFeed)
	s.handle("GET /letters/{slug}", s.showLetter)
	s.handle("GET /letters/{slug}/call", s.showCall)
	s.handle("GET /letters/{slug}/feed.atom", s.sendLetterFeed)
	s.handle("GET /letters/{slug}/feed.json", s.sendLetterFeed)
	s.handle("GET /letters/{slug}/updates/{number}", s.showUpdate)
	s.handle("GET /letters/{slug}/editions", s.showEditions)
	s.handle("GET /letters/{slug}/editions/{edition}", s.showEdition)
	s.handle("GET /letters/{slug}/editions/{edition}/diff/{other}", s.showDiff)
	s.handle("GET /letters/{slug}/signatories", s.showSignatories)
	s.handle("GET /letters/{slug}/signatories.csv", s.sendSignatoriesCSV)
	s.handle("GET /letters/{slug}/signatories.json", s.sendSignatoriesJSON)
	s.handle("GET /letters/{slug}/check", s.showCheck)
	s.handle("GET /letters/{slug}/bundle.zip", s.sendBundle)
	s.handle("POST /letters/{slug}/signatures", s.limited(s.submitSignature))
	s.handle("GET /letters/{slug}/check-mail", s.showCheckMail)
	s.handle("POST /letters/{slug}/check-mail", s.limited(s.submitResend))
	s.handle("GET /confirm/{token}", s.showConfirm)
	s.handle("POST /confirm/{token}", s.limited(s.submitConfirm))
	s.handle("GET /invitations/{token}", s.showInvitation)
	s.handle("POST /invitations/{token}", s.limited(s.submitInvitation))
	s.handle("GET /unsubscribe/{token}", s.showUnsubscribe)
	s.handle("POST /unsubscribe/{token}", s.submitUnsubscribe) // not limited: a mail provider sends those of all its users
	s.handle("GET /signature", s.showSignature)
	s.handle("POST /signature", s.limited(s.submitOwnSignature))
	s.handle("GET /circulation/{token}", s.showCirculation)
	s.handle("POST /circulation/{token}", s.limited(s.submitCirculation))
	s.handle("GET /organisations/{slug}", s.showOrganisation)
	s.handle("GET /log/checkpoint", s.sendCheckpoint)
	s.handle("GET /log/key", s.sendLogKey)
	s.handle("GET /log/former", s.sendFormerLogs)
	s.handle("GET /log/tile/{path...}", s.sendTile)
	s.handle("GET /log/openings/{n}", s.sendOpenings)
	s.handle("GET /about", s.showAbout)
	s.handle("GET /media/{hash}", s.showPicture)
	s.handle("GET /static/{hash}/{name}", s.showAsset)
	s.handle("GET /robots.txt", s.showRobots)
	s.handle("GET /healthz", s.showHealth)
	s.handle("GET /readyz", s.showReady)
	if s.o.Catcher != nil {
		s.handle("GET /dev/mailbox", s.showMailbox)
		s.handle("GET /dev/desk/{session}", s.enterDemo)
	}

	s.handle("GET /desk/sign-in", s.showSignIn)
	s.handle("POST /desk/sign-in", s.limited(s.submitSignIn))
	s.handle("GET /desk/join/{token}", s.showJoin)
	s.handle("POST /desk/join/{token}", s.limited(s.submitJoin))
	s.desk("POST /desk/sign-out", signedIn, s.submitSignOut)
	s.desk("GET /desk", signedIn, s.showDesk)
	s.desk("GET /desk/account", signedIn, s.showAccount)
	s.desk("POST /desk/account", signedIn, s.submitAccount)
	s.desk("GET /desk/account/recovery", signedIn, s.showRecovery)
	s.desk("GET /desk/organisations", operator, s.showFound)
	s.desk("POST /desk/organisations", operator, s.submitFound)
	s.desk("GET /desk/organisations/{slug}", inOrganisation(account.Viewer), s.showDeskOrganisation)
	s.desk("POST /desk/organisations/{slug}", inOrganisation(account.Owner), s.submitDeskOrganisation)
	s.desk("GET /desk/jobs", operator, s.showJobs)
	s.desk("POST /desk/jobs", operator, s.submitJobs)
	s.desk("GET /desk/new", signedIn, s.showNewLetter)
	s.desk("POST /desk/new", signedIn, s.submitNewLetter)
	s.desk("GET /desk/letters/{slug}", onLetter(account.Viewer), s.showBoard)
	s.desk("POST /desk/letters/{slug}", onLetter(account.Editor), s.submitBoard)
	s.desk("POST /desk/letters/{slug}/approvals", onLetter(account.Editor), s.submitApproval)
	s.desk("GET /desk/letters/{slug}/settings", onLetter(account.Editor), s.showSettings)
	s.desk("POST /desk/letters/{slug}/settings", onLetter(account.Editor), s.submitSettings)
	s.desk("GET /desk/letters/{slug}/texts/{language}", onLetter(account.Editor), s.showText)
	s.desk("POST /desk/letters/{slug}/texts/{language}", onLetter(account.Editor), s.submitText)
	s.desk("GET /desk/letters/{slug}/texts/{language}/preview", onLetter(account.Viewer), s.showPreview)
	s.desk("GET /desk/letters/{slug}/signatures", onLetter(account.Reviewer), s.showHeld)
	s.desk("POST /desk/letters/{slug}/signatures", onLetter(account.Reviewer), s.submitHeld)
	s.desk("GET /desk/letters/{slug}/invitations", onLetter(account.Editor), s.showInvitations)
	s.desk("POST /desk/letters/{slug}/invitations", onLetter(account.Editor), s.submitInvitations)
	s.desk("GET /desk/letters/{slug}/intake", onLetter(account.Editor), s.showIntake)
	s.desk("POST /desk/letters/{slug}/intake", onLetter(account.Editor), s.submitIntake)
	s.desk("GET /desk/letters/{slug}/intake/{id}", onLetter(account.Editor), s.showProposal)
	s.desk("POST /desk/letters/{slug}/intake/{id}", onLetter(account.Editor), s.submitProposal)
	s.desk("GET /desk/letters/{slug}/exports", onLetter(account.Editor), s.showExports)
	s.desk("POST /desk/letters/{slug}/exports", onLetter(account.Editor), s.submitExports)
	s.desk("GET /desk/letters/{slug}/circulation", onLetter(account.Editor), s.showDeskCirculation)
	s.desk("POST /desk/letters/{slug}/circulation", onLetter(account.Editor), s.submitDeskCirculation)
	s.desk("GET /desk/letters/{slug}/trail", onLetter(account.Viewer), s.showTrail)
}

// handle registers a handler that may fail; fail picks status, page and log line.
func (s *Server) handle(pattern string, fn func(w http.ResponseWriter, r *http.Request) error) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if err := fn(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// limited refuses a network that sends forms too fast.
func (s *Server) limited(fn func(w http.ResponseWriter, r *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if s.o.RateLimit && !s.limits.allow(r) {
			return fault.New(fault.Limited, "too_often")
		}
		return fn(w, r)
	}
}
