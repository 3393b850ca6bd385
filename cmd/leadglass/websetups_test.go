package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// nodeListing starts a web server of npm that lists a directory with a DICOM file
// of this name.
func nodeListing(server, name string) func(*testing.T) []string {
	return func(t *testing.T) []string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), archive()[0].File(0), 0o644); err != nil {
			t.Fatal(err)
		}
		return wholeHost(t, nil, []uint16{realserver.NodeListing(t, server, dir).HTTPPort})
	}
}

// rootBehindNginx starts an nginx whose start page is forbidden, and that has the
// DICOMweb of an Orthanc at a root of its own.
func rootBehindNginx(root string) func(*testing.T) []string {
	return func(t *testing.T) []string {
		return wholeHost(t, nil, []uint16{forbiddenStart(t, t.TempDir(), root).HTTPPort})
	}
}

func forbiddenStart(t *testing.T, dir, root string) *realserver.Server {
	s := realserver.Orthanc(t, realserver.OrthancOptions{DICOMweb: true, Studies: archive()})
	return realserver.Nginx(t, realserver.NginxOptions{Root: dir, Directives: fmt.Sprintf(
		"location = / { return 403; } location %s/studies { proxy_pass http://%s/dicom-web/studies; }", root, s.HTTPAddr())})
}

// viewerBelow starts an nginx as rootBehindNginx, with OHIF's viewer at a path,
// whose configuration names the root.
func viewerBelow(path, root string) func(*testing.T) []string {
	return func(t *testing.T) []string {
		dir := t.TempDir()
		realserver.OHIF(t, filepath.Join(dir, path), root)
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		return wholeHost(t, nil, []uint16{forbiddenStart(t, dir, root).HTTPPort})
	}
}

// webSetups are the set-ups of web servers and viewers.
func webSetups() []expectation {
	const uid = "1.2.840.113619.2.55.3.604688119.868"
	return []expectation{
		{product: "serve (npm)", setup: "a directory with a DICOM file", real: true, start: nodeListing("serve", "1.dcm"),
			verdict: survey.NotDICOM, grade: survey.GradeD, fail: "W07 W10"},
		{product: "serve (npm)", setup: "a directory with a file named by its UID", real: true, start: nodeListing("serve", uid),
			verdict: survey.NotDICOM, grade: survey.GradeD, fail: "W07 W10"},
		{product: "http-server (npm)", setup: "a directory with a DICOM file", real: true, start: nodeListing("http-server", "1.dcm"),
			verdict: survey.NotDICOM, grade: survey.GradeD, fail: "W07 W10"},
		{product: "http-server (npm)", setup: "a directory with a file of a medium", real: true, start: nodeListing("http-server", "IM000001"),
			verdict: survey.NotDICOM, grade: survey.GradeNone, unknown: "W07"},
		{product: "nginx", setup: "a forbidden start page, DICOMweb at /", real: true, start: rootBehindNginx(""),
			verdict: survey.OpenImages, grade: survey.GradeF, fail: "W01 W02 W10", pass: "W07 W09 N01 N02", unknown: "W03"},
		{product: "nginx", setup: "a forbidden start page, DICOMweb at /api/dicom-web", real: true, start: rootBehindNginx("/api/dicom-web"),
			verdict: survey.OpenImages, grade: survey.GradeF, fail: "W01 W02 W10", pass: "W07 W09 N01 N02", unknown: "W03"},
		{product: "OHIF Viewer", setup: "below /viewer/ of an nginx with a forbidden start page, DICOMweb where its configuration says", real: true,
			start:   viewerBelow("viewer", "/imaging/rs"),
			verdict: survey.OpenImages, grade: survey.GradeF, fail: "W01 W02 W04 W05 W10", pass: "W07 W09 N01 N02", unknown: "W03 W08"},
		{product: "OHIF Viewer", setup: "below /ohif/ of an nginx with a forbidden start page, DICOMweb where its configuration says", real: true,
			start:   viewerBelow("ohif", "/imaging/rs"),
			verdict: survey.OpenImages, grade: survey.GradeF, fail: "W01 W02 W04 W05 W10", pass: "W07 W09 N01 N02", unknown: "W03 W08"},
	}
}
