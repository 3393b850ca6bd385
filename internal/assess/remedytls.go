package assess

// Configuration lines that are the remedy of the checks of TLS. What is said of
// dcm4chee-arc is from the attributes dcmTLSProtocol and dicomTLSCipherSuite of
// its configuration reference, of nginx from ngx_http_ssl_module, of Orthanc
// from the configuration file that it writes itself.
const (
	orthancProfile = `HTTPS, in orthanc.json:
    "SslMinimumProtocolVersion": 4,
    "SslCiphersAccepted": [ "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
      "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384" ]
and restart. For DICOM, versions up to 1.10.1 have no such options and go by their DCMTK; later ones have DicomTlsMinimumProtocolVersion and DicomTlsCiphersAccepted, which the file written by Orthanc --config=FILE explains. Where they are missing, put a TLS proxy before the port, for example in stunnel.conf:
    [dicom-tls]
    accept = 2762
    connect = 127.0.0.1:4242
    cert = /etc/stunnel/archive.pem
    CAfile = /etc/stunnel/stations.pem
    verifyChain = yes
    sslVersionMin = TLSv1.2
    ciphers = ECDHE+AESGCM
Stations that know only TLS 1.0 or static RSA can no longer connect.`

	dcmqrscpProfile = `dcmqrscp 3.6.7 has no TLS options of its own, so a proxy answers on the port; for stunnel, in the section of stunnel.conf:
    sslVersionMin = TLSv1.2
    ciphers = ECDHE+AESGCM
and reload. Stations that know only TLS 1.0 or static RSA can no longer connect.`

	toolProfile = `up to version 3.6.7, start it with the non-downgrading profile and its ciphers alone:
    storescp +tls /etc/dcmtk/archive.key /etc/dcmtk/archive.crt +cf /etc/dcmtk/stations.crt --profile-bcp195-nd 2762
from 3.6.8 on with
    storescp +tls /etc/dcmtk/archive.key /etc/dcmtk/archive.crt +cf /etc/dcmtk/stations.crt --profile-8996 2762
and in both cases without --profile-bcp195, --profile-aes, --profile-basic, --profile-null and without --cipher. Stations that know only these can no longer connect.`

	dcm4cheeProfile = `on the TLS connection of the device, in its configuration:
    dcmTLSProtocol: TLSv1.3
    dcmTLSProtocol: TLSv1.2
    dicomTLSCipherSuite: TLS_AES_128_GCM_SHA256
    dicomTLSCipherSuite: TLS_AES_256_GCM_SHA384
    dicomTLSCipherSuite: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
    dicomTLSCipherSuite: TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
    dicomTLSCipherSuite: TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
    dicomTLSCipherSuite: TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
take out all other values of both, TLS_RSA_WITH_AES_128_CBC_SHA and TLS_RSA_WITH_3DES_EDE_CBC_SHA above all, and reload the configuration. Stations that know only these can no longer connect.`

	nginxProfile = `in the server block:
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384;
and reload. Without ssl_ciphers nginx accepts static RSA. Programs that know only TLS 1.0 or static RSA can no longer connect.`

	anyProfile = `let the service, or a TLS proxy before it, accept TLS 1.2 and 1.3 alone and, for TLS 1.2, these cipher suites alone (RFC 9325 4.2):
    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
    TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
    TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
    TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
Look first which stations still use older ones: they can no longer connect.`

	nginxCertificate = `in the server block:
    ssl_certificate /etc/nginx/archive.crt;
    ssl_certificate_key /etc/nginx/archive.key;
with the issuers' certificates after the server's own in archive.crt, and reload.`

	nginxClients = `in the server block:
    ssl_client_certificate /etc/nginx/stations.crt;
    ssl_verify_client on;
and reload. Who has no certificate of an authority in stations.crt can no longer connect.`
)

// profile are the remedies of TLS below the profile.
func profile() map[Product]string {
	return map[Product]string{Orthanc: orthancProfile, Dcmqrscp: dcmqrscpProfile,
		DCMTKTool: toolProfile, Dcm4chee: dcm4cheeProfile, Conquest: conquestTLS, Nginx: nginxProfile, Any: anyProfile}
}
