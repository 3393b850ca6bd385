package lab

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// startPages are the texts of the start pages: what the products show, cut
// down to what is told apart by.
func startPage(p Page) string {
	html := func(head, body string) string {
		return "<!DOCTYPE html>\n<html><head>" + head + "</head><body>" + body + "</body></html>\n"
	}
	switch p {
	case OHIFPage:
		return html(`<title>OHIF Viewer</title><meta name="description" content="Open Health Imaging Foundation DICOM Viewer">`+
			`<script src="/app-config.js"></script>`, `<div id="root"></div>`)
	case OrthancPage:
		return html(`<title>Orthanc Explorer</title>`, `<div data-role="page" id="lookup"></div>`)
	case Dcm4cheePage:
		return html(`<title>dcm4chee-arc-ui</title><base href="/dcm4chee-arc/ui2/">`, `<app-root></app-root>`)
	case DirectoryPage:
		return html(`<title>Index of /</title>`, `<h1>Index of /</h1><pre><a href="../">../</a>`+
			`<a href="CANARY0001.dcm">CANARY0001.dcm</a> <a href="DICOMDIR">DICOMDIR</a></pre>`)
	case PortalPage:
		return html(`<title>Gateway</title><meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/g.css">`,
			`<div><header><h1>Gateway</h1><nav><ul><li><a href="#">Help</a></li><li><a href="#">Contact</a></li></ul></nav></header>`+
				`<main><form method="post"><p><label>User</label><input name="user"></p><p><label>Password</label>`+
				`<input type="password" name="password"></p><button>Log on</button></form></main><footer><p>Gateway</p></footer></div>`)
	case LoginPage:
		return html(`<title>Sign in</title>`, `<form method="post"><input type="password" name="password"></form>`)
	}
	return html(`<title>Welcome to nginx!</title>`, `<h1>Welcome to nginx!</h1>`)
}

// startPath is where a product's start page is.
func startPath(p Page) string {
	switch p {
	case OrthancPage:
		return "/app/explorer.html"
	case Dcm4cheePage:
		return "/dcm4chee-arc/ui2/"
	}
	return "/"
}

// pages is the handler of a web server of the archive.
func (a *Archive) pages(w *Web) http.Handler {
	mux := http.NewServeMux()
	start := startPath(w.Page)
	page := startPage(w.Page)
	exact := start
	if strings.HasSuffix(start, "/") {
		exact += "{$}"
	}
	if w.Page == RedirectedPage { // to an address outside every scope
		mux.Handle("GET /", http.RedirectHandler("http://127.255.255.254:9/", http.StatusFound))
		return w.guard(mux)
	}
	mux.HandleFunc("GET "+exact, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(rw, page)
	})
	if start != "/" {
		mux.Handle("GET /{$}", http.RedirectHandler(start, http.StatusFound))
	}
	if w.Page == OHIFPage {
		mux.HandleFunc("GET /app-config.js", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "application/javascript")
			_, _ = io.WriteString(rw, "window.config = { routerBasename: '/', dataSources: [] };\n")
		})
	}
	if w.API {
		a.api(mux, w)
	}
	switch {
	case w.DICOMwebStatus != 0:
		mux.HandleFunc(webRoot(w.Page)+"/", func(rw http.ResponseWriter, _ *http.Request) {
			http.Error(rw, "refused", w.DICOMwebStatus)
		})
	case w.DICOMweb:
		a.dicomweb(mux, webRoot(w.Page), w)
	}
	if w.Fallback {
		mux.HandleFunc("GET /", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(rw, page)
		})
	}
	return w.guard(mux)
}

// webRoot is the product's DICOMweb root.
func webRoot(p Page) string {
	if p == Dcm4cheePage {
		return "/dcm4chee-arc/aets/DCM4CHEE/rs"
	}
	return "/dicom-web"
}

