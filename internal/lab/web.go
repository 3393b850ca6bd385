package lab

import "fmt"

// TLSMode says how a port is encrypted.
type TLSMode string

// The modes.
const (
	PlainText TLSMode = "none"
	// WithTLS takes anybody, TLS 1.2 and 1.3.
	WithTLS TLSMode = "tls"
	// LegacyTLS takes anybody, TLS 1.0 and 1.1 only.
	LegacyTLS TLSMode = "legacy"
	// BasicTLS takes anybody, TLS 1.0 to 1.2, with 3DES alone (PS3.15 B.1).
	BasicTLS TLSMode = "basic"
	// MutualTLS demands a client certificate of the laboratory's authority.
	MutualTLS TLSMode = "mutual"
)

func (m TLSMode) on() bool { return m != "" && m != PlainText }

// CertKind is the kind of certificate a port shows.
type CertKind string

// The kinds; valid, when absent, is signed by the laboratory's authority for
// the archive's address.
const (
	ValidCert      CertKind = "valid"
	ExpiredCert    CertKind = "expired"
	SelfSignedCert CertKind = "self-signed"
	WeakCert       CertKind = "weak-key"
	WrongNameCert  CertKind = "wrong-name"
)

// Web is a web server beside an archive.
type Web struct {
	Port uint16   `yaml:"port"`
	TLS  TLSMode  `yaml:"tls,omitempty"`
	Cert CertKind `yaml:"certificate,omitempty"`
	// Page is what the start page is.
	Page Page `yaml:"page"`
	// Auth demands a password for every page.
	Auth bool `yaml:"auth,omitempty"`
	// API answers the product's own routes: Orthanc's /system, /statistics, lists
	// and files, dcm4chee's counts.
	API bool `yaml:"api,omitempty"`
	// DICOMweb answers QIDO-RS and WADO-RS at the product's usual path.
	DICOMweb bool `yaml:"dicomweb,omitempty"`
	// Search is how searches for studies are answered there.
	Search Search `yaml:"search,omitempty"`
	// DICOMwebStatus answers all DICOMweb requests with this status instead:
	// 401, 403, 400, 500…; it needs DICOMweb.
	DICOMwebStatus int `yaml:"dicomweb_status,omitempty"`
	// QueryOnly refuses WADO-RS with 403.
	QueryOnly bool `yaml:"query_only,omitempty"`
	// Fallback answers every path that is not there with the start page, as
	// single page applications do.
	Fallback bool `yaml:"fallback,omitempty"`
	// AnyOrigin sends Access-Control-Allow-Origin: *.
	AnyOrigin bool `yaml:"any_origin,omitempty"`
}

// Page is a start page.
type Page string

// The pages.
const (
	NginxPage      Page = "nginx"
	OHIFPage       Page = "ohif"
	OrthancPage    Page = "orthanc-explorer"
	Dcm4cheePage   Page = "dcm4chee-ui2"
	DirectoryPage  Page = "directory"
	LoginPage      Page = "login"
	RedirectedPage Page = "redirect-away"
	// PortalPage is the login page of no product.
	PortalPage Page = "portal"
)

// viewer reports whether the page is an image viewer or an archive's
// administration page that anybody can use.
func (w *Web) viewer() bool {
	return !w.Auth && (w.Page == OHIFPage || w.Page == OrthancPage || w.Page == Dcm4cheePage)
}

// queried reports whether anybody can search by DICOMweb, retrieved whether
// anybody can list and fetch by it or by the product's own interface.
func (w *Web) queried() bool { return w.DICOMweb && !w.Auth && w.DICOMwebStatus == 0 }
func (w *Web) retrieved() bool {
	return w.queried() && !w.QueryOnly || w.rest() && !w.Auth
}

// rest reports whether the product's own interface lists studies and serves
// their files.
func (w *Web) rest() bool { return w.API && w.Page == OrthancPage }

// guarded reports whether DICOMweb demands a login where the path of the
// service can be told from others: not where everything does.
func (w *Web) guarded() bool {
	return w.DICOMweb && !w.Auth && (w.DICOMwebStatus == 401 || w.DICOMwebStatus == 403)
}

func (w *Web) validate() error {
	switch w.Page {
	case NginxPage, OHIFPage, OrthancPage, Dcm4cheePage, DirectoryPage, LoginPage, RedirectedPage, PortalPage:
	default:
		return fmt.Errorf("unknown page %q", w.Page)
	}
	if w.Port == 0 {
		return fmt.Errorf("web server without a port")
	}
	if w.DICOMwebStatus != 0 && !w.DICOMweb {
		return fmt.Errorf("dicomweb_status without dicomweb; add dicomweb: true")
	}
	if s := w.DICOMwebStatus; s != 0 && (s < 300 || s > 599) {
		return fmt.Errorf("dicomweb_status %d is none of a refusal; give one from 300 to 599", s)
	}
	return validTLS(w.TLS, w.Cert)
}

func validTLS(m TLSMode, k CertKind) error {
	switch m {
	case "", PlainText, WithTLS, LegacyTLS, BasicTLS, MutualTLS:
	default:
		return fmt.Errorf("unknown TLS mode %q", m)
	}
	switch k {
	case "", ValidCert, ExpiredCert, SelfSignedCert, WeakCert, WrongNameCert:
		return nil
	}
	return fmt.Errorf("unknown certificate %q", k)
}
