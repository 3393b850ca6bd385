package report

import (
	"fmt"
	"slices"
	"strings"

	"leadglass/internal/survey"
)

// meaning says what a finding means to the person who runs the archive: what a
// stranger can do, what that is for the patients, and what to do first.
func meaning(f survey.Finding) []string {
	switch f.Verdict {
	case survey.OpenImages:
		return []string{
			"Anyone who reaches this address can list its studies and retrieve the images, without any password.",
			"For the patients that is a breach of confidentiality, whether or not anybody came: look for traces in the archive's log.",
			"First take it off the network, or admit only your own stations; then change what is listed below.",
		}
	case survey.Open:
		return []string{
			"Anyone who reaches this address can list its studies, and with them who was examined, when, and why. No password is needed.",
			"For the patients that is a breach of confidentiality, whether or not anybody came" + withoutImages(f),
			"First admit only your own stations; then change what is listed below.",
		}
	case survey.Identified:
		return []string{
			"A DICOM archive that accepts associations from a stranger, but answers no query.",
			"No study is exposed by what was tried. What protects them is that the request is refused, not that the caller is.",
			"Make it refuse strangers at the association: by their address, their AE title, and best by TLS with client certificates.",
		}
	case survey.Protected:
		return append(protectedMeaning(f), titleHint(f)...)
	case survey.NotDICOM:
		if slices.ContainsFunc(f.Services, keepsOut) {
			return []string{
				"A port here demands a client certificate before it says anything, so it could not be seen whether an archive is behind it.",
				"Nothing is known of its studies. Whoever has no certificate gets no further than this check did.",
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
	next := "If there should be an archive, name its port (HOST:PORT), or look whether a firewall stands between."
	if f.Target.Port != 0 {
		next = "If there should be an archive, look whether it listens at this port, and whether a firewall stands between."
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

// protectedMeaning tells an archive that is as it should be from one whose web
// side is open.
func protectedMeaning(f survey.Finding) []string {
	if !slices.ContainsFunc(f.Services, speaks) && slices.ContainsFunc(f.Services, hasPage) {
		return []string{
			"Only the web side of an archive was found: neither DICOM nor DICOMweb answered at the ports and paths that were tried.",
			"So nothing is known of its studies, nor whether they can be listed elsewhere.",
			"Check the archive by its DICOM port (HOST:PORT) and by the URL of its DICOMweb root too.",
		}
	}
	if len(failedChecks(f)) == 0 {
		return []string{
			"An archive that lets a stranger do nothing. This is how it should be.",
			"No study is exposed by anything that was tried.",
			"Check again after every change of its configuration.",
		}
	}
	if f.Viewer != "" {
		return []string{
			"The archive lets a stranger do nothing by DICOM or DICOMweb, but its web side has no login.",
			"Whether patients can be seen there was not looked at: no study was opened. Take it that they can.",
			"Demand a login for the web side; then change what is listed below.",
		}
	}
	return []string{
		"An archive that lets a stranger neither query nor retrieve.",
		"No study is exposed by anything that was tried; what failed weakens the protection.",
		"Change what is listed below, the most severe first.",
	}
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

// titleHint says what protection by an AE title is worth, where nothing but
// the title kept us out, and how to see what it hides.
func titleHint(f survey.Finding) []string {
	byTitle := func(s survey.Service) bool {
		const user, calledUnknown = 1, 7 // PS3.8 9.3.4
		r := s.Rejection
		return r != nil && r.Kind == "reject" && r.Source == user && r.Reason == calledUnknown
	}
	if !slices.ContainsFunc(f.Services, byTitle) {
		return nil
	}
	return []string{"It refused the called AE titles that were tried. A title is no secret: every station of the archive sends it in clear. What somebody sees who knows it, --called-ae-title TITLE shows."}
}
