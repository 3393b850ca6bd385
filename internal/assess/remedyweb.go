package assess

// Configuration lines that are the remedy of several checks of web services.
const (
	orthancLogin = `in orthanc.json:
    "AuthenticationEnabled": true,
    "RegisteredUsers": { "a-name": "a-long-password" }
and restart. That covers DICOMweb, the REST interface and the pages alike. Viewers and programs need the password then; put TLS before it ("SslEnabled" or a proxy), because the password is readable otherwise.`

	dcm4cheeLogin = `install the variant of the archive with Keycloak ("secured"), which demands a token for its web services and a login for its pages. Programs that use its web services need tokens then.`

	anyLogin = `let the web server, or a proxy before it, demand a login for every path of the service, for example in nginx:
    location / {
        auth_basic "archive";
        auth_basic_user_file /etc/nginx/archive.htpasswd;
        proxy_pass http://127.0.0.1:8042;
    }
and let the archive itself listen where only the proxy reaches it. Viewers and programs need the password then; serve it over HTTPS only.`
)

// webLogin are the remedies of what web services let strangers do.
func webLogin() map[Product]string {
	return map[Product]string{Orthanc: orthancLogin, Dcm4chee: dcm4cheeLogin, Any: anyLogin}
}