// guard adds headers and, where wanted, asks for a password.
func (w *Web) guard(next http.Handler) http.Handler {
	realm := "restricted"
	if w.Page == OrthancPage {
		realm = "Orthanc Secure Area"
	}
	server := "nginx/1.22.1"
	if w.Page == OrthancPage || w.Page == Dcm4cheePage {
		server = ""
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if server != "" {
			rw.Header().Set("Server", server)
		}
		if w.AnyOrigin {
			rw.Header().Set("Access-Control-Allow-Origin", "*")
		}
		if w.Auth {
			rw.Header().Set("WWW-Authenticate", `Basic realm="`+realm+`"`)
			http.Error(rw, "Unauthorized", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(rw, r)
	})
}

// api answers the product's routes that give only numbers or configuration.
func (a *Archive) api(mux *http.ServeMux, w *Web) {
	number := func(path string, n int64) {
		mux.HandleFunc("GET "+path, func(rw http.ResponseWriter, _ *http.Request) {
			writeJSON(rw, map[string]int64{"count": n})
		})
	}
	var studies, images, series, patients int64
	if a.contents != nil {
		studies, images, patients = a.contents.Studies(), a.contents.Images(), a.contents.Patients()
		series = studies // counted as one a study: never compared with C-FIND
	}
	if w.Page == Dcm4cheePage {
		number(webRoot(w.Page)+"/studies/count", studies)
		number(webRoot(w.Page)+"/series/count", series)
		number(webRoot(w.Page)+"/instances/count", images)
		number(webRoot(w.Page)+"/patients/count", patients)
		mux.HandleFunc("GET "+webRoot(w.Page)+"/studies/size", func(rw http.ResponseWriter, _ *http.Request) {
			writeJSON(rw, map[string]int64{"size": images * 524288})
		})
		return
	}
	mux.HandleFunc("GET /system", func(rw http.ResponseWriter, _ *http.Request) {
		writeJSON(rw, map[string]any{"ApiVersion": 15, "DatabaseVersion": 6, "DicomAet": "ORTHANC",
			"DicomPort": a.Group.Port, "HttpPort": w.Port, "IsHttpServerSecure": false, "Name": "lab", "Version": "1.9.7"})
	})
	mux.HandleFunc("GET /statistics", func(rw http.ResponseWriter, _ *http.Request) {
		writeJSON(rw, map[string]any{"CountPatients": patients, "CountStudies": studies, "CountSeries": series,
			"CountInstances": images, "TotalDiskSize": strconv.FormatInt(images*524288, 10),
			"TotalDiskSizeMB": images / 2, "TotalUncompressedSize": strconv.FormatInt(images*524288, 10)})
	})
	orthancLists(mux, map[string]int64{"/studies": studies, "/instances": images})
}

func writeJSON(rw http.ResponseWriter, v any) {
	rw.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(rw).Encode(v)
}

// dicomweb answers QIDO-RS with the study list, and WADO-RS and WADO-URI with
// 404 for what does not exist (PS3.18).
func (a *Archive) dicomweb(mux *http.ServeMux, root string, w *Web) {
	mux.HandleFunc("GET "+root+"/studies", func(rw http.ResponseWriter, r *http.Request) { a.search(rw, r, &w.Search) })
	mux.HandleFunc("OPTIONS "+root+"/studies", func(rw http.ResponseWriter, _ *http.Request) {
		if w.Page == OrthancPage { // 1.10.1 answers OPTIONS so
			rw.WriteHeader(http.StatusNotFound)
			return
		}
		rw.Header().Set("Allow", "GET, POST, OPTIONS")
		rw.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET "+root+"/studies/{uid}", func(rw http.ResponseWriter, r *http.Request) {
		if w.QueryOnly {
			http.Error(rw, "Forbidden", http.StatusForbidden)
			return
		}
		a.wado(rw, r)
	})
	if base, ok := strings.CutSuffix(root, "/rs"); ok {
		mux.HandleFunc("GET "+base+"/wado", func(rw http.ResponseWriter, r *http.Request) {
			switch {
			case w.QueryOnly:
				http.Error(rw, "Forbidden", http.StatusForbidden)
			case r.URL.Query().Get("requestType") != "WADO":
				http.Error(rw, "requestType is missing", http.StatusBadRequest)
			default:
				http.NotFound(rw, r)
			}
		})
	}
}

// wado answers the retrieval of a study, with no image in it.
func (a *Archive) wado(rw http.ResponseWriter, r *http.Request) {
	if accept := r.Header.Get("Accept"); accept != "" && !strings.Contains(accept, "dicom") && !strings.Contains(accept, "*/*") {
		http.Error(rw, "no such form", http.StatusNotAcceptable) // PS3.18 8.7.8
		return
	}
	if a.contents == nil {
		http.NotFound(rw, r)
		return
	}
	i, _, _, ok := a.parts(r.PathValue("uid"))
	if _, there := a.contents.Study(i); !ok || !there {
		http.NotFound(rw, r)
		return
	}
	rw.Header().Set("Content-Type", `multipart/related; type="application/dicom"; boundary=lab`)
	_, _ = io.WriteString(rw, "--lab\r\nContent-Type: application/dicom\r\n\r\n\r\n--lab--\r\n")
}

// orthancLists answers Orthanc's lists of identifiers, by position and number,
// and its files: of identifiers that are not there, none of which is given out,
// with its error document (1.10.1).
func orthancLists(mux *http.ServeMux, sizes map[string]int64) {
	for path, n := range sizes {
		mux.HandleFunc("GET "+path, func(rw http.ResponseWriter, r *http.Request) {
			since, err := strconv.ParseInt(r.URL.Query().Get("since"), 10, 64)
			limit, err2 := strconv.ParseInt(r.URL.Query().Get("limit"), 10, 64)
			if err != nil || err2 != nil {
				orthancError(rw, r, http.StatusBadRequest, 8, "Bad request")
				return
			}
			ids := []string{}
			for i := since; i < min(n, since+limit); i++ {
				ids = append(ids, fmt.Sprintf("%08x-00000000-00000000-00000000-%08x", i>>32, uint32(i)))
			}
			rw.Header().Set("Content-Type", "application/json; charset=utf-8")
			_ = json.NewEncoder(rw).Encode(ids)
		})
	}
	mux.HandleFunc("GET /instances/{id}/file", func(rw http.ResponseWriter, r *http.Request) {
		orthancError(rw, r, http.StatusNotFound, 17, "Unknown resource")
	})
}

// orthancError is an error as Orthanc describes it.
func orthancError(rw http.ResponseWriter, r *http.Request, status, code int, text string) {
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(map[string]any{"HttpError": http.StatusText(status), "HttpStatus": status, "Message": text,
		"Method": r.Method, "OrthancError": text, "OrthancStatus": code, "Uri": r.URL.Path})
}
