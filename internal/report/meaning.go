package report

import (
	"fmt"
	"slices"
	"strings"

	"leadglass/internal/survey"
)

// meaning says what a finding means to the person who runs the archive: what
// an unauthenticated caller can do, what that is for the patients, and what to
// do first. It says of nothing that it is closed that was not seen closed.
func meaning(f survey.Finding) []string {
	switch f.Verdict {
	case survey.OpenImages:
		return []string{
			who(f) + " can list its studies and retrieve the images, without any password.",
			breach(f) + ": look for traces in the archive's log.",
			first(f, "First take it off the network, or admit only your own stations; then change what is listed below."),
		}
	case survey.Open:
		if f.WorklistOnly() {
			return []string{
				who(f) + " can query its worklist: who is to be examined, when, and why. No password is needed.",
				breach(f) + ". Studies were not listed by what was tried" + undecidedOf(f, survey.Lists, survey.Retrieves) + ".",
				first(f, "First admit only your own modalities; then change what is listed below."),
			}
		}
		return []string{
			who(f) + " can list its studies, and with them who was examined, when, and why. No password is needed.",
			breach(f) + withoutImages(f),
			first(f, "First admit only your own stations; then change what is listed below."),
		}
	case survey.Identified:
		return identifiedMeaning(f)
	case survey.Protected:
		return protectedMeaning(f)
	case survey.NotDICOM:
		if slices.ContainsFunc(f.Services, keepsOut) {
			return []string{
				"A port here demands a client certificate before it says anything, so it could not be seen whether an archive is behind it.",
				"Nothing is known of what is there, nor of who has a certificate.",
				"If it is a DICOMweb service, name the URL of its root; DICOM behind it can only be checked from a station that has a certificate.",
			}
		}
		return []string{
			"Something answers here, but nothing of it was recognised as DICOM, as DICOMweb, or as the pages of an archive.",
			"What it is was not looked into; the services below say how far it was recognised.",
			"If there should be an archive, name its port (HOST:PORT) or the URL of its DICOMweb root.",
		}
	}
	if f.Target.Address == "" {
		return []string{
			"The name led to no address, so nothing was contacted.",
			"That says nothing of the archive behind it.",
			"Look for a slip in the name, or name the address.",
		}
	}
	if slices.ContainsFunc(f.Services, func(s survey.Service) bool { return s.TLS != nil && s.TLS.NameRequired }) {
		return []string{
			"A port here speaks TLS, but only with clients that give the name of the host; it ended the handshake without it.",
			"That says nothing of what is behind it.",
			"Check it by the name that its users have for it (NAME:PORT, or the URL of its DICOMweb root).",
		}
	}
	next := "If there should be an archive, name its port (HOST:PORT), or check whether a firewall is in between."
	if f.Target.Port != 0 {
		next = "If there should be an archive, check whether it listens on this port, and whether a firewall is in between."
	}
	how := "."
	if why, ok := strings.CutPrefix(f.Counts.Studies.Reason, "unreachable: "); ok {
		how = ": " + why + "."
	}
	return []string{
		"Nothing answered: no port that was tried accepted a connection" + how,
		"That says nothing of other ports, nor of what can be reached from elsewhere.",
		next,
	}
}

// who is to be named as able to do what was done: from the machine itself, it
// is not known who else is.
func who(f survey.Finding) string {
	if f.TestedFrom == survey.FromLoopback {
		return "Anyone on this machine"
	}
	return "Anyone who reaches this address"
}

// breach says what that is for the patients, where it is known who can do it.
func breach(f survey.Finding) string {
	if f.TestedFrom == survey.FromLoopback {
		return "If others can reach it too, that is a breach of confidentiality for the patients, whether or not anybody came"
	}
	return "For the patients that is a breach of confidentiality, whether or not anybody came"
}

// first is what to do first: advice, unless it is not known whether anybody but
// the machine itself can do what was done.
func first(f survey.Finding, advice string) string {
	if f.TestedFrom == survey.FromLoopback {
		return "First find out who else can reach it: check it by its network address, from another machine. Then change what is listed below."
	}
	return advice
}

// undecidedOf ends a sentence on what was not seen open by what could not be
// decided of it; empty where all was.
func undecidedOf(f survey.Finding, uses ...survey.Use) string {
	var ids []string
	for _, r := range f.Exposure().With(uses...).In(survey.Undecided) {
		if !slices.Contains(ids, r.Because.ID) {
			ids = append(ids, r.Because.ID)
		}
	}
	if len(ids) == 0 {
		return ""
	}
	return fmt.Sprintf("; whether they can be could not be decided (%s)", strings.Join(ids, ", "))
}

// identifiedMeaning tells an archive that refuses queries from one that offers
// none, from one of which that is not known, and from one whose images can be
// retrieved by their identifiers.
func identifiedMeaning(f survey.Finding) []string {
	const advice = "Make it reject unauthenticated callers at the association: by their address, their AE title, and best by TLS with client certificates."
	queries := f.Exposure().With(survey.Lists, survey.Appoints)
	offers := slices.ContainsFunc(f.Services, func(s survey.Service) bool { return s.Levels.QueryContext })
	switch {
	case f.Exposure().With(survey.Retrieves).State() == survey.DecidedOpen:
		return []string{
			"Anyone who knows the identifier of a study or an image can retrieve it here, without any password. No study was listed by what was tried" + undecidedOf(f, survey.Lists) + ".",
			"The identifiers are no secret: they are in every image, in reports and in the links of viewers.",
			"Demand a login or client certificates for retrieval as well.",
		}
	case queries.State() == survey.Undecided:
		return []string{
			"A DICOM archive that accepts associations of unauthenticated callers. Whether it answers their queries could not be decided: see below.",
			"No study was listed by what was tried. Take it that some can be.",
			advice,
		}
	case offers:
		return []string{
			"A DICOM archive that accepts associations of unauthenticated callers, and refused their queries.",
			"No study was listed by what was tried. What protects the studies is that the request is refused, not that the caller is; another title, or another caller, may be answered.",
			advice,
		}
	}
	return []string{
		"A DICOM service that accepts associations of unauthenticated callers, and offered them no queries.",
		"No study was listed by what was tried. What it offers to other callers was not seen.",
		advice,
	}
}

// protectedMeaning tells an archive that is as it should be from one of which
// something is wrong or not known, and from one whose web side is open.
func protectedMeaning(f survey.Finding) []string {
	if !slices.ContainsFunc(f.Services, speaks) && slices.ContainsFunc(f.Services, hasPage) {
		return []string{
			"Only the web side of an archive was found: neither DICOM nor DICOMweb answered at the ports and paths that were tried.",
			"So nothing is known of its studies, nor whether they can be listed elsewhere.",
			"Check the archive by its DICOM port (HOST:PORT) and by the URL of its DICOMweb root too.",
		}
	}
	if f.Viewer != "" {
		return []string{
			"By DICOM or DICOMweb the archive let an unauthenticated caller do nothing that was tried, but its web side has no login.",
			"Whether patients can be seen there was not looked at: no study was opened. Take it that they can.",
			"Demand a login for the web side; then change what is listed below.",
		}
	}
	if f.KeptByTitle() {
		return []string{
			"Kept by its title alone: the archive refused the called AE titles that were tried, and nothing else is known to keep callers out.",
			"A title is no secret: every station of the archive sends it, without TLS in clear. What somebody may do who knows it, --called-ae-title TITLE shows.",
			"Admit only your own stations, by their addresses and best by TLS with client certificates; then change what is listed below.",
		}
	}
	if undecided := f.Exposure().In(survey.Undecided); len(undecided) > 0 {
		return []string{
			"No study was listed and no image retrieved by what was tried, but not everything could be decided: see below.",
			"Take what could not be decided for open until it is known to be closed.",
			"Change what is listed below, the most severe first, and check again.",
		}
	}
	if len(failedChecks(f)) == 0 {
		return []string{
			"An archive that lets an unauthenticated caller do nothing of what was tried. This is how it should be.",
			"No study was listed and no image retrieved. What callers with a known title, a login or a certificate may do was not tested.",
			"Check again after every change of its configuration.",
		}
	}
	return []string{
		"An archive that let an unauthenticated caller neither query nor retrieve, by what was tried.",
		"What failed weakens the protection; what callers with a known title, a login or a certificate may do was not tested.",
		"Change what is listed below, the most severe first.",
	}
}

// testedFrom says what the place of a test can and cannot show; empty for the
// public Internet.
func testedFrom(f survey.Finding) string {
	switch f.TestedFrom {
	case survey.FromLoopback:
		return "this machine itself (loopback). That shows what is answered to programs on it; a service that answers nobody else looks the same. Verdict and grade hold for callers on this machine."
	case survey.FromPrivate:
		return "a network that leads to a private address. That shows what is answered there, not whether it can be reached from the Internet."
	}
	return ""
}

// withoutImages ends the sentence on an archive that lists studies, by what is
// known of its images: only what was asked and refused is said to be closed.
func withoutImages(f survey.Finding) string {
	r := f.Retrieval()
	if r.State != survey.DecidedClosed {
		var undecided []string
		for _, u := range r.Undecided {
			if !slices.Contains(undecided, u.Because.ID) {
				undecided = append(undecided, u.Because.ID)
			}
		}
		return fmt.Sprintf(". Whether the images can be retrieved too could not be decided (%s): take it that they can.", strings.Join(undecided, ", "))
	}
	return ", even though no image could be retrieved."
}

// speaks reports whether a service was asked for studies by DICOM or DICOMweb.
func speaks(s survey.Service) bool { return s.Levels.Speaks || s.DICOMweb != nil }

// keepsOut reports whether nothing is known of a service but that its TLS
// demands a client certificate.
func keepsOut(s survey.Service) bool { return s.CertificateRequired() && !s.IsArchive() }

// hasPage reports whether a service is the web side of an archive.
func hasPage(s survey.Service) bool { return s.HTTP != nil && s.HTTP.Page != "" }
